import { faultText } from '../core/records/reading.ts';
import { type FaultCounts, KEPT_LETTERS } from '../reading/faulty_lines.ts';
import type { DeadLetter, DeadLetterWriter } from '../storage/ports/dead_letters.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import type { Segment } from './export_state.ts';

/**
 * The dead letters of one segment, as far as they are kept: the first `KEPT_LETTERS` of the export in the order in which
 * they are added. The others become one letter, with their number by reason. How many the segment may keep follows from the
 * number of dead letters of the committed segments before it, so that a repeat keeps the same ones.
 */
export class KeptLetters {
  readonly #writer: DeadLetterWriter;
  readonly #export: ExportRef;
  readonly #segment: Segment;
  readonly #more = new Map<string, number>();
  #room: number;

  /** `before`: dead letters of the committed segments. */
  constructor(writer: DeadLetterWriter, { container, name }: ExportRef, segment: Segment, before: number) {
    this.#writer = writer;
    this.#export = { container, name };
    this.#segment = segment;
    this.#room = Math.max(0, KEPT_LETTERS - before);
  }

  /** Adds letters; `more`: further ones that nobody kept, after those by place. */
  async add(letters: readonly DeadLetter[], more: FaultCounts = NOTHING): Promise<void> {
    for (const letter of letters.toSorted((a, b) => a.offset - b.offset || a.record - b.record)) {
      if (this.#room === 0) {
        this.count(faultText({ fault: letter.reason, field: letter.field }), 1);
        continue;
      }
      this.#room--;
      await this.#writer.add(letter);
    }
    for (const [reason, times] of more) this.count(reason, times);
  }

  /** Counts letters that are not kept. */
  count(reason: string, times: number): void {
    this.#more.set(reason, (this.#more.get(reason) ?? 0) + times);
  }

  /** Publishes the letters. */
  async close(): Promise<void> {
    if (this.#more.size > 0) await this.#writer.add(this.#summary());
    await this.#writer.close();
  }

  async abort(): Promise<void> {
    await this.#writer.abort();
  }

  #summary(): DeadLetter {
    const { start, end } = this.#segment;
    const notKept = Object.fromEntries([...this.#more].sort(([a], [b]) => (a < b ? -1 : 1)));
    const place = { offset: start, length: end - start, record: 0 };
    return { export: this.#export, ...place, reason: 'not-kept', notKept, bytes: new Uint8Array() };
  }
}

const NOTHING: FaultCounts = new Map();
