import { Buffer, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type LineReading, readLine } from '../core/records/read_line.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Report, Source } from '../core/records/report.ts';
import type { DeadLetter, RecordPlace } from '../storage/ports/dead_letters.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { NO_COUNTERS } from './counters.ts';
import { formatsBeside } from './formats.ts';
import type { Line, LineBatch } from './line_reader.ts';
import { KEPT_BYTES } from './line_reader.ts';

/** A report and its place. */
export interface LocatedReport extends RecordPlace {
  readonly report: Report;
  /** For a raw event 52 bits of SHA-256 over its trimmed line; else 0. */
  readonly digest: number;
}

/** The result of reading a batch of lines. */
export interface BatchReading {
  readonly reports: readonly LocatedReport[];
  readonly letters: readonly DeadLetter[];
  /** Without `expired`: the caller knows the retention and counts it. */
  readonly counters: Counters;
}

/** An export without a record of a known format in its first lines or bytes is foreign. */
export const PROBE_LINES = 1_000;
export const PROBE_BYTES = 1024 * 1024;

interface Before {
  readonly recognised: boolean;
  /** Whether the sources of its records are known; by default the value of `recognised`. */
  readonly settled?: boolean;
  readonly lines: number;
  /** Offset of the first byte that is read now. */
  readonly start?: number;
}

const UNREAD: Before = { recognised: false, lines: 0 };

/**
 * Reads the reports of one export, batch by batch. It also recognizes the export's format, and an inactive source where the
 * head has no record of an active one.
 */
export class ReportReader {
  readonly #ref: ExportRef;
  readonly #formats: readonly RecordFormat[];
  readonly #inactive: ReadonlyMap<Source, RecordFormat>;
  /** An option of readLines: active until the export is recognized. */
  readonly probe: { active: boolean };
  #recognised: boolean;
  /** Whether a record of an active source was read. */
  #counted = false;
  #otherSource: Source | null = null;
  #unknownShape: LocatedShape | null = null;
  #linesSeen = 0;
  #bytesSeen = 0;
  /** Bytes before the start of this read, and of lines that are too long. */
  #bytesPassed = 0;
  #foreign = false;

  /** `before`: the state after the part of the export that was read earlier. */
  constructor(ref: ExportRef, formats: readonly RecordFormat[], before: Before = UNREAD) {
    this.#ref = ref;
    this.#formats = formats;
    this.#inactive = formatsBeside(formats);
    this.#linesSeen = before.lines;
    this.#bytesPassed = before.start ?? 0;
    this.#recognised = before.recognised;
    this.probe = { active: !(before.settled ?? before.recognised) };
  }

  /** Whether a record of a known format was read. */
  get recognised(): boolean {
    return this.#recognised;
  }

  /** An inactive source with a record at the head; null where there was none before a record of an active one. */
  get otherSource(): Source | null {
    return this.#otherSource;
  }

  /** The first record that carries the mark of an active source in a shape that no format knows; null where there is none. */
  get unknownShape(): LocatedShape | null {
    return this.#unknownShape;
  }

  /** Whether the head has no record of a known format. */
  get foreign(): boolean {
    return this.#foreign;
  }

  /** Call it at the end of the export: an export shorter than the probe is judged by its whole content. */
  end(): void {
    if (this.probe.active && this.#linesSeen > 0) this.#judge(true);
  }

  read(batch: LineBatch): BatchReading {
    const reports: LocatedReport[] = [];
    const letters: DeadLetter[] = [];
    const counters = { ...NO_COUNTERS, lines: batch.lines };
    const parsed = batch.hits.length + batch.malformed.length + batch.tooLong.length;
    // A line that is not parsed counts as one skipped record.
    counters.records = batch.lines - batch.hits.length;
    counters.skipped = batch.lines - parsed;

    for (const line of batch.tooLong) letters.push(...this.#lettersOf(line, [{ fault: 'line-too-long', record: 0 }]));
    for (const line of batch.malformed) {
      letters.push(...this.#lettersOf(line, [{ fault: line.fault ?? 'bad-json', record: 0 }]));
    }
    for (const line of batch.hits) {
      if (!isUtf8(line.bytes)) {
        letters.push(...this.#lettersOf(line, [{ fault: 'bad-utf8', record: 0 }]));
        counters.records++;
        continue;
      }
      const text = line.bytes.toString('utf8');
      const reading = readLine(text, this.#formats);
      const { offset, length } = line;
      const hasRaw = reading.reports.some(({ report }) => report.identity === null);
      const digest = hasRaw ? digestOf(line) : 0;
      for (const { report, record } of reading.reports) reports.push({ report, offset, length, record, digest });
      for (const letter of this.#lettersOf(line, reading.faults)) letters.push(letter);
      counters.records += reading.records;
      counters.skipped += reading.skipped;
      counters.excluded += reading.excluded;
      counters.unknownShapes += reading.unknownShapes;
      this.#unknownShape ??= shapeAt(reading, offset);
      counters.deadLetters += Math.max(0, reading.faults.length - MAX_LETTERS_PER_LINE);
      this.#recognise(reading, text);
    }
    counters.reports = reports.length;
    counters.deadLetters += letters.length;
    this.#probeBatch(batch);
    return { reports, letters, counters };
  }

  #probeBatch(batch: LineBatch): void {
    if (!this.probe.active) return;
    for (const line of batch.probes) {
      if (!isUtf8(line.bytes)) continue;
      const text = line.bytes.toString('utf8');
      this.#recognise(readLine(text, this.#formats), text);
      if (!this.probe.active) return;
    }
    this.#linesSeen += batch.lines;
    // A line that is too long shows nothing about the export, so it does not use up the probe.
    for (const line of batch.tooLong) this.#bytesPassed += line.length;
    this.#bytesSeen = batch.end - this.#bytesPassed;
    this.#judge(false);
  }

  /** Updates the recognition of the export from a line. */
  #recognise(reading: LineReading, text: string): void {
    if (reading.known > 0) this.#recognised = true;
    if (!this.probe.active) return;
    if (reading.reports.length + reading.excluded > 0) this.#counted = true;
    else this.#otherSource ??= this.#otherSourceOf(text);
    if (this.#recognised && (this.#counted || this.#otherSource !== null)) this.probe.active = false;
  }

  #otherSourceOf(text: string): Source | null {
    for (const [source, format] of this.#inactive) {
      if (text.includes(format.preFilterToken) && readLine(text, [format]).reports.length > 0) return source;
    }
    return null;
  }

  #judge(ended: boolean): void {
    if (!ended && this.#linesSeen < PROBE_LINES && this.#bytesSeen < PROBE_BYTES) return;
    this.probe.active = false;
    this.#foreign = !this.#recognised;
  }

  #lettersOf(line: Line, faults: LineReading['faults']): DeadLetter[] {
    if (faults.length === 0) return [];
    const { offset, length } = line;
    // A copy: the line is a view on a chunk that is soon gone.
    const bytes = Buffer.from(line.bytes.subarray(0, KEPT_BYTES));
    return faults.slice(0, MAX_LETTERS_PER_LINE).map(({ fault, field, record }, index) => {
      const kept = index === 0 ? bytes : NO_BYTES;
      const reason = field === undefined ? { reason: fault } : { reason: fault, field };
      return { export: this.#ref, offset, length, record, ...reason, bytes: kept };
    });
  }
}

function shapeAt({ firstUnknownShape }: LineReading, offset: number): LocatedShape | null {
  if (firstUnknownShape === null) return null;
  const { source, members } = firstUnknownShape;
  return { source, offset, members };
}

function digestOf(line: Line): number {
  return Number.parseInt(hash('sha256', line.bytes).slice(0, 13), 16);
}

/**
 * A line of 1 MiB can hold half a million invalid records. The first ones become letters, the first of them with the line's
 * bytes; the others are only counted.
 */
const MAX_LETTERS_PER_LINE = 10;
const NO_BYTES = new Uint8Array();
