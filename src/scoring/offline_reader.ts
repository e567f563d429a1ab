import { bin } from '../core/kql/bin.ts';
import { msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { DateOrders, onlyWithDateOrder, withDateOrder } from '../core/records/date_order.ts';
import type { DateOrder } from '../core/records/locale_instant.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { HOUR_SECONDS } from '../core/regularity/time_bin.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import type { LocatedRow } from '../ingest/batch_writer.ts';
import { BLOCK_BYTES, RawEventCounter } from '../ingest/raw_event_counter.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { DefenderLines } from '../reading/defender_line.ts';
import { readContent } from '../reading/file_reader.ts';
import { type FileFacts, FileTally, type OnLetters } from '../reading/file_tally.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import type { LocatedReport } from '../reading/located_report.ts';
import { type BatchReading, ReportReader } from '../reading/report_reader.ts';
import { blockOf, contributionOf } from '../storage/keys.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import type { ContributionRow } from '../storage/ports/hourly_counts.ts';
import type { ReadingContext } from './earlier_reports.ts';
import type { OfflineCounts } from './offline_counts.ts';
import { hostOf, type OfflineRow } from './offline_row.ts';

/** The result of reading one export. */
export interface OfflineReading extends FileFacts {
  /** Of an unknown format: nothing of it was counted. */
  readonly foreign: boolean;
  /** It was decoded from Windows-1252. */
  readonly isWindows1252: boolean;
}

export interface ReadOptions {
  /** The order of day and month in dates of two numbers; by default that of the file's own values. */
  readonly dateOrder?: DateOrder | undefined;
  /** Opens the export once more, if that is possible. Otherwise dates that need the order are not read. */
  readonly again?: (() => AsyncIterable<Uint8Array> | undefined) | undefined;
}

/** What is known of all exports that were read. */
export interface ReadFacts {
  readonly counters: Counters;
  /** The first record of an unknown shape, and its file; null where there is none. */
  readonly unknownShape: (LocatedShape & { readonly name: string }) | null;
  /** Reports and raw events inside the window, duplicates included. */
  readonly reportsInWindow: number;
  /** Time of the oldest report inside the window; '' before the first. */
  readonly oldest: Timestamp | '';
  /** Time of the newest report up to `plausible`, in the window or not; '' before the first. */
  readonly newest: Timestamp | '';
}

export const NOTHING_READ: ReadFacts = {
  ...{ counters: NO_COUNTERS, unknownShape: null, reportsInWindow: 0, oldest: '', newest: '' },
};

/** Of exports that were read after those of `before`. */
export function addReadFacts(before: ReadFacts, after: ReadFacts): ReadFacts {
  return {
    counters: addCounters(before.counters, after.counters),
    unknownShape: before.unknownShape ?? after.unknownShape,
    reportsInWindow: before.reportsInWindow + after.reportsInWindow,
    oldest:
      before.oldest === '' || (after.oldest !== '' && after.oldest < before.oldest) ? after.oldest : before.oldest,
    newest: after.newest > before.newest ? after.newest : before.newest,
  };
}

export interface ReaderTask {
  /** Reports outside of it are not counted. */
  readonly window: Window;
  readonly formats: readonly RecordFormat[];
  /** A later report comes from a wrong clock, and never counts as the newest. */
  readonly plausible?: Timestamp | undefined;
  /** Where the detector `regularity` is applied. */
  readonly context?: ReadingContext | null;
}

/** Reads exports on this machine, with the same reader as in the cloud, and puts their rows into `counts`. */
export class OfflineReader {
  readonly #window: Window;
  readonly #formats: readonly RecordFormat[];
  readonly #counts: OfflineCounts;
  readonly #onLetters: OnLetters;
  readonly #plausible: Timestamp;
  readonly #context: ReadingContext | null;
  readonly #lines: DefenderLines;
  #counters: Counters = NO_COUNTERS;
  #unknownShape: ReadFacts['unknownShape'] = null;
  #reportsInWindow = 0;
  #oldest: Timestamp | '' = '';
  #newest: Timestamp | '' = '';

  /** `lines`: what is known of the form of lines; exports have lines of the same forms. */
  constructor(
    { window, formats, plausible = LAST, context = null }: ReaderTask,
    onLetters: OnLetters,
    counts: OfflineCounts,
    lines: DefenderLines = new DefenderLines(),
  ) {
    this.#window = window;
    this.#formats = formats;
    this.#plausible = plausible;
    this.#context = context;
    this.#onLetters = onLetters;
    this.#counts = counts;
    this.#lines = lines;
  }

  get facts(): ReadFacts {
    return {
      counters: this.#counters,
      unknownShape: this.#unknownShape,
      reportsInWindow: this.#reportsInWindow,
      oldest: this.#oldest,
      newest: this.#newest,
    };
  }

  /**
   * Reads one export to its end. Dates that need the order of day and month are read in a second reading, if the first one
   * finds the order. Throws the errors of `chunks`; reports that were read before the error stay counted.
   */
  async read(
    ref: ExportRef,
    chunks: AsyncIterable<Uint8Array>,
    { dateOrder, again }: ReadOptions = {},
  ): Promise<OfflineReading> {
    const orders = new DateOrders();
    const known = dateOrder !== undefined;
    const formats = known ? withDateOrder(this.#formats, dateOrder) : orders.noting(this.#formats);
    const reader = new ReportReader(ref, formats, undefined, this.#lines);
    const tally = new FileTally(ref, this.#onLetters);
    let isWindows1252 = false;
    const onWindows1252 = () => {
      isWindows1252 = true;
    };
    try {
      await this.#readAll(ref, chunks, { formats, reader, reading: 0, onWindows1252 }, (reading) => {
        const reports = tally.take(reading);
        if (reader.probe.recognised) tally.report();
        return reports;
      });
      const order = orders.records === 0 || reader.probe.foreign ? null : orders.decide();
      const second = typeof order === 'string' ? again?.() : undefined;
      if (typeof order === 'string' && second !== undefined) {
        const dated = onlyWithDateOrder(this.#formats, order);
        const pass = { formats: dated, reader: new ReportReader(ref, dated), reading: 1, onWindows1252 };
        await this.#readAll(ref, second, pass, (reading) => tally.takeDated(reading));
        tally.forgetOpen();
      }
    } finally {
      if (!reader.probe.foreign) {
        tally.end(orders, reader.missing);
        this.#counters = addCounters(this.#counters, tally.facts.counters);
        if (reader.unknownShape !== null) this.#unknownShape ??= { ...reader.unknownShape, name: ref.name };
      }
    }
    return { ...tally.facts, foreign: reader.probe.foreign, isWindows1252 };
  }

  /** Reads an export once, and counts the reports that `take` returns. */
  async #readAll(
    ref: ExportRef,
    chunks: AsyncIterable<Uint8Array>,
    { formats, reader, reading, onWindows1252 }: Pass,
    take: (reading: BatchReading) => readonly LocatedReport[],
  ): Promise<void> {
    const preFilterTokens = formats.map((format) => format.preFilterToken);
    // The whole file is one segment; its length is not known.
    const block = (from: number) => blockOf(ref, reading, from, 0);
    const raw = new RawEventCounter(0, block, BLOCK_BYTES, (timestamp) => this.#spanStart(timestamp));
    const options = { preFilterTokens, maxLineBytes: MAX_LINE_BYTES, tail: 'line', probe: reader.probe } as const;
    try {
      for await (const batch of readContent(chunks, options, onWindows1252)) {
        const reports = take(reader.read(batch));
        if (reader.probe.foreign) return;
        for (const located of reports) this.#add(located, raw);
        await this.#counts.spillIfLarge();
      }
      reader.probe.end();
    } finally {
      this.#addHours(raw.close());
    }
  }

  #add(located: LocatedReport, raw: RawEventCounter): void {
    const { report } = located;
    const { source, Timestamp, identity } = report;
    if (Timestamp > this.#newest && Timestamp <= this.#plausible) this.#newest = Timestamp;
    const context = this.#context;
    if (context !== null && Timestamp <= context.window.after) context.seeEarlier(report);
    if (!this.#isCounted(source, Timestamp, identity === null)) return;
    this.#reportsInWindow++;
    if (this.#oldest === '' || Timestamp < this.#oldest) this.#oldest = Timestamp;
    if (identity === null) this.#addHours(raw.add(located));
    else this.#put(contributionOf(report, identity));
  }

  /** A bin can be of the window where its hour is not. */
  #isCounted(source: Source, Timestamp: Timestamp, isEvent: boolean): boolean {
    if (!isEvent) return isOfWindow({ source, Timestamp }, this.#window);
    if (isOfWindow({ source, Timestamp: bin(Timestamp, '1h') }, this.#window)) return true;
    return (
      this.#context !== null && isOfWindow({ source, Timestamp: this.#spanStart(Timestamp) }, this.#context.window)
    );
  }

  /** The start of the hour, or of the bin. */
  #spanStart(timestamp: Timestamp): Timestamp {
    const seconds = this.#context?.binSeconds ?? HOUR_SECONDS;
    if (seconds === HOUR_SECONDS) return bin(timestamp, '1h');
    const ms = msOf(timestamp);
    return timestampFromMs(ms - (((ms % (1000 * seconds)) + 1000 * seconds) % (1000 * seconds)));
  }

  #addHours(rows: readonly LocatedRow[]): void {
    for (const { row } of rows) this.#put(row);
  }

  #put(row: ContributionRow): void {
    if (this.#context === null) {
      this.#counts.put(row);
      return;
    }
    const { RemotePort: port } = row.facts;
    const known: OfflineRow = { ...row, port, host: hostOf(row.facts) };
    this.#counts.put(known);
  }
}

interface Pass {
  readonly formats: readonly RecordFormat[];
  readonly reader: ReportReader;
  /** 0 for the first reading of the export: raw events of two readings have different keys. */
  readonly reading: number;
  readonly onWindows1252: () => void;
}

/** After every Timestamp. */
const LAST = '~' as Timestamp;
