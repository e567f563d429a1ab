import { Buffer } from 'node:buffer';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Source } from '../core/records/report.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import { compareKeys, type Head, Heads } from './key_order.ts';
import type { OfflineRow } from './offline_row.ts';
import { type HandedBytes, SpilledBytes } from './spilled_bytes.ts';

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

/** The bytes of each partition: `[start, end)`. */
type Ranges = ReadonlyMap<Partition, readonly [start: number, end: number]>;

/** A sorted run of rows: which bytes it has, and the part of the input that it is of. */
interface Run {
  readonly bytes: SpilledBytes;
  readonly ranges: Ranges;
  readonly part: number;
}

/** The runs that a thread has written. */
export interface HandedRuns {
  readonly bytes: HandedBytes;
  readonly runs: readonly Omit<Run, 'bytes'>[];
}

const LINE_ROWS = 500;
const WRITE_CHARACTERS = 1024 * 1024;
const PAGE_ROWS = 1000;

/** Sorted runs of rows, in memory up to a limit, then in a temporary file. Memory beside it: one line and 64 KiB for each run. */
export class SortedRuns {
  readonly #bytes: SpilledBytes;
  #runs: readonly Run[] = [];

  constructor(folder?: string, memoryBytes = 0) {
    this.#bytes = new SpilledBytes(folder, memoryBytes);
  }

  get count(): number {
    return this.#runs.length;
  }

  /**
   * Writes the rows of a store as one more run, of a part of the input. Of rows with one key, that of the last part counts, and
   * within a part that of the last run. Throws a SpillError.
   */
  async add(scan: (partition: Partition) => AsyncIterable<readonly OfflineRow[]>, part = 0): Promise<void> {
    const ranges = new Map<Partition, readonly [number, number]>();
    for (const partition of PARTITIONS) {
      const start = this.#bytes.end;
      let text = '';
      for await (const page of scan(partition)) {
        for (const line of linesOf(page)) text += `${JSON.stringify(line)}\n`;
        if (text.length < WRITE_CHARACTERS) continue;
        this.#bytes.append(text);
        text = '';
      }
      if (text !== '') this.#bytes.append(text);
      ranges.set(partition, [start, this.#bytes.end]);
    }
    this.#insert([{ bytes: this.#bytes, ranges, part }]);
  }

  /** All runs, for another thread. This object is of no more use. */
  handOver(): HandedRuns {
    return { bytes: this.#bytes.handOver(), runs: this.#runs.map(({ ranges, part }) => ({ ranges, part })) };
  }

  /** Adds the runs that another thread has handed over. */
  take({ bytes: handed, runs }: HandedRuns): void {
    const bytes = SpilledBytes.of(handed);
    this.#insert(runs.map((run) => ({ ...run, bytes })));
  }

  /** The rows of all runs in key order, each key once. Throws a SpillError. */
  async *scan(partition: Partition): AsyncGenerator<readonly OfflineRow[]> {
    const heads = new Heads<RunHead>();
    for (const [n, run] of this.#runs.entries()) {
      const rows = this.#rowsOf(run, partition);
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
    this.#bytes.close();
    for (const { bytes } of this.#runs) bytes.close();
  }

  /** A part is of one thread, so its runs keep their order. */
  #insert(runs: readonly Run[]): void {
    this.#runs = [...this.#runs, ...runs].sort((a, b) => a.part - b.part);
  }

  *#rowsOf({ bytes, ranges }: Run, partition: Partition): Generator<OfflineRow> {
    const [start, end] = ranges.get(partition) ?? [0, 0];
    let rest: Uint8Array = Buffer.alloc(0);
    for (let at = start; at < end; ) {
      const piece = bytes.read(at, end);
      at += piece.length;
      const text = Buffer.concat([rest, piece]);
      let from = 0;
      for (let to = text.indexOf(10); to >= 0; to = text.indexOf(10, from)) {
        yield* rowsIn(JSON.parse(text.toString('utf8', from, to)) as Line);
        from = to + 1;
      }
      rest = text.subarray(from);
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
