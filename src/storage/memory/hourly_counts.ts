import { Buffer } from 'node:buffer';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import type { Facts, GroupKey } from '../../core/records/report.ts';
import { isOfWindow } from '../../core/scoring/window.ts';
import { compareText } from '../../core/text/compare_text.ts';
import type { ContributionRow, HourlyCounts, Partition, Refusal } from '../ports/hourly_counts.ts';

export interface MemoryHourlyCountsOptions {
  /** Whether facts are kept for `read`; otherwise they are empty. */
  readonly facts?: boolean;
}

const PAGE_ROWS = 1000;
const MAX_BATCH_ROWS = 100;
/** UTF-16 code units: the limit of a text property, 64 KiB. */
const MAX_PROPERTY_LENGTH = 32 * 1024;
const TIMESTAMP_LENGTH = 28;
const NO_FACTS: Facts = Object.freeze({});

/**
 * HourlyCounts in the memory of this process, for `score`. It is compact: per row it holds `<time>|<contribution>` and the
 * count; groups share equal names.
 */
export class MemoryHourlyCounts implements HourlyCounts {
  readonly #keepFacts: boolean;
  readonly #partitions = new Map<Partition, Map<string, Group>>();
  readonly #names = new Map<string, string>();

  constructor(options: MemoryHourlyCountsOptions = {}) {
    this.#keepFacts = options.facts ?? false;
  }

  async merge(partition: Partition, rows: readonly ContributionRow[]): Promise<readonly Refusal[]> {
    assertBatch(partition, rows);
    const refusals: Refusal[] = [];
    for (const row of rows) {
      if (isTooLong(row)) refusals.push({ row, code: 'PropertyValueTooLarge' });
      else this.put(row);
    }
    return refusals;
  }

  /** Writes one row without the checks of `merge`: it accepts rows that a table would refuse. */
  put(row: ContributionRow): void {
    this.#groupOf(row.groupId.slice(0, 1) as Partition, row).put(row);
  }

  /** Number of groups. */
  get groups(): number {
    let groups = 0;
    for (const each of this.#partitions.values()) groups += each.size;
    return groups;
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Contribution[]> {
    const groups = this.#partitions.get(partition);
    if (!groups) return;
    let page: Contribution[] = [];
    for (const groupId of [...groups.keys()].sort()) {
      const group = groups.get(groupId);
      if (!group) continue;
      const { keys, counts } = group.sorted();
      const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = group.key;
      for (const [index, key] of keys.entries()) {
        const { Timestamp, contribution } = parseKey(key);
        const count = counts[index] ?? null;
        page.push({
          groupId,
          source,
          DeviceName,
          InitiatingProcessFileName,
          RemoteIP,
          Timestamp,
          contribution,
          count,
        });
        if (page.length < PAGE_ROWS) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  async *read(groupId: string, after: Timestamp, asOf: Timestamp): AsyncGenerator<readonly ContributionRow[]> {
    const group = this.#partitions.get(groupId.slice(0, 1) as Partition)?.get(groupId);
    if (!group) return;
    const { keys, counts, facts } = group.sorted();
    const rows: ContributionRow[] = [];
    for (const [index, key] of keys.entries()) {
      const { Timestamp, contribution } = parseKey(key);
      if (!isOfWindow({ source: group.key.source, Timestamp }, { after, asOf })) continue;
      const count = counts[index] ?? null;
      rows.push({ groupId, ...group.key, Timestamp, contribution, count, facts: facts[index] ?? NO_FACTS });
    }
    for (let start = 0; start < rows.length; start += PAGE_ROWS) yield rows.slice(start, start + PAGE_ROWS);
  }

  async remove(partition: Partition, rows: readonly Contribution[]): Promise<void> {
    const groups = this.#partitions.get(partition);
    if (!groups) return;
    for (const [groupId, removed] of Map.groupBy(rows, (row) => row.groupId)) {
      const group = groups.get(groupId);
      if (!group) continue;
      group.remove(new Set(removed.map(keyOf)));
      if (group.size === 0) groups.delete(groupId);
    }
  }

  #groupOf(partition: Partition, row: ContributionRow): Group {
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
      group = new Group(key, this.#keepFacts);
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

/** The rows of one group: three parallel lists. */
interface Rows {
  /** `<time>|<contribution>` of each row: the table's RowKey without the groupId, in the same order. */
  readonly keys: string[];
  readonly counts: (number | null)[];
  /** Empty unless facts are kept. */
  readonly facts: Facts[];
}

class Group {
  readonly key: GroupKey;
  readonly #keepFacts: boolean;
  /** Not changed after it was returned: a scan may use it. */
  #rows: Rows = { keys: [], counts: [], facts: [] };
  /** Number of rows, from the first, that are sorted and without repeats. */
  #tidy = 0;

  constructor(key: GroupKey, keepFacts: boolean) {
    this.key = key;
    this.#keepFacts = keepFacts;
  }

  get size(): number {
    return this.#rows.keys.length;
  }

  put(row: ContributionRow): void {
    // Returned rows are complete and sorted; new rows go into copies.
    if (this.#tidy === this.size) this.#rows = copyOf(this.#rows);
    this.#rows.keys.push(keyOf(row));
    this.#rows.counts.push(row.count);
    if (this.#keepFacts) this.#rows.facts.push(wellFormed(row.facts));
    // Repeats use memory until the next sort: at most half of the rows.
    if (this.size > 16 && this.size > 2 * this.#tidy) this.sorted();
  }

  sorted(): Rows {
    if (this.#tidy !== this.size) this.#keep(sortedOnce(this.#rows));
    return this.#rows;
  }

  remove(keys: ReadonlySet<string>): void {
    const rows = this.sorted();
    const kept = [...rows.keys.keys()].filter((index) => !keys.has(rows.keys[index] as string));
    if (kept.length < rows.keys.length) this.#keep(pick(rows, kept));
  }

  #keep(rows: Rows): void {
    this.#rows = rows;
    this.#tidy = rows.keys.length;
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
    facts: rows.facts.length === 0 ? [] : indexes.map((index) => rows.facts[index] as Facts),
  };
}

function copyOf({ keys, counts, facts }: Rows): Rows {
  return { keys: [...keys], counts: [...counts], facts: [...facts] };
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

/** As in a table. */
function wellFormed(facts: Facts): Facts {
  const entries = Object.entries(facts);
  return Object.fromEntries(
    entries.map(([name, fact]) => [name, typeof fact === 'string' ? fact.toWellFormed() : fact]),
  );
}

function isTooLong(row: ContributionRow): boolean {
  if (row.DeviceName.length > MAX_PROPERTY_LENGTH) return true;
  if (row.InitiatingProcessFileName.length > MAX_PROPERTY_LENGTH) return true;
  if (row.RemoteIP.length > MAX_PROPERTY_LENGTH) return true;
  return Object.values(row.facts).some((fact) => String(fact).length > MAX_PROPERTY_LENGTH);
}

/** Throws on errors of the caller that a table would refuse. */
function assertBatch(partition: Partition, rows: readonly ContributionRow[]): void {
  if (rows.length > MAX_BATCH_ROWS) throw new RangeError(`more than ${MAX_BATCH_ROWS} rows: ${rows.length}`);
  const keys = new Set<string>();
  for (const row of rows) {
    if (!row.groupId.startsWith(partition)) throw new RangeError(`not of partition ${partition}: ${row.groupId}`);
    keys.add(`${row.groupId}|${keyOf(row)}`);
  }
  if (keys.size < rows.length) throw new RangeError('the same key more than once');
}
