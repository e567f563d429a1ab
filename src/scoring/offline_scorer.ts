import { bin } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { faultText, type RecordFormat } from '../core/records/reading.ts';
import type { Matched } from '../core/scoring/address_scorer.ts';
import type { AnswerRow } from '../core/scoring/difference.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import { type MatchedOver, WindowsScorer } from '../core/scoring/windows_scorer.ts';
import type { LocatedRow } from '../ingest/batch_writer.ts';
import { RawEventCounter } from '../ingest/raw_event_counter.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { readContent } from '../reading/file_reader.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import { type BatchReading, type LocatedReport, ReportReader } from '../reading/report_reader.ts';
import type { MissingColumns } from '../core/records/table_header.ts';
import { blockOf, contributionOf, PARTITIONS, reportsOf } from '../storage/keys.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { type Compared, compareResult } from './compare_result.ts';
import { OfflineCounts } from './offline_counts.ts';
import { scoreGroups } from './score_groups.ts';

/** The result of reading one export. */
export interface OfflineReading {
  readonly counters: Counters;
  /** Of an unknown format: nothing of it was counted. */
  readonly foreign: boolean;
  /** Of the first table without a column that an active source needs; null where there is none. */
  readonly missing: MissingColumns | null;
}

/** Applies the rule to exports on this machine, with the same reader and the same scoring as in the cloud. */
export class OfflineScore {
  readonly #window: Window;
  readonly #formats: readonly RecordFormat[];
  readonly #counts: OfflineCounts;
  readonly #onLetters: OnLetters;
  readonly #plausible: Timestamp;
  counters: Counters = NO_COUNTERS;
  /** The first record of an unknown shape, and its file; null where there is none. */
  unknownShape: (LocatedShape & { readonly name: string }) | null = null;
  /** Reports and raw events inside the window, duplicates included. */
  reportsInWindow = 0;
  /** Time of the oldest report inside the window; '' before the first. */
  oldest: Timestamp | '' = '';
  /** Time of the newest report up to `plausible`, in the window or not; '' before the first. */
  newest: Timestamp | '' = '';

  /** `window`: the reports outside of it are not counted. `plausible`: a later report comes from a wrong clock, and never counts as the newest. */
  constructor(
    window: Window,
    formats: readonly RecordFormat[],
    onLetters: OnLetters,
    plausible: Timestamp = LAST,
    counts: OfflineCounts = new OfflineCounts(),
  ) {
    this.#counts = counts;
    this.#window = window;
    this.#formats = formats;
    this.#onLetters = onLetters;
    this.#plausible = plausible;
  }

  /** Reads one export to its end. Throws the errors of `chunks`; reports that were read before the error stay counted. */
  async read(ref: ExportRef, chunks: AsyncIterable<Uint8Array>): Promise<OfflineReading> {
    const reader = new ReportReader(ref, this.#formats);
    const preFilterTokens = this.#formats.map((format) => format.preFilterToken);
    // The whole file is one segment; its length is not known.
    const raw = new RawEventCounter(0, (from) => blockOf(ref, 0, from, 0));
    let counters = NO_COUNTERS;
    const options = { preFilterTokens, maxLineBytes: MAX_LINE_BYTES, tail: 'line', probe: reader.probe } as const;
    // Unreadable lines are dead letters only once a record of a known format was found.
    const unconfirmed = new UnconfirmedLetters();
    try {
      for await (const batch of readContent(chunks, options)) {
        const reading = reader.read(batch);
        counters = addCounters(counters, reading.counters);
        unconfirmed.add(reading);
        if (reader.foreign) return { counters, foreign: true, missing: null };
        if (reader.recognised) unconfirmed.report(this.#onLetters);
        for (const located of reading.reports) this.#add(located, raw);
        await this.#counts.spillIfLarge();
      }
      reader.end();
      return { counters, foreign: reader.foreign, missing: reader.missing };
    } finally {
      this.#addHours(raw.close());
      if (!reader.foreign) {
        unconfirmed.report(this.#onLetters);
        this.counters = addCounters(this.counters, counters);
        if (reader.unknownShape !== null) this.unknownShape ??= { ...reader.unknownShape, name: ref.name };
      }
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

  /** Frees the temporary file. */
  close(): void {
    this.#counts.close();
  }

  #add(located: LocatedReport, raw: RawEventCounter): void {
    const { report } = located;
    const { source, Timestamp, identity } = report;
    if (Timestamp > this.newest && Timestamp <= this.#plausible) this.newest = Timestamp;
    if (!isOfWindow({ source, Timestamp: identity === null ? bin(Timestamp, '1h') : Timestamp }, this.#window)) return;
    this.reportsInWindow++;
    if (this.oldest === '' || Timestamp < this.oldest) this.oldest = Timestamp;
    if (identity === null) this.#addHours(raw.add(located));
    else this.#counts.put(contributionOf(report, identity));
  }

  #addHours(rows: readonly LocatedRow[]): void {
    for (const { row } of rows) this.#counts.put(row);
  }
}

/** Receives dead letters: the first of each export, by place and without their bytes, and the number of all by reason. */
export type OnLetters = (letters: readonly DeadLetter[], byReason: ReadonlyMap<string, number>) => void;

/** The dead letters of an export until they are reported. */
class UnconfirmedLetters {
  #letters: DeadLetter[] = [];
  #byReason = new Map<string, number>();

  add({ letters, more }: BatchReading): void {
    for (const letter of letters) {
      this.#letters.push({ ...letter, bytes: NO_BYTES });
      this.#count(faultText({ fault: letter.reason, field: letter.field }), 1);
    }
    for (const [reason, times] of more) this.#count(reason, times);
  }

  report(onLetters: OnLetters): void {
    if (this.#byReason.size > 0) onLetters(this.#letters, this.#byReason);
    this.#letters = [];
    this.#byReason = new Map();
  }

  #count(reason: string, times: number): void {
    this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + times);
  }
}

const NO_BYTES = new Uint8Array();

/** After every Timestamp. */
const LAST = '~' as Timestamp;
