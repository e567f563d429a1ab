import { activeHoursOf } from '../core/detections/activity.ts';
import { type Detection, MAX_TRAFFIC_ROWS, type Technique } from '../core/detections/detection.ts';
import type { KnownOf } from '../core/detections/known.ts';
import {
  isFresh,
  isOver,
  type LifecycleStep,
  lifeWindowOf,
  nextStep,
  resolvedStep,
} from '../core/detections/lifecycle.ts';
import type { Suppressible } from '../core/detections/suppression.ts';
import { trafficOf } from '../core/detections/traffic.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
import { addMs, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import type { Address, FoundGroup } from '../core/scoring/address_scorer.ts';
import type { Beside } from '../core/scoring/group_cutter.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';
import { newestRows } from '../detections/newest_rows.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import type { DetectionRow } from '../storage/ports/detections.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { Run } from '../storage/ports/runs.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';
import type { RegularityFinding } from './context/regularity_watch.ts';
import { type Gap, gapText, lostDays, windowRows } from './count_files/window_rows.ts';
import { DetectionCursor } from './detection_cursor.ts';
import type { DetectionSettings } from './detection_settings.ts';
import { DetectionWriter } from './detection_writer.ts';
import type { FleetOfRun } from './fleet_of_run.ts';
import { GroupJudge, type Judged } from './group_judge.ts';
import { isOfProcess } from './process_key.ts';
import { RowTally } from './row_tally.ts';
import { scoreGroups } from './score_groups.ts';
import { withTraffic } from './step_traffic.ts';

const REMOVED_AT_ONCE = 100;
/** Detections that one run resolves at most: it keeps their ids until it knows whether the data is fresh. The next run goes on. */
const MAX_RESOLVED = 10_000;

export interface PartitionSettings {
  readonly rule: Rule;
  readonly technique: Technique | null;
  /** Id of the suppression of a group, '' for none; called for each match and for each active detection. */
  readonly suppressedBy: (group: Suppressible) => string;
  /** Days that end later have not ended (ms since the epoch). */
  readonly endedBefore: number;
  /** The second detector: it sees the same rows. null: the KQL rule alone. */
  readonly watch: Beside<RegularityFinding> | null;
  readonly fleet: FleetOfRun;
  readonly detection: DetectionSettings;
  /** What the operator knows; absent: nothing. */
  readonly knownOf?: KnownOf | undefined;
  /** The run removes resolved detections whose last match is older. */
  readonly expireDetections: Timestamp;
}

export type PartitionTally = Pick<
  Run,
  'groups' | 'rows' | 'detections' | 'opened' | 'resolved' | 'pending' | 'newestReport' | 'fileFault'
>;

/**
 * Scores one partition in one pass over its contributions and, beside them in the same key order, its detections. Holds a
 * page of each, the matches of one address (at most `MAX_POINTS_IN_MEMORY` points), the detections of one transaction, and the
 * ids of those to resolve.
 */
export class PartitionScorer {
  readonly #stores: Stores;
  readonly #settings: PartitionSettings;
  readonly #partition: Partition;
  readonly #window: Window;
  /** The windows of both detectors. */
  readonly #life: Window;
  readonly #judge: GroupJudge;
  readonly #detections: DetectionCursor;
  readonly #writer: DetectionWriter;
  /** Ids of the detections to resolve if the data is fresh, which is known at the end of the pass. */
  readonly #over: string[] = [];
  /** Detections to remove. */
  #gone: { readonly id: string; readonly version: string }[] = [];
  readonly #rows: RowTally;
  readonly #tally = { groups: 0, rows: 0, detections: 0 };

  constructor(
    stores: Stores,
    settings: PartitionSettings,
    sinks: readonly KnownSink[],
    partition: Partition,
    window: Window,
  ) {
    this.#stores = stores;
    this.#settings = settings;
    this.#partition = partition;
    this.#window = window;
    this.#detections = new DetectionCursor(stores.detections.scan(partition));
    const { asOf } = window;
    this.#life = lifeWindowOf(asOf, settings.rule.lookbackDays);
    const countedRun = settings.fleet.context?.counted.get(partition) ?? null;
    this.#judge = new GroupJudge({ ...settings, asOf, countedRun, sinks });
    this.#rows = new RowTally(sinks, asOf);
    this.#writer = new DetectionWriter(stores, sinks, partition, (row) => this.#rows.add(row), settings.fleet.baseline);
  }

  /** Number of active detections that are suppressed after this run, by the id of the suppression. */
  get suppressed(): ReadonlyMap<string, number> {
    return this.#rows.suppressed;
  }

  /** `newestElsewhere`: the newest report of the other partitions, as far as earlier runs know; '' for none. */
  async run(newestElsewhere: Timestamp | ''): Promise<PartitionTally> {
    const { endedBefore, rule, watch } = this.#settings;
    const gaps: Gap[] = [];
    const source = { mode: 'refresh', endedBefore, onGap: (gap: Gap) => void gaps.push(gap) } as const;
    const pages = windowRows(this.#stores, this.#partition, this.#life, source);
    let newestReport: Timestamp | '' = '';
    for await (const { rows, addresses, newest } of scoreGroups(pages, rule, this.#window, watch)) {
      this.#tally.rows += rows.length;
      newestReport = newest;
      await this.#takeAll(addresses);
    }
    for await (const row of this.#detections.before()) await this.#unmatched(row);
    const newest = newestReport > newestElsewhere ? newestReport : newestElsewhere;
    await this.#resolve(isFresh(newest, this.#window.asOf));
    await this.#writer.finish();
    await this.#removeExpired();
    await this.#rows.queueNotifications(this.#stores);
    const [lost] = await lostDays(gaps, this.#stores.runs);
    return { ...this.#tally, ...this.#rows.counts, newestReport, fileFault: lost === undefined ? '' : gapText(lost) };
  }

  async #takeAll(addresses: readonly Address<RegularityFinding>[]): Promise<void> {
    for (const address of addresses) {
      this.#tally.groups += address.groups;
      for (const found of address.found) await this.#found(found);
    }
  }

  /** Takes one match, and before it the detections that precede it in key order and have no match. */
  async #found(found: FoundGroup<RegularityFinding>): Promise<void> {
    const judged = this.#judge.found(found);
    const id = found.group.groupId;
    for await (const row of this.#detections.before(id)) await this.#unmatched(row);
    if (judged.isMatch) this.#tally.detections++;
    const row = await this.#detections.at(id);
    if (judged.finding === null && row !== null) await this.#unmatched(row, judged);
    else await this.#writer.advance(row, id, (before) => this.#step(before, judged));
  }

  #step(before: Detection | null, { finding, runOf }: Judged): Promise<LifecycleStep> {
    const step = nextStep(before, finding, runOf(before));
    return withTraffic(before, step, (detection) => this.#trafficOf(detection));
  }

  async #trafficOf(detection: Detection) {
    const { hourlyCounts } = this.#stores;
    const rows = await newestRows(
      hourlyCounts,
      detection.groupId,
      activeHoursOf(detection),
      this.#life,
      MAX_TRAFFIC_ROWS,
    );
    return trafficOf(rows, this.#window.asOf);
  }

  /** `judged`: of a group whose match does not keep a detection open. */
  async #unmatched(found: Versioned<DetectionRow>, judged: Judged | null = null): Promise<void> {
    const { detection } = found.row;
    const id = detection.groupId;
    const isActive = detection.state !== 'resolved';
    // The process view opens and resolves it.
    if (isActive && isOfProcess(detection)) this.#rows.addOther(found.row);
    else if (isActive && isOver(detection, this.#life) && this.#over.length < MAX_RESOLVED) {
      this.#over.push(id);
    } else if (!isActive && detection.lastMatched < this.#settings.expireDetections) {
      this.#gone.push({ id, version: found.version });
      if (this.#gone.length === REMOVED_AT_ONCE) await this.#removeExpired();
    } else {
      await this.#writer.advance(found, id, (before) => this.#quietStep(before, judged));
    }
  }

  async #resolve(fresh: boolean): Promise<void> {
    for (const id of this.#over) {
      const found = await unlessBad(this.#stores.detections.get(id));
      if (found === BAD) continue;
      await this.#writer.advance(found, id, (before) => this.#lastStep(before, fresh));
    }
  }

  #quietStep(before: Detection | null, judged: Judged | null): LifecycleStep {
    if (before === null) return NOTHING;
    return nextStep(before, null, judged === null ? this.#judge.quiet(before) : judged.runOf(before));
  }

  #lastStep(before: Detection | null, fresh: boolean): LifecycleStep {
    if (before === null || !fresh || !isOver(before, this.#life)) return this.#quietStep(before, null);
    return resolvedStep(before, this.#window.asOf, this.#settings.suppressedBy(before));
  }

  async #removeExpired(): Promise<void> {
    const gone = this.#gone;
    this.#gone = [];
    if (gone.length > 0) await this.#stores.detections.remove(gone);
  }
}

const NOTHING: LifecycleStep = { kind: 'none' };

/**
 * From when on detections are kept (days): from the earliest of the window's end, the clock and the newest counted report. So
 * a run for a past hour removes no more than it did at that hour, and a clock that is ahead removes nothing that a correct
 * clock keeps. Where no report is known, nothing is removed.
 */
export function expiryOf(
  asOf: Timestamp,
  now: Timestamp,
  newestReport: Timestamp | '',
  historyDays: number,
): Timestamp {
  if (newestReport === '') return NEVER;
  return addMs(earliest([asOf, now, newestReport]), -historyDays * DAY_MS);
}

function earliest(times: readonly Timestamp[]): Timestamp {
  return times.reduce((first, each) => (each < first ? each : first));
}

/** Before every time. */
const NEVER = timestampFromMs(0);
