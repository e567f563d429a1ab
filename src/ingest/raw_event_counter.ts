import { bin } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { LocatedReport } from '../reading/report_reader.ts';
import { hourOf } from '../storage/keys.ts';
import type { RecordPlace } from '../storage/ports/dead_letters.ts';
import type { PlacedRow } from './batch_writer.ts';
import { SEGMENT_BYTES } from './segment_cutter.ts';

/**
 * Raw events are counted block by block of a segment. Where a block ends follows from the place of a line, never from
 * what is read in it: a fix of a reader moves no border, and replay writes the same keys. So many bytes are some 3,000
 * events as the products write them; of the smallest that can be made up 40,000, each a row, which memory has to hold.
 */
export const BLOCK_BYTES = 4 * 1024 * 1024;

/** Of one group in one hour. */
interface Count {
  events: number;
  /** Of which the row has the facts. */
  newest: LocatedReport;
  /** Of the first. */
  readonly place: RecordPlace;
}

/**
 * Counts raw events: those of a group in a clock hour of one block make one row, with the facts of the newest and the
 * place of the first. Lines of a segment that are the same, byte for byte, count once. Holds the rows of one block, and
 * a number for each line of a segment.
 */
export class RawHours {
  readonly #start: number;
  readonly #contributionOf: (from: number) => string;
  readonly #blockBytes: number;
  #block = 0;
  /** In a file, which is one segment however long it is, so many bytes are looked for repeats at a time. */
  #span = 0;
  readonly #lines = new Set<number>();
  /** The line that was met last, and whether it is a repeat. */
  #line = { offset: -1, isRepeat: false };
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
    if (!this.#isRepeat(event)) this.#count(event);
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
    return rows;
  }

  #isRepeat({ offset, digest }: LocatedReport): boolean {
    if (offset !== this.#line.offset) {
      const span = Math.floor((offset - this.#start) / SEGMENT_BYTES);
      if (span !== this.#span) this.#lines.clear();
      this.#span = span;
      this.#line = { offset, isRepeat: this.#lines.has(digest) };
      this.#lines.add(digest);
    }
    return this.#line.isRepeat;
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
