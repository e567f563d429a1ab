import { closeSync, readSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Source } from '../core/records/report.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import { unnamedFile } from '../storage/unnamed_file.ts';
import { compareKeys, type Head, Heads } from './key_order.ts';
import type { OfflineRow } from './offline_row.ts';

/** The temporary file cannot be written or read. The message says what to do. */
export class SpillError extends Error {
  override readonly name = 'SpillError';
}

type Row = readonly [
  Timestamp,
  contribution: string,
  count: number | null,
  failed: boolean,
  programHash: string | null,
  port?: number | null,
  host?: string,
];

/** Rows of one group in key order, as a line of JSON. A group with more rows has several lines. */
type Line = readonly [
  groupId: string,
  source: Source,
  device: string,
  process: string,
  remote: string,
  rows: readonly Row[],
];

/** The bytes of each partition in the file: `[start, end)`. */
type Run = ReadonlyMap<Partition, readonly [start: number, end: number]>;

const LINE_ROWS = 500;
const READ_BYTES = 64 * 1024;
const WRITE_BYTES = 1024 * 1024;
const PAGE_ROWS = 1000;

/**
 * Sorted runs of rows in a temporary file. The file has no name from the start, so that nothing stays behind, however the
 * process ends. Memory: one line and 64 KiB for each run.
 */
export class SortedRuns {
  readonly #runs: Run[] = [];
  readonly #folder: string;
  #file: number | null = null;
  #end = 0;

  constructor(folder: string = tmpdir()) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#runs.length;
  }

  /** Writes the rows of a store as one more run. Of rows with one key, that of the last run counts. Throws a SpillError. */
  async add(scan: (partition: Partition) => AsyncIterable<readonly OfflineRow[]>): Promise<void> {
    const run = new Map<Partition, readonly [number, number]>();
    for (const partition of PARTITIONS) {
      const start = this.#end;
      let text = '';
      for await (const page of scan(partition)) {
        for (const line of linesOf(page)) text += `${JSON.stringify(line)}\n`;
        if (text.length < WRITE_BYTES) continue;
        this.#write(text);
        text = '';
      }
      this.#write(text);
      run.set(partition, [start, this.#end]);
    }
    this.#runs.push(run);
  }

  /** The rows of all runs in key order, each key once. Throws a SpillError. */
  async *scan(partition: Partition): AsyncGenerator<readonly OfflineRow[]> {
    const heads = new Heads<RunHead>();
    for (const [n, run] of this.#runs.entries()) {
      const rows = this.#rowsOf(run.get(partition) ?? [0, 0]);
      const first = rows.next();
      if (!first.done) heads.add({ row: first.value, rows, run: n });
    }
    let page: OfflineRow[] = [];
    for (let head = heads.first; head !== undefined; head = heads.first) {
      const { row } = head;
      const after = head.rows.next();
      if (after.done) {
        heads.removeFirst();
      } else {
        head.row = after.value;
        heads.settleFirst();
      }
      const next = heads.first;
      // The same key stands next, from a later run.
      if (next !== undefined && compareKeys(next.row, row) === 0) continue;
      page.push(row);
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    this.#disk('write', () => {
      this.#file ??= unnamedFile(this.#folder);
      for (let done = 0; done < bytes.length; ) {
        const written = writeSync(this.#file, bytes, done, bytes.length - done, this.#end);
        done += written;
        this.#end += written;
      }
    });
  }

  *#rowsOf([start, end]: readonly [number, number]): Generator<OfflineRow> {
    let rest = Buffer.alloc(0);
    for (let at = start; at < end; ) {
      const piece = Buffer.alloc(Math.min(READ_BYTES, end - at));
      const read = this.#disk('read', () => readSync(this.#file ?? -1, piece, 0, piece.length, at));
      if (read === 0) throw new SpillError('the temporary file ends too early: run the command again');
      at += read;
      const bytes = Buffer.concat([rest, piece.subarray(0, read)]);
      let from = 0;
      for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
        yield* rowsIn(JSON.parse(bytes.toString('utf8', from, to)) as Line);
        from = to + 1;
      }
      rest = bytes.subarray(from);
    }
  }

  #disk<T>(what: 'read' | 'write', call: () => T): T {
    try {
      return call();
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
      throw new SpillError(
        `cannot ${what} the temporary file in ${this.#folder} (${code}): set TMPDIR to a folder with free space, or give fewer files`,
        { cause },
      );
    }
  }
}

/** Consecutive rows of one group. */
function* linesOf(page: readonly OfflineRow[]): Generator<Line> {
  let start = 0;
  for (let n = 1; n <= page.length; n++) {
    const first = page[start] as OfflineRow;
    if (n < page.length && n - start < LINE_ROWS && page[n]?.groupId === first.groupId) continue;
    const rows = page.slice(start, n).map(rowOf);
    yield [first.groupId, first.source, first.DeviceName, first.InitiatingProcessFileName, first.RemoteIP, rows];
    start = n;
  }
}

/** Short where nothing is known of port and host. */
function rowOf({ Timestamp, contribution, count, failed, programHash, port, host }: OfflineRow): Row {
  const row = [Timestamp, contribution, count, failed, programHash] as const;
  if (host !== undefined) return [...row, port ?? null, host];
  return port === undefined ? row : [...row, port];
}

function* rowsIn([
  groupId,
  source,
  DeviceName,
  InitiatingProcessFileName,
  RemoteIP,
  rows,
]: Line): Generator<OfflineRow> {
  const key = { groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP };
  for (const [Timestamp, contribution, count, failed, programHash, port, host] of rows) {
    const row: OfflineRow = { ...key, Timestamp, contribution, count, failed, programHash };
    if (port === undefined) yield row;
    else yield { ...row, ...(port !== null && { port }), ...(host !== undefined && { host }) };
  }
}

interface RunHead extends Head {
  readonly rows: Iterator<OfflineRow>;
  row: OfflineRow;
}
