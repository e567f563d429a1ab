import { bin } from './core/kql/bin.ts';
import type { Timestamp } from './core/timestamp.ts';
import { hourOf } from './keys.ts';
import type { PlacedRow } from './merger.ts';
import type { Place } from './ports.ts';
import type { LocatedReport } from './reports.ts';

/**
 * Raw events are counted block by block of a segment. Where a block ends follows from the place of a line, never from
 * what is read in it: a fix of a reader moves no border, and replay writes the same keys. So large are some 10,000
 * events as the products write them; and as many rows as there fit smallest events into it are held at worst.
 */
export const BLOCK_BYTES = 16 * 1024 * 1024;

/** Of one group in one hour. */
interface Count {
  events: number;
  /** Of which the row has the facts. */
  newest: LocatedReport;
  /** Of the first. */
  readonly place: Place;
}

/**
 * Counts raw events: those of a group in a clock hour of one block make one row, with the facts of the newest and the
 * place of the first. Lines of a block that are the same, byte for byte, count once. Holds one block.
 */
export class RawHours {
  readonly #start: number;
  readonly #contributionOf: (from: number) => string;
  readonly #blockBytes: number;
  #block = 0;
  /** By the digest of a line: where it first stands. */
  readonly #lines = new Map<string, number>();
  /** By group and hour, in the order of their first events. */
  readonly #counts = new Map<string, Count>();

  /** `contributionOf` names the block that begins at that byte; the first begins at `start`. */
  constructor(start: number, contributionOf: (from: number) => string, blockBytes = BLOCK_BYTES) {
    this.#start = start;
    this.#contributionOf = contributionOf;
    this.#blockBytes = blockBytes;
  }

  /** Counts an event; they come in the order of their places. Gives the rows of the block before, where this begins another. */
  add(event: LocatedReport): readonly PlacedRow[] {
    const block = Math.floor((event.offset - this.#start) / this.#blockBytes);
    const rows = block === this.#block ? [] : this.close();
    this.#block = block;
    const first = this.#lines.get(event.digest);
    if (first === undefined) this.#lines.set(event.digest, event.offset);
    if (first === undefined || first === event.offset) this.#count(event);
    return rows;
  }

  /** The rows of the last block. */
  close(): readonly PlacedRow[] {
    const contribution = this.#contributionOf(this.#start + this.#block * this.#blockBytes);
    const rows = [...this.#counts.values()].map(({ events, newest, place }) => ({
      row: hourOf(newest.report, events, contribution),
      place,
    }));
    this.#counts.clear();
    this.#lines.clear();
    return rows;
  }

  #count(event: LocatedReport): void {
    const { source, DeviceName, InitiatingProcessFileName, RemoteIP, Timestamp } = event.report;
    const key = JSON.stringify([source, DeviceName, InitiatingProcessFileName, RemoteIP, bin(Timestamp, '1h')]);
    const count = this.#counts.get(key);
    if (count === undefined) {
      const { offset, length, record } = event;
      this.#counts.set(key, { events: 1, newest: event, place: { offset, length, record } });
      return;
    }
    count.events++;
    // Of two at the same instant the one that stands behind.
    if (timeOf(event) >= timeOf(count.newest)) count.newest = event;
  }
}

function timeOf({ report }: LocatedReport): Timestamp {
  return report.Timestamp;
}
