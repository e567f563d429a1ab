import { bin } from '../core/kql/bin.ts';
import { msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { DateOrders, onlyWithDateOrder, withDateOrder } from '../core/records/date_order.ts';
import type { DateOrder } from '../core/records/locale_instant.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { HOUR_SECONDS } from '../core/regularity/time_bin.ts';
import type { Matched } from '../core/scoring/address_scorer.ts';
import type { AnswerRow } from '../core/scoring/difference.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import { type MatchedOver, WindowsScorer } from '../core/scoring/windows_scorer.ts';
import type { LocatedRow } from '../ingest/batch_writer.ts';
import { BLOCK_BYTES, RawEventCounter } from '../ingest/raw_event_counter.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { DefenderLines } from '../reading/defender_line.ts';
import { readContent } from '../reading/file_reader.ts';
import { type FileFacts, FileTally, type OnLetters } from '../reading/file_tally.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import { type BatchReading, type LocatedReport, ReportReader } from '../reading/report_reader.ts';
import { blockOf, contributionOf, PARTITIONS, reportsOf } from '../storage/keys.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import type { ContributionRow, Partition } from '../storage/ports/hourly_counts.ts';
import { type Compared, compareResult } from './compare_result.ts';
import type { OfflineContext } from './offline_context.ts';
import { OfflineCounts } from './offline_counts.ts';
import type { OfflineDetections } from './offline_detection.ts';
import { type Explain, offlineDetections } from './offline_detections.ts';
import { hostOf, type OfflineRow } from './offline_row.ts';
import { ProcessRows } from './process_rows.ts';
import type { RuleTask } from './rule_task.ts';
import { scoreGroups } from './score_groups.ts';

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

/** Applies the rule to exports on this machine, with the same reader and the same scoring as in the cloud. */
export class OfflineScore {
  readonly #window: Window;
  readonly #formats: readonly RecordFormat[];
  readonly #counts: OfflineCounts;
  readonly #onLetters: OnLetters;
  readonly #plausible: Timestamp;
  readonly #context: OfflineContext | null;
  #processRows: ProcessRows | null = null;
  /** Exports have lines of the same forms. */
  readonly #lines = new DefenderLines();
  counters: Counters = NO_COUNTERS;
  /** The first record of an unknown shape, and its file; null where there is none. */
  unknownShape: (LocatedShape & { readonly name: string }) | null = null;
  /** Reports and raw events inside the window, duplicates included. */
  reportsInWindow = 0;
  /** Time of the oldest report inside the window; '' before the first. */
  oldest: Timestamp | '' = '';
  /** Time of the newest report up to `plausible`, in the window or not; '' before the first. */
  newest: Timestamp | '' = '';

  /**
   * `window`: the reports outside of it are not counted. `plausible`: a later report comes from a wrong clock, and never
   * counts as the newest. `context`: where the detector `regularity` is applied.
   */
  constructor(
    window: Window,
    formats: readonly RecordFormat[],
    onLetters: OnLetters,
    plausible: Timestamp = LAST,
    counts: OfflineCounts = new OfflineCounts(),
    context: OfflineContext | null = null,
  ) {
    this.#context = context;
    this.#counts = counts;
    this.#window = window;
    this.#formats = formats;
    this.#onLetters = onLetters;
    this.#plausible = plausible;
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
        if (reader.recognised) tally.report();
        return reports;
      });
      const order = orders.records === 0 || reader.foreign ? null : orders.decide();
      const second = typeof order === 'string' ? again?.() : undefined;
      if (typeof order === 'string' && second !== undefined) {
        const dated = onlyWithDateOrder(this.#formats, order);
        const pass = { formats: dated, reader: new ReportReader(ref, dated), reading: 1, onWindows1252 };
        await this.#readAll(ref, second, pass, (reading) => tally.takeDated(reading));
        tally.forgetOpen();
      }
    } finally {
      if (!reader.foreign) {
        tally.end(orders, reader.missing);
        this.counters = addCounters(this.counters, tally.facts.counters);
        if (reader.unknownShape !== null) this.unknownShape ??= { ...reader.unknownShape, name: ref.name };
      }
    }
    return { ...tally.facts, foreign: reader.foreign, isWindows1252 };
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
        if (reader.foreign) return;
        for (const located of reports) this.#add(located, raw);
        await this.#counts.spillIfLarge();
      }
      reader.end();
    } finally {
      this.#addHours(raw.close());
    }
  }

  /** All groups that match, unordered; `counted`: reports and raw events, each once. Call it when all exports are read. */
  async score(rule: Rule): Promise<{ matched: Matched[]; groups: number; rows: number; counted: number }> {
    const matched: Matched[] = [];
    let groups = 0;
    let rows = 0;
    let counted = 0;
    for (const partition of PARTITIONS) {
      for await (const page of scoreGroups(this.#counts.scan(partition), rule, this.#window)) {
        rows += page.rows.length;
        for (const row of page.rows) counted += reportsOf(row);
        for (const address of page.addresses) {
          for (const each of address.matched) matched.push(each);
          groups += address.groups;
        }
      }
    }
    return { matched, groups, rows, counted };
  }

  /**
   * The same for several windows of the span, in one pass: all groups that match in any of them. The windows are in order
   * of time and without a gap between them.
   */
  async scoreOver(
    rule: Rule,
    windows: readonly Window[],
  ): Promise<{ matched: MatchedOver[]; groups: number; counted: number }> {
    const matched: MatchedOver[] = [];
    let groups = 0;
    let counted = 0;
    for (const partition of PARTITIONS) {
      const scorer = new WindowsScorer(rule, windows);
      for await (const rows of this.#counts.scan(partition)) {
        for (const each of scorer.push(rows)) matched.push(each);
        for (const row of rows) counted += reportsOf(row);
      }
      for (const each of scorer.finish()) matched.push(each);
      groups += scorer.groups;
    }
    return { matched, groups, counted };
  }

  /** Compares the answer of the rule's query with the rows of `window`; the span must be `comparedSpan(window)`. */
  compare(answer: readonly AnswerRow[], options: Parameters<typeof compareResult>[2]): Promise<Compared> {
    return compareResult((partition) => this.#counts.scan(partition), answer, options);
  }

  /**
   * What the detector `regularity` finds in its window of 72 hours, and the KQL rule in that of the task. Needs a context,
   * and serves one call. `explain`: the groups to explain; null for none.
   */
  detections(task: RuleTask, explain: Explain | null = null): Promise<OfflineDetections> {
    if (this.#context === null || this.#processRows !== null)
      throw new Error('no context, or detections were found already');
    this.#processRows = new ProcessRows(this.#context);
    const scan = (partition: Partition) => this.#counts.scan(partition);
    return offlineDetections(scan, task, this.#context, this.#processRows, explain);
  }

  /** Frees the temporary files. */
  close(): void {
    this.#counts.close();
    this.#processRows?.close();
  }

  #add(located: LocatedReport, raw: RawEventCounter): void {
    const { report } = located;
    const { source, Timestamp, identity } = report;
    if (Timestamp > this.newest && Timestamp <= this.#plausible) this.newest = Timestamp;
    const context = this.#context;
    if (context !== null && Timestamp <= context.window.after) context.seeEarlier(report);
    if (!this.#isCounted(source, Timestamp, identity === null)) return;
    this.reportsInWindow++;
    if (this.oldest === '' || Timestamp < this.oldest) this.oldest = Timestamp;
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
