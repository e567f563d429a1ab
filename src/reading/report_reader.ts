import { Buffer, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type LineReading, readLine } from '../core/records/read_line.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Report, Source } from '../core/records/report.ts';
import type { DeadLetter, RecordPlace } from '../storage/ports/dead_letters.ts';
import type { Counters } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { NO_COUNTERS } from './counters.ts';
import { formatsBeside } from './formats.ts';
import type { Line, LineBatch } from './line_reader.ts';
import { KEPT_BYTES } from './line_reader.ts';

/** A report and where it stands. */
export interface LocatedReport extends RecordPlace {
  readonly report: Report;
  /** Of a raw event: 52 bits of SHA-256 over its line without the white space around it; else 0. */
  readonly digest: number;
}

/** What a batch of lines held. */
export interface BatchReading {
  readonly reports: readonly LocatedReport[];
  readonly letters: readonly DeadLetter[];
  /** `expired` is the caller's to count: only it knows how long things are kept. */
  readonly counters: Counters;
}

/** An export none of whose first lines or bytes holds a record of a known format is foreign. */
export const PROBE_LINES = 1_000;
export const PROBE_BYTES = 1024 * 1024;

interface Before {
  readonly recognised: boolean;
  /** Whether it is known of which sources it holds something; absent: where it was recognised. */
  readonly settled?: boolean;
  readonly lines: number;
  /** Where it ends: the offset of the first byte that is read now. */
  readonly start?: number;
}

const UNREAD: Before = { recognised: false, lines: 0 };

/**
 * Reads the reports of one export, batch by batch, and finds out meanwhile whether it is one that we know, and, where
 * its head holds nothing of an active source, of which others it does.
 */
export class ReportReader {
  readonly #ref: ExportRef;
  readonly #formats: readonly RecordFormat[];
  readonly #inactive: ReadonlyMap<Source, RecordFormat>;
  /** Hand it to readLines: active until it is known what the export is. */
  readonly probe: { active: boolean };
  #recognised: boolean;
  /** Whether something of an active source was met. */
  #counted = false;
  #otherSource: Source | null = null;
  #linesSeen = 0;
  #bytesSeen = 0;
  /** Bytes before what is read here, and of lines that are too long. */
  #bytesPassed = 0;
  #foreign = false;

  /** `before`: what is known of the part of the export that was read earlier. */
  constructor(ref: ExportRef, formats: readonly RecordFormat[], before: Before = UNREAD) {
    this.#ref = ref;
    this.#formats = formats;
    this.#inactive = formatsBeside(formats);
    this.#linesSeen = before.lines;
    this.#bytesPassed = before.start ?? 0;
    this.#recognised = before.recognised;
    this.probe = { active: !(before.settled ?? before.recognised) };
  }

  /** Whether a record of a known format was met. */
  get recognised(): boolean {
    return this.#recognised;
  }

  /** A source that is not active, of which there is a record at the head; null where none was met before an active one. */
  get otherSource(): Source | null {
    return this.#otherSource;
  }

  /** Whether what was read so far is enough to say that no record of a known format stands at its head. */
  get foreign(): boolean {
    return this.#foreign;
  }

  /** To be called when the export has ended: one that is shorter than the probe is judged by all it has. */
  end(): void {
    if (this.probe.active && this.#linesSeen > 0) this.#judge(true);
  }

  read(batch: LineBatch): BatchReading {
    const reports: LocatedReport[] = [];
    const letters: DeadLetter[] = [];
    const counters = { ...NO_COUNTERS, lines: batch.lines };
    const looked = batch.hits.length + batch.malformed.length + batch.tooLong.length;
    // A line that is not looked into counts as one record of another kind.
    counters.records = batch.lines - batch.hits.length;
    counters.skipped = batch.lines - looked;

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
      counters.deadLetters += Math.max(0, reading.faults.length - LETTERS_OF_A_LINE);
      this.#meet(reading, text);
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
      this.#meet(readLine(text, this.#formats), text);
      if (!this.probe.active) return;
    }
    this.#linesSeen += batch.lines;
    // A line that is too long to be looked at says nothing of the export, and may not speak for those behind it.
    for (const line of batch.tooLong) this.#bytesPassed += line.length;
    this.#bytesSeen = batch.end - this.#bytesPassed;
    this.#judge(false);
  }

  /** What a line says of the export. */
  #meet(reading: LineReading, text: string): void {
    if (reading.known > 0) this.#recognised = true;
    if (!this.probe.active) return;
    if (reading.reports.length + reading.excluded > 0) this.#counted = true;
    else this.#otherSource ??= this.#otherSourceOf(text);
    if (this.#recognised && (this.#counted || this.#otherSource !== null)) this.probe.active = false;
  }

  #otherSourceOf(text: string): Source | null {
    for (const [source, format] of this.#inactive) {
      if (text.includes(format.needle) && readLine(text, [format]).reports.length > 0) return source;
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
    return faults.slice(0, LETTERS_OF_A_LINE).map(({ fault, record }, index) => {
      const kept = index === 0 ? bytes : NO_BYTES;
      return { export: this.#ref, offset, length, record, reason: fault, bytes: kept };
    });
  }
}

function digestOf(line: Line): number {
  return Number.parseInt(hash('sha256', line.bytes).slice(0, 13), 16);
}

/**
 * A line of a megabyte can hold half a million records that are none: the first ones are named, the first with the line
 * itself, and all are counted.
 */
const LETTERS_OF_A_LINE = 10;
const NO_BYTES = new Uint8Array();
