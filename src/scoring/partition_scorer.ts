import { isDeepStrictEqual } from 'node:util';
import { type Detection, detectionIdOf, MAX_TRAFFIC_ROWS, type Technique } from '../core/detections/detection.ts';
import { findingOf } from '../core/detections/finding.ts';
import {
  isFresh,
  isOver,
  type LifecycleStep,
  matched,
  type RunContext,
  unmatched,
} from '../core/detections/lifecycle.ts';
import { pendingStateOf } from '../core/detections/pending.ts';
import type { Suppressible } from '../core/detections/suppression.ts';
import { isToBeRead, trafficOf } from '../core/detections/traffic.ts';
import { addMs, type Timestamp } from '../core/kql/timestamp.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { type Address, AddressScorer, type Matched } from '../core/scoring/address_scorer.ts';
import { GroupCutter } from '../core/scoring/group_cutter.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import type { DetectionRow } from '../storage/ports/detections.ts';
import type { ContributionRow, Partition } from '../storage/ports/hourly_counts.ts';
import type { Run } from '../storage/ports/runs.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';
import { DetectionCursor } from './detection_cursor.ts';

const DAY_MS = 86_400_000;
const REMOVED_AT_ONCE = 100;
/** Resolved in one run at most: their ids are held until it is known whether the data is fresh. The next run goes on. */
const MAX_RESOLVED = 10_000;

export interface ScanSettings {
  readonly rule: Rule;
  readonly technique: Technique | null;
  /** The suppression that hides a group, '' for none: asked for each match, and for each live detection. */
  readonly suppressedBy: (group: Suppressible) => string;
  /** Contributions no newer than this are removed. */
  readonly expireRows: Timestamp;
  /** Resolved detections that last matched before this are removed. */
  readonly expireDetections: Timestamp;
}

/** What is looked at to tell what is due. */
type Told = Pick<DetectionRow, 'detection' | 'deliveries'>;

export type ScanTally = Pick<
  Run,
  'groups' | 'rows' | 'detections' | 'opened' | 'resolved' | 'pending' | 'expiredRows' | 'newestReport'
>;

/**
 * One pass over a partition's contributions and, beside them in the same key order, its detections. Holds a page of
 * each, the matches of one address (at most so many points of them), and the ids of what is to be resolved.
 */
export class PartitionScan {
  readonly #stores: Stores;
  readonly #settings: ScanSettings;
  readonly #sinks: readonly KnownSink[];
  readonly #partition: Partition;
  readonly #window: Window;
  readonly #detections: DetectionCursor;
  #expired: Contribution[] = [];
  /** Ids of the detections that are over, if only the data is fresh: that is known at the end. */
  readonly #over: string[] = [];
  /** Sinks that something is due to. */
  readonly #due = new Set<KnownSink>();
  #gone: { readonly id: string; readonly version: string }[] = [];
  /** Live detections that are hidden, by the suppression that hides them. */
  readonly #hidden = new Map<string, number>();
  readonly #tally = { groups: 0, rows: 0, detections: 0, opened: 0, resolved: 0, pending: 0, expiredRows: 0 };

  constructor(
    stores: Stores,
    settings: ScanSettings,
    sinks: readonly KnownSink[],
    partition: Partition,
    window: Window,
  ) {
    this.#stores = stores;
    this.#settings = settings;
    this.#sinks = sinks;
    this.#partition = partition;
    this.#window = window;
    this.#detections = new DetectionCursor(stores.detections.scan(partition));
  }

  /** Live detections that this run left hidden, by the suppression that hides them. */
  get hidden(): ReadonlyMap<string, number> {
    return this.#hidden;
  }

  /** `newestElsewhere`: the newest report that other partitions are known to hold, '' for none. */
  async run(newestElsewhere: Timestamp | ''): Promise<ScanTally> {
    const cutter = new GroupCutter(this.#window, this.#settings.rule.grain);
    const scorer = new AddressScorer(this.#settings.rule);
    for await (const page of this.#stores.hourlyCounts.scan(this.#partition)) {
      this.#tally.rows += page.length;
      await this.#takeAll(scorer.push(cutter.push(page)));
      await this.#expire(page);
    }
    await this.#takeAll(scorer.push(cutter.finish()));
    await this.#takeAll(scorer.finish());
    for await (const row of this.#detections.before()) await this.#unmatched(row);
    const newest = cutter.newest > newestElsewhere ? cutter.newest : newestElsewhere;
    await this.#resolve(isFresh(newest, this.#window.asOf));
    await this.#removeExpired();
    await this.#hint();
    return { ...this.#tally, newestReport: cutter.newest };
  }

  async #takeAll(addresses: readonly Address[]): Promise<void> {
    for (const address of addresses) {
      this.#tally.groups += address.groups;
      for (const each of address.matched) await this.#matched(each);
    }
  }

  /** One match, and the detections before it in key order. */
  async #matched(match: Matched): Promise<void> {
    const finding = findingOf(match, this.#settings.rule, this.#settings.technique);
    const id = detectionIdOf(finding);
    for await (const row of this.#detections.before(id)) await this.#unmatched(row);
    this.#tally.detections++;
    const sight = this.#sightOf(finding);
    await this.#advance(await this.#detections.at(id), id, async (before) =>
      this.#withTraffic(before, matched(before, finding, sight)),
    );
  }

  #sightOf(group: Suppressible): RunContext {
    return { window: this.#window, suppressedBy: this.#settings.suppressedBy(group) };
  }

  /** Reads what is behind a match where a look is due; else leaves what was read before. */
  async #withTraffic(before: Detection | null, step: LifecycleStep): Promise<LifecycleStep> {
    if (step.kind === 'none') return step;
    const { detection } = step;
    const traffic =
      before !== null && !isToBeRead(before, detection) ? before.traffic : await this.#trafficOf(detection.groupId);
    return { ...step, detection: { ...detection, traffic } };
  }

  async #trafficOf(groupId: string) {
    const { after, asOf } = this.#window;
    let newest: ContributionRow[] = [];
    for await (const page of this.#stores.hourlyCounts.read(groupId, after, asOf)) {
      newest = [...newest, ...page].slice(-MAX_TRAFFIC_ROWS);
    }
    return trafficOf(newest, asOf);
  }

  /** Takes the step that the row asks for. Somebody else may write it meanwhile: then the step is asked for anew. */
  async #advance(
    found: Versioned<DetectionRow> | null,
    id: string,
    stepOf: (before: Detection | null) => LifecycleStep | Promise<LifecycleStep>,
  ): Promise<void> {
    const { detections } = this.#stores;
    let before = found;
    for (;;) {
      const step = await stepOf(before?.row.detection ?? null);
      const now = step.kind === 'none' ? before?.row.detection : step.detection;
      if (now === undefined) return;
      const changed = step.kind !== 'none' && !isDeepStrictEqual(before?.row.detection, step.detection);
      const written =
        !changed || (await (before === null ? detections.insert(now) : detections.update(now, before.version)));
      if (written !== null) return this.#leave({ detection: now, deliveries: before?.row.deliveries ?? {} });
      before = await detections.get(id);
    }
  }

  async #unmatched(found: Versioned<DetectionRow>): Promise<void> {
    const { detection } = found.row;
    const id = detectionIdOf(detection);
    const isLive = detection.state !== 'resolved';
    if (isLive && isOver(detection, this.#window) && this.#over.length < MAX_RESOLVED) {
      this.#over.push(id);
    } else if (!isLive && detection.lastMatched < this.#settings.expireDetections) {
      this.#gone.push({ id, version: found.version });
      if (this.#gone.length === REMOVED_AT_ONCE) await this.#removeExpired();
    } else {
      await this.#advance(found, id, (before) => this.#unmatchedStep(before, false));
    }
  }

  async #resolve(fresh: boolean): Promise<void> {
    for (const id of this.#over) {
      const found = await this.#stores.detections.get(id);
      await this.#advance(found, id, (before) => this.#unmatchedStep(before, fresh));
    }
  }

  #unmatchedStep(before: Detection | null, fresh: boolean): LifecycleStep {
    return before === null ? NOTHING : unmatched(before, this.#sightOf(before), fresh);
  }

  /** Counts a row as it stands after the run, and tells of it. */
  #leave(row: Told): void {
    const { asOf } = this.#window;
    const { episode, state, suppressedBy } = row.detection;
    if (episode === asOf) this.#tally.opened++;
    if (state === 'resolved' && row.detection.asOf === asOf) this.#tally.resolved++;
    else if (state !== 'resolved' && suppressedBy !== '') {
      this.#hidden.set(suppressedBy, (this.#hidden.get(suppressedBy) ?? 0) + 1);
    }
    this.#tell(row);
  }

  #tell({ detection, deliveries }: Told): void {
    for (const sink of this.#sinks) {
      if (sink.disabledAt !== null || pendingStateOf(detection, deliveries[sink.name], sink.since) !== 'pending')
        continue;
      this.#due.add(sink);
      this.#tally.pending++;
    }
  }

  /** Puts the sinks that something is due to on the `notify` queue: a hint, the rows are the truth. */
  async #hint(): Promise<void> {
    for (const { name: sink, waitMs } of this.#due) await this.#stores.queues.send('notify', { sink }, waitMs);
  }

  async #expire(page: readonly Contribution[]): Promise<void> {
    for (const row of page) {
      if (row.Timestamp > this.#settings.expireRows) continue;
      this.#expired.push(row);
      if (this.#expired.length === REMOVED_AT_ONCE) await this.#removeExpired();
    }
  }

  async #removeExpired(): Promise<void> {
    const rows = this.#expired;
    const gone = this.#gone;
    this.#expired = [];
    this.#gone = [];
    this.#tally.expiredRows += rows.length;
    if (rows.length > 0) await this.#stores.hourlyCounts.remove(this.#partition, rows);
    if (gone.length > 0) await this.#stores.detections.remove(gone);
  }
}

const NOTHING: LifecycleStep = { kind: 'none' };

/** When contributions and detections are too old to keep, seen from `now`; a run for a past hour removes no more than it did. */
export function expiryOf(asOf: Timestamp, now: Timestamp, retentionDays: number, historyDays: number) {
  const from = asOf < now ? asOf : now;
  return {
    expireRows: addMs(from, -retentionDays * DAY_MS),
    expireDetections: addMs(from, -historyDays * DAY_MS),
  };
}
