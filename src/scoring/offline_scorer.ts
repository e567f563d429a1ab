import type { Timestamp } from '../core/kql/timestamp.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Matched } from '../core/scoring/address_scorer.ts';
import type { AnswerRow } from '../core/scoring/difference.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';
import { type MatchedOver, WindowsScorer } from '../core/scoring/windows_scorer.ts';
import type { OnLetters } from '../reading/file_tally.ts';
import { PARTITIONS, reportsOf } from '../storage/keys.ts';
import type { Counters } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import { type Compared, compareResult } from './compare_result.ts';
import type { HandedEarlier } from './earlier_reports.ts';
import type { OfflineContext } from './offline_context.ts';
import { OfflineCounts } from './offline_counts.ts';
import type { OfflineDetections } from './offline_detection.ts';
import { type Explain, offlineDetections } from './offline_detections.ts';
import {
  addReadFacts,
  NOTHING_READ,
  OfflineReader,
  type OfflineReading,
  type ReadFacts,
  type ReadOptions,
} from './offline_reader.ts';
import { ProcessRows } from './process_rows.ts';
import type { RuleTask } from './rule_task.ts';
import { scoreGroups } from './score_groups.ts';
import type { HandedRuns } from './sorted_runs.ts';

/** Applies the rule to exports on this machine, with the same reader and the same scoring as in the cloud. */
export class OfflineScore {
  readonly #window: Window;
  readonly #counts: OfflineCounts;
  readonly #context: OfflineContext | null;
  readonly #reader: OfflineReader;
  /** Of exports that other threads have read. */
  #taken: ReadFacts = NOTHING_READ;
  #processRows: ProcessRows | null = null;

  /**
   * `window`: the reports outside of it are not counted. `plausible`: a later report comes from a wrong clock, and never
   * counts as the newest. `context`: where the detector `regularity` is applied.
   */
  constructor(
    window: Window,
    formats: readonly RecordFormat[],
    onLetters: OnLetters,
    plausible?: Timestamp,
    counts: OfflineCounts = new OfflineCounts(),
    context: OfflineContext | null = null,
  ) {
    this.#context = context;
    this.#counts = counts;
    this.#window = window;
    this.#reader = new OfflineReader({ window, formats, plausible, context }, onLetters, counts);
  }

  get facts(): ReadFacts {
    return addReadFacts(this.#taken, this.#reader.facts);
  }

  get counters(): Counters {
    return this.facts.counters;
  }

  get unknownShape(): ReadFacts['unknownShape'] {
    return this.facts.unknownShape;
  }

  get reportsInWindow(): number {
    return this.facts.reportsInWindow;
  }

  get oldest(): ReadFacts['oldest'] {
    return this.facts.oldest;
  }

  get newest(): ReadFacts['newest'] {
    return this.facts.newest;
  }

  /**
   * Reads one export to its end. Dates that need the order of day and month are read in a second reading, if the first one
   * finds the order. Throws the errors of `chunks`; reports that were read before the error stay counted.
   */
  read(ref: ExportRef, chunks: AsyncIterable<Uint8Array>, options: ReadOptions = {}): Promise<OfflineReading> {
    return this.#reader.read(ref, chunks, options);
  }

  /** Adds the facts of exports that a thread has read, in the order of the exports. */
  takeFacts(facts: ReadFacts): void {
    this.#taken = addReadFacts(this.#taken, facts);
  }

  /** Adds the rows that a thread has read, and what it has read from before the window. */
  takeRows(runs: HandedRuns, earlier: HandedEarlier | null): void {
    this.#counts.take(runs);
    if (earlier !== null) this.#context?.takeEarlier(earlier);
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
}
