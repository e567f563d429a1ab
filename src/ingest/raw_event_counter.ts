import { bin } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { isFailure } from '../core/records/contribution.ts';
import type { LocatedReport } from '../reading/located_report.ts';
import { eventsRowOf } from '../storage/keys.ts';
import type { RecordPlace } from '../storage/ports/dead_letters.ts';
import type { LocatedRow } from './batch_writer.ts';
import { SEGMENT_BYTES } from './segment_cutter.ts';

/**
 * Raw events are counted per block of a segment. The borders of a block depend on byte offsets alone, never on content: a
 * fixed reader does not move them, and replay writes the same keys. This size holds about 3,000 events as the products
 * write them, and up to 40,000 of the smallest possible ones. Each may be a row in memory.
 */
export const BLOCK_BYTES = 4 * 1024 * 1024;

/** The start of the span in which an instant is counted. */
export type SpanOf = (timestamp: Timestamp) => Timestamp;

const hourOf: SpanOf = (timestamp) => bin(timestamp, '1h');

/** The count of one group in one hour. */
interface Count {
  events: number;
  /** Whether all of them are failed attempts. */
  failed: boolean;
  /** The event that gives the row's facts. */
  newest: LocatedReport;
  /** Place of the first event. */
  readonly place: RecordPlace;
}

/**
 * Counts raw events: one row per group, clock hour and block, with the facts of the newest event and the place of the
 * first. Identical lines of a segment count once. Holds the rows of one block, and a number per line of a segment.
 */
export class RawEventCounter {
  readonly #start: number;
  readonly #contributionOf: (from: number) => string;
  readonly #blockBytes: number;
  readonly #spanOf: SpanOf;
  #block = 0;
  /** Repeats are searched per `SEGMENT_BYTES`: a file is one segment of any length. */
  #span = 0;
  readonly #lines = new Set<number>();
  /** The current line, and whether it is a repeat. */
  #line = { offset: -1, isRepeat: false };
  /** By group and hour, in the order of their first events. */
  readonly #counts = new Map<string, Count>();

  /**
   * `contributionOf` names the block that begins at that byte; the first begins at `start`. `spanOf`: the clock hour, or for
   * files a shorter span.
   */
  constructor(start: number, contributionOf: (from: number) => string, blockBytes = BLOCK_BYTES, spanOf = hourOf) {
    this.#start = start;
    this.#contributionOf = contributionOf;
    this.#blockBytes = blockBytes;
    this.#spanOf = spanOf;
  }

  /** Counts an event; events come in order of offset. Returns the rows of the previous block where this event starts another. */
  add(event: LocatedReport): readonly LocatedRow[] {
    const block = Math.floor((event.offset - this.#start) / this.#blockBytes);
    const rows = block === this.#block ? [] : this.close();
    this.#block = block;
    if (!this.#isRepeat(event)) this.#count(event);
    return rows;
  }

  /** Returns the rows of the last block. */
  close(): readonly LocatedRow[] {
    const contribution = this.#contributionOf(this.#start + this.#block * this.#blockBytes);
    const rows = [...this.#counts.values()].map(({ events, failed, newest, place }) => ({
      row: eventsRowOf(newest.report, this.#spanOf(newest.report.Timestamp), { events, failed, block: contribution }),
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
    // The lengths keep two groups apart whose joined names are the same text.
    const lengths = `${DeviceName.length},${InitiatingProcessFileName.length},${RemoteIP.length}`;
    const key = `${lengths},${DeviceName}${InitiatingProcessFileName}${RemoteIP}${source}${this.#spanOf(Timestamp)}`;
    const failed = isFailure(event.report.facts);
    const count = this.#counts.get(key);
    if (count === undefined) {
      const { offset, length, record } = event;
      this.#counts.set(key, { events: 1, failed, newest: event, place: { offset, length, record } });
      return;
    }
    count.events++;
    count.failed &&= failed;
    // Of two events at one instant the later one in the file.
    if (timeOf(event) >= timeOf(count.newest)) count.newest = event;
  }
}

function timeOf({ report }: LocatedReport): Timestamp {
  return report.Timestamp;
}
