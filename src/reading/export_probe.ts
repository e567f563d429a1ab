import { isUtf8 } from 'node:buffer';
import { type LineReading, readLine } from '../core/records/read_line.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { formatsBeside } from './formats.ts';
import type { LineBatch } from './line_batch.ts';

/** An export without a record of a known format in its first lines or bytes is foreign. */
export const PROBE_LINES = 1_000;
export const PROBE_BYTES = 1024 * 1024;

/** The state after the part of an export that was read earlier. */
export interface Before {
  readonly recognised: boolean;
  /** Whether the sources of its records are known; by default the value of `recognised`. */
  readonly settled?: boolean;
  readonly lines: number;
  /** Offset of the first byte that is read now. */
  readonly start?: number;
}

export const UNREAD: Before = { recognised: false, lines: 0 };

/** Recognizes the format of an export by its head, and an inactive source where the head has no record of an active one. */
export class ExportProbe {
  /** Until the export is recognized. */
  active: boolean;
  readonly #formats: readonly RecordFormat[];
  readonly #inactive: ReadonlyMap<Source, RecordFormat>;
  #recognised: boolean;
  /** Whether a record of an active source was read. */
  #counted = false;
  #otherSource: Source | null = null;
  #foreign = false;
  #linesSeen: number;
  #bytesSeen = 0;
  /** Bytes before the start of this read, and of lines that are too long. */
  #bytesPassed: number;

  constructor(formats: readonly RecordFormat[], { recognised, settled, lines, start }: Before) {
    this.#formats = formats;
    this.#inactive = formatsBeside(formats);
    this.#linesSeen = lines;
    this.#bytesPassed = start ?? 0;
    this.#recognised = recognised;
    this.active = !(settled ?? recognised);
  }

  /** Whether a record of a known format was read. */
  get recognised(): boolean {
    return this.#recognised;
  }

  /** An inactive source with a record at the head; null where there was none before a record of an active one. */
  get otherSource(): Source | null {
    return this.#otherSource;
  }

  /** Whether the head has no record of a known format. */
  get foreign(): boolean {
    return this.#foreign;
  }

  /** Notes a record of an active source, which counts unless its kind is skipped. */
  noteRecord(counts: boolean): void {
    this.#recognised = true;
    if (!counts) return;
    this.#counted = true;
    this.active = false;
  }

  /** Notes a line that the parser has read. */
  note(reading: LineReading, text: string): void {
    if (reading.known > 0) this.#recognised = true;
    if (!this.active) return;
    if (reading.reports.length + reading.excluded > 0) this.#counted = true;
    else this.#otherSource ??= this.#otherSourceOf(text);
    if (this.#recognised && (this.#counted || this.#otherSource !== null)) this.active = false;
  }

  /** Adds a batch whose hits are noted. Its other lines may show the format, too. */
  add(batch: LineBatch): void {
    if (!this.active) return;
    for (const line of batch.probes) {
      if (!isUtf8(line.bytes)) continue;
      const text = line.bytes.toString('utf8');
      this.note(readLine(text, this.#formats), text);
      if (!this.active) return;
    }
    this.#linesSeen += batch.lines;
    // A line that is too long shows nothing about the export, so it does not use up the probe.
    for (const line of batch.tooLong) this.#bytesPassed += line.length;
    this.#bytesSeen = batch.end - this.#bytesPassed;
    this.#judge(false);
  }

  /** Call it at the end of the export: an export shorter than the probe is judged by its whole content. */
  end(): void {
    if (this.active && this.#linesSeen > 0) this.#judge(true);
  }

  #otherSourceOf(text: string): Source | null {
    for (const [source, format] of this.#inactive) {
      if (text.includes(format.preFilterToken) && readLine(text, [format]).reports.length > 0) return source;
    }
    return null;
  }

  #judge(ended: boolean): void {
    if (!ended && this.#linesSeen < PROBE_LINES && this.#bytesSeen < PROBE_BYTES) return;
    this.active = false;
    this.#foreign = !this.#recognised;
  }
}
