import { Buffer, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type LineReading, readLine } from '../core/records/read_line.ts';
import {
  type FieldFault,
  faultText,
  type Needed,
  type ReadFault,
  type Reading,
  type RecordFormat,
} from '../core/records/reading.ts';
import type { Report, Source } from '../core/records/report.ts';
import type { MissingColumns } from '../core/records/table_header.ts';
import type { DeadLetter, RecordPlace } from '../storage/ports/dead_letters.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { collectEarly } from './collect_early.ts';
import { NO_COUNTERS } from './counters.ts';
import type { DefenderLines } from './defender_line.ts';
import { type FaultCounts, KEPT_LETTERS } from './faulty_lines.ts';
import { formatsBeside } from './formats.ts';
import type { Line } from './line.ts';
import type { LineBatch } from './line_batch.ts';
import { KEPT_BYTES } from './line_reader.ts';
import { SysmonLines } from './sysmon_line.ts';
import { withoutColumns } from './without_columns.ts';

/** A report and its place. */
export interface LocatedReport extends RecordPlace {
  readonly report: Report;
  /** Members that the record does not have; absent where nothing is lacking. */
  readonly lacks?: readonly Needed[];
  /** For a raw event 52 bits of SHA-256 over its trimmed line; else 0. */
  readonly digest: number;
}

/** The result of reading a batch of lines. */
export interface BatchReading {
  readonly reports: readonly LocatedReport[];
  /** In order of place; over all batches the first `KEPT_LETTERS` of the reader at most. */
  readonly letters: readonly DeadLetter[];
  /** The other dead letters, by reason. */
  readonly more: FaultCounts;
  /** Excluded records without a member for the address. */
  readonly withoutAddress: number;
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
  readonly #sources: readonly Source[];
  readonly #brief: DefenderLines | null;
  readonly #sysmonLines: SysmonLines | null;
  readonly #inactive: ReadonlyMap<Source, RecordFormat>;
  /** An option of readLines: active until the export is recognized. */
  readonly probe: { active: boolean };
  #recognised: boolean;
  /** Whether a record of an active source was read. */
  #counted = false;
  #otherSource: Source | null = null;
  #unknownShape: LocatedShape | null = null;
  #missing: MissingColumns | null = null;
  #linesSeen = 0;
  #bytesSeen = 0;
  /** Bytes before the start of this read, and of lines that are too long. */
  #bytesPassed = 0;
  #foreign = false;
  /** Letters that may still be returned. */
  #room = KEPT_LETTERS;

  /**
   * `before`: the state after the part of the export that was read earlier. `brief`: reports may lack the facts that no row of
   * `score` has, and it reads those of Defender; null: no report may lack them.
   */
  constructor(
    ref: ExportRef,
    formats: readonly RecordFormat[],
    before: Before = UNREAD,
    brief: DefenderLines | null = null,
  ) {
    this.#ref = ref;
    this.#formats = formats;
    this.#sources = formats.map(({ source }) => source);
    // Formats are tried in order: a record that another one could know first is not read here.
    this.#brief = formats[0]?.source === 'defender' ? brief : null;
    // A record of Sysmon is of no other format. A format with an order of dates may read only some records.
    const hasSysmon = this.#sources.includes('sysmon') && formats.every(({ dateOrder }) => dateOrder === undefined);
    this.#sysmonLines = hasSysmon ? new SysmonLines(brief !== null) : null;
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

  /** Of the first table without a column that an active source needs; null where there is none. */
  get missing(): MissingColumns | null {
    return this.#missing;
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
    const faults = new BatchFaults(this.#ref, this.#room);
    const counters = { ...NO_COUNTERS, lines: batch.lines };
    const { malformed, tooLong, hits } = batch;
    let withoutAddress = 0;
    let parsed = hits.length + tooLong.length + malformed.kept.length;
    for (const line of tooLong) faults.addLine(line, 'line-too-long');
    for (const line of malformed.kept) faults.addLine(line, line.fault);
    for (const [fault, times] of malformed.more) {
      faults.count(fault, times);
      parsed += times;
    }
    // A line that is not parsed counts as one skipped record.
    counters.records = batch.lines - hits.length;
    counters.skipped = batch.lines - parsed;
    for (const line of hits) {
      const reading = this.#readBytes(line);
      if (reading === null) withoutAddress += this.#readHit(line, { reports, faults, counters });
      else this.#addRecord(line, reading, { reports, faults, counters });
    }
    counters.reports = reports.length;
    counters.deadLetters = faults.total;
    this.#probeBatch(batch);
    const letters = faults.close();
    this.#room -= letters.length;
    if (faults.more.size > 0 || counters.records > MANY_RECORDS) collectEarly();
    return { reports, letters, more: faults.more, withoutAddress, counters };
  }

  /** Parses a line. Returns the number of its excluded records without a member for the address. */
  #readHit(line: Line, { reports, faults, counters }: BatchSoFar): number {
    if (!isUtf8(line.bytes)) {
      faults.addRecords(line, [{ fault: 'bad-utf8', record: 0 }]);
      counters.records++;
      return 0;
    }
    const text = line.bytes.toString('utf8');
    const reading = this.#read(line, text);
    if (reading.reports.length === 1) this.#brief?.learn(text);
    const { offset, length } = line;
    const hasRaw = reading.reports.some(({ report }) => report.identity === null);
    const digest = hasRaw ? digestOf(line) : 0;
    for (const { report, record, lacks } of reading.reports) {
      const located = { report, offset, length, record, digest };
      reports.push(lacks === undefined ? located : { ...located, lacks });
    }
    faults.addRecords(line, reading.faults);
    if (reading.moreFaults.size > 0) for (const [fault, times] of reading.moreFaults) faults.count(fault, times);
    counters.records += reading.records;
    counters.skipped += reading.skipped;
    counters.excluded += reading.excluded;
    counters.unknownShapes += reading.unknownShapes;
    this.#unknownShape ??= shapeAt(reading, offset);
    this.#recognise(reading, text);
    return reading.withoutAddress;
  }

  #read({ missing }: Line, text: string): LineReading {
    const reading = readLine(text, this.#formats);
    if (missing === undefined) return reading;
    const lacking = withoutColumns(reading, missing, this.#sources);
    if (lacking !== reading) this.#missing ??= missing;
    return lacking;
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

  /** The reading of a line with one record in a form that is read without the parser; null for any other line. */
  #readBytes({ bytes, missing }: Line): Reading | null {
    if (missing !== undefined) return null;
    const report = this.#brief?.reportOf(bytes);
    if (report != null) return { kind: 'report', report };
    const reading = this.#sysmonLines?.read(bytes) ?? null;
    // While the export is probed, the parser also looks for inactive sources in a record that is skipped.
    return reading?.kind === 'skipped' && this.probe.active ? null : reading;
  }

  /** Adds the reading of `#readBytes`. */
  #addRecord(line: Line, reading: Reading, { reports, counters }: BatchSoFar): void {
    counters.records++;
    this.#recognised = true;
    if (reading.kind === 'skipped') {
      counters.skipped++;
      return;
    }
    this.#counted = true;
    this.probe.active = false;
    if (reading.kind === 'report') reports.push(locatedAt(line, reading));
    else counters.excluded++;
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
}

function shapeAt({ firstUnknownShape }: LineReading, offset: number): LocatedShape | null {
  if (firstUnknownShape === null) return null;
  const { source, members } = firstUnknownShape;
  return { source, offset, members };
}

function locatedAt(line: Line, { report, lacks }: Reading & { readonly kind: 'report' }): LocatedReport {
  const { offset, length } = line;
  const located = { report, offset, length, record: 0, digest: report.identity === null ? digestOf(line) : 0 };
  return lacks === undefined ? located : { ...located, lacks };
}

function digestOf(line: Line): number {
  return Number.parseInt(hash('sha256', line.bytes).slice(0, 13), 16);
}

/** What was read of a batch so far. */
interface BatchSoFar {
  readonly reports: LocatedReport[];
  readonly faults: BatchFaults;
  readonly counters: Writable<Counters>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** More records than a batch of real telemetry has. */
const MANY_RECORDS = 50_000;
const NO_BYTES = new Uint8Array();

/** The dead letters of a batch: the first `room` by place, and the number of the others by reason. */
class BatchFaults {
  readonly #ref: ExportRef;
  readonly #room: number;
  readonly more = new Map<string, number>();
  readonly #letters: DeadLetter[] = [];
  #ofRecords = 0;
  total = 0;

  constructor(ref: ExportRef, room: number) {
    this.#ref = ref;
    this.#room = room;
  }

  /** A line of those that a batch holds few of. */
  addLine(line: Line, fault: ReadFault): void {
    this.total++;
    this.#keep(line, { fault }, 0, true);
  }

  /** The faults of one parsed line; the first of them has its bytes. These lines come in order of place, so that only the first can be among the first. */
  addRecords(line: Line, faults: LineReading['faults']): void {
    this.total += faults.length;
    for (const [index, each] of faults.entries()) {
      const isKept = this.#ofRecords < this.#room;
      if (isKept) this.#ofRecords++;
      if (isKept) this.#keep(line, each, each.record, index === 0);
      else this.#add(faultText(each), 1);
    }
  }

  count(fault: string, times: number): void {
    this.total += times;
    this.#add(fault, times);
  }

  close(): readonly DeadLetter[] {
    this.#letters.sort((a, b) => a.offset - b.offset || a.record - b.record);
    for (const { reason, field } of this.#letters.splice(this.#room)) this.#add(faultText({ fault: reason, field }), 1);
    return this.#letters;
  }

  #keep({ offset, length, bytes }: Line, { fault, field }: FieldFault, record: number, hasBytes: boolean): void {
    // A copy: the line is a view on a chunk that is soon gone.
    const kept = hasBytes ? Buffer.from(bytes.subarray(0, KEPT_BYTES)) : NO_BYTES;
    const reason = field === undefined ? { reason: fault } : { reason: fault, field };
    this.#letters.push({ export: this.#ref, offset, length, record, ...reason, bytes: kept });
  }

  #add(fault: string, times: number): void {
    this.more.set(fault, (this.more.get(fault) ?? 0) + times);
  }
}
