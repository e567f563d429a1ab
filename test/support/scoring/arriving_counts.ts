import { bin, type Hour } from '../../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import type { Contribution } from '../../../src/core/records/contribution.ts';
import { type Day, dayOf } from '../../../src/core/records/day.ts';
import { TouchedEntries } from '../../../src/ingest/touched_entries.ts';
import type {
  ContributionRow,
  HourlyCounts,
  Partition,
  TouchedEntry,
} from '../../../src/storage/ports/hourly_counts.ts';

/** Groups of a device: the high shape of docs/costs.md. */
const GROUPS_PER_DEVICE = 18;
const PARTITIONS = 16;
/** One report of so many is late, by 1 to 70 hours. */
const LATE_EVERY = 100;
/** An export that grows all the time has so many segments an hour. */
const SEGMENTS = 12;
const PAGE_ROWS = 1000;

/**
 * One partition of a tenant, made as it is read: every group reports each hour, a hundredth of the reports late over three days.
 * Hours are counted from `start`. A report of an hour is there from the end of that hour on, or later.
 */
export class ArrivingCounts implements HourlyCounts {
  readonly groups: number;
  readonly #partition: Partition;
  readonly #startMs: number;
  #now = 0;
  #entries = new Map<Day, Map<string, TouchedEntry>>();
  /** Rows that were read. */
  rows = 0;

  constructor(devices: number, partition: Partition, startMs: number) {
    this.groups = Math.round((devices * GROUPS_PER_DEVICE) / PARTITIONS);
    this.#partition = partition;
    this.#startMs = startMs;
  }

  /** Lets an hour pass, and announces what arrives in it. Before a first run nothing needs to be announced. */
  arrive(hour: number): void {
    this.#now = hour;
    const segments = Array.from({ length: SEGMENTS }, (_, n) => {
      const segmentId = (hour * SEGMENTS + n).toString(16).padStart(32, '0');
      return new TouchedEntries(segmentId, bin(this.#time(hour - 2, 0), '1h'));
    });
    for (let of = Math.max(0, hour - 72); of < hour; of++) {
      for (let number = 0; number < this.groups; number++) {
        if (arrivalOf(number, of) !== hour) continue;
        const entry = (segments[number % SEGMENTS] as TouchedEntries).of(this.#row(number, of));
        const day = dayOf(entry.hour);
        if (!this.#entries.has(day)) this.#entries.set(day, new Map());
        this.#entries.get(day)?.set(nameOf(entry), { ...entry, version: '1' });
      }
    }
  }

  /** A first run reads everything anyway. */
  begin(hour: number): void {
    this.#now = hour;
  }

  async days(): Promise<readonly Day[]> {
    const days = Array.from({ length: this.#now }, (_, hour) => dayOf(this.#time(hour, 0)));
    return [...new Set(days)];
  }

  async otherFormats(): Promise<readonly string[]> {
    return [];
  }

  async *touched(_partition: Partition, day: Day): AsyncGenerator<readonly TouchedEntry[]> {
    const entries = [...(this.#entries.get(day)?.values() ?? [])];
    for (let start = 0; start < entries.length; start += PAGE_ROWS) yield entries.slice(start, start + PAGE_ROWS);
  }

  async settle(_partition: Partition, day: Day, entries: readonly TouchedEntry[]): Promise<void> {
    for (const entry of entries) this.#entries.get(day)?.delete(nameOf(entry));
  }

  async *hour(_partition: Partition, hour: Hour): AsyncGenerator<readonly Contribution[]> {
    yield* this.#counted(this.#hourly(this.#indexOf(hour)));
  }

  async *day(_partition: Partition, day: Day): AsyncGenerator<readonly Contribution[]> {
    for (let hour = 0; hour < this.#now; hour++) {
      if (dayOf(this.#time(hour, 0)) === day) yield* this.#counted(this.#hourly(hour));
    }
  }

  async *ofGroup(hour: Hour, groupId: string): AsyncGenerator<readonly ContributionRow[]> {
    const [number, of] = [Number.parseInt(groupId.slice(1), 16), this.#indexOf(hour)];
    if (arrivalOf(number, of) <= this.#now) yield* this.#counted([[{ ...this.#row(number, of), facts: {} }]]);
  }

  async merge(): Promise<never> {
    throw new Error('its rows are made');
  }

  async removeDay(): Promise<void> {}

  *#counted<Row>(pages: Iterable<readonly Row[]>): Generator<readonly Row[]> {
    for (const page of pages) {
      this.rows += page.length;
      yield page;
    }
  }

  *#hourly(hour: number): Generator<readonly Contribution[]> {
    if (hour < 0 || hour >= this.#now) return;
    let page: Contribution[] = [];
    for (let number = 0; number < this.groups; number++) {
      if (arrivalOf(number, hour) > this.#now) continue;
      page.push(this.#row(number, hour));
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  #row(number: number, hour: number): Contribution {
    return {
      groupId: this.#partition + number.toString(16).padStart(31, '0'),
      source: 'defender',
      DeviceName: `wks-${number % this.#devices}`,
      InitiatingProcessFileName: `program-${number % GROUPS_PER_DEVICE}.exe`,
      RemoteIP: `198.18.${number % 250}.${number % 249}`,
      Timestamp: this.#time(hour, number % 3600),
      contribution: (hour * 1_000_000 + number).toString(16).padStart(16, '0'),
      count: 1 + ((number + hour) % 40),
      failed: false,
      programHash: null,
    };
  }

  get #devices(): number {
    return Math.max(1, Math.round((this.groups * PARTITIONS) / GROUPS_PER_DEVICE));
  }

  #time(hour: number, second: number): Timestamp {
    return timestampFromMs(this.#startMs + hour * HOUR_MS + second * 1000);
  }

  #indexOf(hour: Hour): number {
    return (Date.parse(hour) - this.#startMs) / HOUR_MS;
  }
}

/** The hour at whose begin a report is there. */
function arrivalOf(number: number, hour: number): number {
  const mixed = Math.imul(Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(hour + 1, 0x85ebca6b), 0xc2b2ae35) >>> 0;
  const isLate = mixed % LATE_EVERY === 0;
  return hour + 1 + (isLate ? 1 + ((mixed >>> 10) % 70) : 0);
}

function nameOf({ hour, groupId, segmentId }: TouchedEntry | ReturnType<TouchedEntries['of']>): string {
  return `${hour} ${groupId} ${segmentId}`;
}
