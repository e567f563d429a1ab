import { bin } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Matched } from '../core/scoring/address_scorer.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import type { LocatedRow } from '../ingest/batch_writer.ts';
import { RawEventCounter } from '../ingest/raw_event_counter.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { readContent } from '../reading/file_reader.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import { type LocatedReport, ReportReader } from '../reading/report_reader.ts';
import { blockOf, contributionOf, PARTITIONS, reportsOf } from '../storage/keys.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { OfflineCounts } from './offline_counts.ts';
import { scoreGroups } from './score_groups.ts';

/** The result of reading one export. */
export interface OfflineReading {
  readonly counters: Counters;
  /** Of an unknown format: nothing of it was counted. */
  readonly foreign: boolean;
}

/** Applies the rule to exports on this machine, with the same reader and the same scoring as in the cloud. */
export class OfflineScore {
  readonly #window: Window;
  readonly #formats: readonly RecordFormat[];
  readonly #counts: OfflineCounts;
  readonly #onLetter: (letter: DeadLetter) => void;
  readonly #plausible: Timestamp;
  counters: Counters = NO_COUNTERS;
  /** The first record of an unknown shape, and its file; null where there is none. */
  unknownShape: (LocatedShape & { readonly name: string }) | null = null;
  /** Reports and raw events inside the window, duplicates included. */
  reportsInWindow = 0;
  /** Time of the newest report up to `plausible`, in the window or not; '' before the first. */
  newest: Timestamp | '' = '';

  /** `plausible`: a later report comes from a wrong clock, and never counts as the newest. */
  constructor(
    window: Window,
    formats: readonly RecordFormat[],
    onLetter: (letter: DeadLetter) => void,
    plausible: Timestamp = LAST,
    counts: OfflineCounts = new OfflineCounts(),
  ) {
    this.#counts = counts;
    this.#window = window;
    this.#formats = formats;
    this.#onLetter = onLetter;
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
    const unconfirmed: DeadLetter[] = [];
    try {
      for await (const batch of readContent(chunks, options)) {
        const reading = reader.read(batch);
        counters = addCounters(counters, reading.counters);
        for (const letter of reading.letters) unconfirmed.push(letter);
        if (reader.foreign) return { counters, foreign: true };
        if (reader.recognised) this.#report(unconfirmed);
        for (const located of reading.reports) this.#add(located, raw);
        await this.#counts.spillIfLarge();
      }
      reader.end();
      return { counters, foreign: reader.foreign };
    } finally {
      this.#addHours(raw.close());
      if (!reader.foreign) {
        this.#report(unconfirmed);
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
    if (identity === null) this.#addHours(raw.add(located));
    else this.#counts.put(contributionOf(report, identity));
  }

  #addHours(rows: readonly LocatedRow[]): void {
    for (const { row } of rows) this.#counts.put(row);
  }

  #report(letters: DeadLetter[]): void {
    for (const letter of letters.splice(0)) this.#onLetter(letter);
  }
}

/** After every Timestamp. */
const LAST = '~' as Timestamp;
