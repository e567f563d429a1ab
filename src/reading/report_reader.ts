import { isUtf8 } from 'node:buffer';
import { type LineReading, readLine } from '../core/records/read_line.ts';
import type { Reading, RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import type { MissingColumns } from '../core/records/table_header.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { BatchFaults } from './batch_faults.ts';
import { collectEarly } from './collect_early.ts';
import { NO_COUNTERS } from './counters.ts';
import type { DefenderLines } from './defender_line.ts';
import { type Before, ExportProbe, UNREAD } from './export_probe.ts';
import { type FaultCounts, KEPT_LETTERS } from './faulty_lines.ts';
import type { Line } from './line.ts';
import type { LineBatch } from './line_batch.ts';
import { type LocatedReport, lineDigestOf, locatedAt } from './located_report.ts';
import { SysmonLines } from './sysmon_line.ts';
import { withoutColumns } from './without_columns.ts';

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

/**
 * Reads the reports of one export, batch by batch.
 */
export class ReportReader {
  readonly #ref: ExportRef;
  readonly #formats: readonly RecordFormat[];
  readonly #sources: readonly Source[];
  readonly #brief: DefenderLines | null;
  readonly #sysmonLines: SysmonLines | null;
  /** An option of readLines, too. */
  readonly probe: ExportProbe;
  #unknownShape: LocatedShape | null = null;
  #missing: MissingColumns | null = null;
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
    this.probe = new ExportProbe(formats, before);
  }

  /** The first record that carries the mark of an active source in a shape that no format knows; null where there is none. */
  get unknownShape(): LocatedShape | null {
    return this.#unknownShape;
  }

  /** Of the first table without a column that an active source needs; null where there is none. */
  get missing(): MissingColumns | null {
    return this.#missing;
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
    this.probe.add(batch);
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
    const digest = hasRaw ? lineDigestOf(line) : 0;
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
    this.probe.note(reading, text);
    return reading.withoutAddress;
  }

  #read({ missing }: Line, text: string): LineReading {
    const reading = readLine(text, this.#formats);
    if (missing === undefined) return reading;
    const lacking = withoutColumns(reading, missing, this.#sources);
    if (lacking !== reading) this.#missing ??= missing;
    return lacking;
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
    this.probe.noteRecord(reading.kind !== 'skipped');
    if (reading.kind === 'skipped') counters.skipped++;
    else if (reading.kind === 'report') reports.push(locatedAt(line, reading));
    else counters.excluded++;
  }
}

function shapeAt({ firstUnknownShape }: LineReading, offset: number): LocatedShape | null {
  if (firstUnknownShape === null) return null;
  const { source, members } = firstUnknownShape;
  return { source, offset, members };
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
