import { Buffer } from 'node:buffer';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Contribution } from '../core/records/contribution.ts';
import type { GroupKey } from '../core/records/report.ts';
import { compareText } from '../core/text/compare_text.ts';
import { partitionOf } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { OfflineRow } from './offline_row.ts';

const PAGE_ROWS = 1000;
const TIMESTAMP_LENGTH = 28;

/**
 * Contributions in the memory of this process, by group, for `score`. It is compact: per row it holds
 * `<time>|<contribution>` and the count; groups share equal names. Of the facts it keeps what an `OfflineRow` has.
 */
export class GroupedCounts {
  readonly #partitions = new Map<Partition, Map<string, Group>>();
  readonly #names = new Map<string, string>();
  readonly #marks = new Marks();

  /** Adds a row. Of rows with one key the last one counts. */
  put(row: OfflineRow): void {
    this.#groupOf(row).put(row);
  }

  /** Number of groups. */
  get groups(): number {
    let groups = 0;
    for (const each of this.#partitions.values()) groups += each.size;
    return groups;
  }

  /** Number of different facts beside the counts. An attacker may choose another host for each report. */
  get marks(): number {
    return this.#marks.size;
  }

  async *scan(partition: Partition): AsyncGenerator<readonly OfflineRow[]> {
    const groups = this.#partitions.get(partition);
    if (!groups) return;
    let page: OfflineRow[] = [];
    for (const groupId of [...groups.keys()].sort()) {
      const group = groups.get(groupId);
      if (!group) continue;
      const rows = group.shared();
      for (let n = 0; n < rows.keys.length; n++) {
        page.push(this.#rowOf(groupId, group.key, rows, n));
        if (page.length < PAGE_ROWS) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  /** Apart from the generator, which V8 compiles late. */
  #rowOf(groupId: string, key: GroupKey, { keys, counts, marks }: Rows, n: number): OfflineRow {
    const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = key;
    const { Timestamp, contribution } = parseKey(keys[n] as string);
    const { failed, programHash, port, host } = this.#marks.at(marks[n] ?? 0);
    const row: Writable<OfflineRow> = {
      groupId,
      source,
      DeviceName,
      InitiatingProcessFileName,
      RemoteIP,
      Timestamp,
      contribution,
      count: counts[n] ?? null,
      failed,
      programHash,
    };
    if (port !== undefined) row.port = port;
    if (host !== undefined) row.host = host;
    return row;
  }

  #groupOf(row: OfflineRow): Group {
    const partition = partitionOf(row.groupId);
    let groups = this.#partitions.get(partition);
    if (!groups) {
      groups = new Map();
      this.#partitions.set(partition, groups);
    }
    let group = groups.get(row.groupId);
    if (!group) {
      const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = row;
      const key = {
        source,
        DeviceName: this.#shared(DeviceName),
        InitiatingProcessFileName: this.#shared(InitiatingProcessFileName),
        RemoteIP: this.#shared(RemoteIP),
      };
      group = new Group(key, this.#marks);
      groups.set(flat(row.groupId), group);
    }
    return group;
  }

  /** Well-formed, as in a table. */
  #shared(text: string): string {
    const name = text.toWellFormed();
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The rows of one group: three parallel lists. */
interface Rows {
  /** `<time>|<contribution>` of each row, in order. */
  readonly keys: string[];
  readonly counts: (number | null)[];
  /** Numbers of `Marks`. */
  readonly marks: number[];
}

type Mark = Pick<OfflineRow, 'failed' | 'programHash' | 'port' | 'host'>;

/** What rows say beside their counts, each different one once. */
class Marks {
  readonly #numbers = new Map<string | null, number>();
  readonly #marks: Mark[] = [];

  numberOf({ failed, programHash, port, host }: Mark): number {
    // Without port and host, the KQL rule alone, the hash says nearly all.
    const isPlain = port === undefined && host === undefined && !failed;
    const key = isPlain ? programHash : `${failed}|${programHash}|${port ?? ''}|${host ?? ''}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const mark = { failed, programHash, ...(port !== undefined && { port }), ...(host !== undefined && { host }) };
    const number = this.#marks.push(mark) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  get size(): number {
    return this.#marks.length;
  }

  at(number: number): Mark {
    return this.#marks[number] as Mark;
  }
}

class Group {
  readonly key: GroupKey;
  readonly #marks: Marks;
  #rows: Rows = { keys: [], counts: [], marks: [] };
  /** Whether a scan may use the lists: then they are not changed any more, and the next row goes into copies. */
  #isShared = false;
  /** Number of rows, from the first, that are sorted and without repeats. */
  #tidy = 0;

  constructor(key: GroupKey, marks: Marks) {
    this.key = key;
    this.#marks = marks;
  }

  get size(): number {
    return this.#rows.keys.length;
  }

  put(row: OfflineRow): void {
    if (this.#isShared) this.#rows = copyOf(this.#rows);
    this.#isShared = false;
    const { keys, counts, marks } = this.#rows;
    const key = keyOf(row);
    const last = keys.at(-1);
    // Exports come in order of time, and so do nearly all rows of a group.
    if (this.#tidy === keys.length && (last === undefined || key > last)) this.#tidy++;
    keys.push(key);
    counts.push(row.count);
    marks.push(this.#marks.numberOf(row));
    // Repeats use memory until the next sort: at most half of the rows.
    if (this.size > 16 && this.size > 2 * this.#tidy) this.#sort();
  }

  /** The rows in key order, each once. They do not change when further rows are put. */
  shared(): Rows {
    if (this.#tidy !== this.size) this.#sort();
    this.#isShared = true;
    return this.#rows;
  }

  #sort(): void {
    this.#rows = sortedOnce(this.#rows);
    this.#tidy = this.size;
  }
}

/** The rows in key order; of rows with the same key the last one. */
function sortedOnce(rows: Rows): Rows {
  const { keys } = rows;
  const order = [...keys.keys()].sort((a, b) => compareText(keys[a] as string, keys[b] as string) || a - b);
  return pick(
    rows,
    order.filter((index, place) => keys[index] !== keys[order[place + 1] ?? -1]),
  );
}

function pick(rows: Rows, indexes: readonly number[]): Rows {
  return {
    keys: indexes.map((index) => rows.keys[index] as string),
    counts: indexes.map((index) => rows.counts[index] ?? null),
    marks: indexes.map((index) => rows.marks[index] ?? 0),
  };
}

function copyOf({ keys, counts, marks }: Rows): Rows {
  return { keys: [...keys], counts: [...counts], marks: [...marks] };
}

/**
 * A flat copy of a text. A concatenated or sliced string keeps its source strings in memory: for a million keys that is
 * most of the memory.
 */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** `join` gives a flat string at once. */
function keyOf(row: Contribution): string {
  return [row.Timestamp, row.contribution].join('|');
}

function parseKey(key: string): Pick<Contribution, 'Timestamp' | 'contribution'> {
  return { Timestamp: key.slice(0, TIMESTAMP_LENGTH) as Timestamp, contribution: key.slice(TIMESTAMP_LENGTH + 1) };
}
