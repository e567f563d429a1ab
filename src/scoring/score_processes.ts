import { type Detection, MAX_TRAFFIC_ROWS, type Traffic } from '../core/detections/detection.ts';
import {
  isFresh,
  isOver,
  type LifecycleStep,
  lifeWindowOf,
  nextStep,
  resolvedStep,
} from '../core/detections/lifecycle.ts';
import { trafficOf } from '../core/detections/traffic.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Window } from '../core/scoring/window.ts';
import { compareText } from '../core/text/compare_text.ts';
import { newestRows } from '../detections/newest_rows.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { groupIdOf, partitionOf } from '../storage/keys.ts';
import type { ContributionRow, Partition } from '../storage/ports/hourly_counts.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { UnreadableFileError } from './context/context_file.ts';
import type { FleetContext } from './context/fleet_context.ts';
import { type ProcessFinding, processViews, type RegularProcess } from './context/process_views.ts';
import { DetectionWriter } from './detection_writer.ts';
import type { FleetOfRun } from './fleet_of_run.ts';
import { GroupJudge } from './group_judge.ts';
import { AddressLists } from './listed_addresses.ts';
import { isOfProcess } from './process_key.ts';
import { RowTally } from './row_tally.ts';
import type { ScoreSettings } from './score_windows.ts';
import { withTraffic } from './step_traffic.ts';
import type { Suppressor } from './suppressor.ts';

/** What the process view of an hour came to. */
export interface ScoredProcesses {
  readonly asOf: Timestamp;
  /** Processes on a device whose addresses together are regular. */
  readonly regularProcesses: number;
  /** Processes of which an address matches by itself, and others do not. */
  readonly listedProcesses: number;
  /** Detections of processes that it opened and resolved, and their pending notifications. */
  readonly opened: number;
  readonly resolved: number;
  readonly pending: number;
  /** Partials that could not be read, as a sentence; '' for none. */
  readonly contextFault: string;
}

/** One job an hour beside the partitions. */
export interface ProcessJob {
  readonly asOf: Timestamp;
  /** The newest report of the runs of the last hours; '' for none. */
  readonly newestReport: Timestamp | '';
}

type ProcessStores = Pick<Stores, 'context' | 'detections' | 'hourlyCounts' | 'outbox' | 'queues'>;

/**
 * The process view of the runs before `asOf`: it waits for none of the partitions. Opens, continues and resolves one detection
 * for each process on a device whose addresses together are regular. Without a context there is nothing to do, and nothing
 * is resolved. Repeating it changes nothing.
 */
export async function scoreProcesses(
  stores: ProcessStores,
  settings: ScoreSettings,
  sinks: readonly KnownSink[],
  job: ProcessJob,
  fleet: FleetOfRun,
  suppressor: Suppressor,
): Promise<ScoredProcesses> {
  const { context, fault } = fleet;
  const faults = fault === '' ? [] : [fault];
  const found = { regular: 0, listed: 0 };
  const rows = new RowTally(sinks, job.asOf);
  if (context !== null) {
    const processes = new ProcessDetections(stores, settings, sinks, job, fleet, context, suppressor, rows);
    try {
      const { thresholds } = settings.detection;
      const onFault = (each: string) => void faults.push(each);
      for await (const finding of processViews(stores.context, job.asOf, { context, thresholds }, onFault)) {
        if (finding.kind === 'regular' || finding.others.length > 0) found[finding.kind]++;
        await processes.take(finding);
      }
      await processes.finish();
    } catch (error) {
      if (!(error instanceof UnreadableFileError)) throw error;
      faults.push(error.message);
    }
    await rows.queueNotifications(stores);
  }
  return {
    asOf: job.asOf,
    regularProcesses: found.regular,
    listedProcesses: found.listed,
    ...rows.counts,
    contextFault: faults.join('; '),
  };
}

/** The detections of processes, in all partitions. */
class ProcessDetections {
  readonly #stores: ProcessStores;
  readonly #asOf: Timestamp;
  readonly #isFresh: boolean;
  readonly #life: Window;
  readonly #judge: GroupJudge;
  readonly #suppressor: Suppressor;
  readonly #writerOf: (partition: Partition) => DetectionWriter;
  readonly #writers = new Map<Partition, DetectionWriter>();
  readonly #lists: AddressLists;
  /** The ids of what is open and was not met yet; null before it is read. */
  #open: Set<string> | null = null;

  constructor(
    stores: ProcessStores,
    settings: ScoreSettings,
    sinks: readonly KnownSink[],
    { asOf, newestReport }: ProcessJob,
    fleet: FleetOfRun,
    context: FleetContext,
    suppressor: Suppressor,
    rows: RowTally,
  ) {
    this.#stores = stores;
    this.#asOf = asOf;
    this.#isFresh = isFresh(newestReport, asOf);
    this.#life = lifeWindowOf(asOf, settings.rule.lookbackDays);
    this.#suppressor = suppressor;
    this.#lists = new AddressLists(stores, asOf);
    const suppressedBy = (group: Parameters<Suppressor['by']>[0]) => suppressor.by(group);
    this.#judge = new GroupJudge({ ...settings, asOf, countedRun: newestOf(context), fleet, sinks, suppressedBy });
    this.#writerOf = (partition) =>
      new DetectionWriter(stores, sinks, partition, (row) => rows.add(row), fleet.baseline);
  }

  /** Takes what the process view finds of a process. */
  async take(finding: ProcessFinding): Promise<void> {
    const open = await this.#openIds();
    const { groupId } = finding;
    if (finding.kind === 'regular') {
      const { finding: found, runOf } = this.#judge.process(finding);
      if (found === null) return;
      open.delete(groupId);
      await this.#advance(groupId, (before) =>
        withTraffic(before, nextStep(before, found, runOf(before)), () => this.#trafficOf(finding)),
      );
      return;
    }
    // The detection of that address says the rest.
    if (open.delete(groupId)) await this.#advance(groupId, (before) => this.#resolved(before));
    this.#lists.put(finding);
  }

  /** A process has the newest rows of its addresses: a request for each. */
  async #trafficOf({ newest, source, DeviceName, InitiatingProcessFileName }: RegularProcess): Promise<Traffic> {
    const rows: ContributionRow[] = [];
    for (const { RemoteIP, hour } of newest) {
      const groupId = groupIdOf({ source, DeviceName, InitiatingProcessFileName, RemoteIP });
      for (const row of await newestRows(this.#stores.hourlyCounts, groupId, [hour], this.#life, MAX_TRAFFIC_ROWS))
        rows.push(row);
    }
    return trafficOf(rows.sort(byTime), this.#asOf);
  }

  /** What is left open did not match. */
  async finish(): Promise<void> {
    for (const id of await this.#openIds()) await this.#advance(id, (before) => this.#unmatched(before));
    for (const writer of this.#writers.values()) await writer.finish();
    await this.#lists.write();
  }

  async #openIds(): Promise<Set<string>> {
    if (this.#open !== null) return this.#open;
    const open = new Set<string>();
    for await (const page of this.#stores.detections.summaries({ state: 'active', remote: '*' }, [])) {
      for (const { detection } of page) if (isOfProcess(detection)) open.add(detection.groupId);
    }
    this.#open = open;
    return open;
  }

  async #advance(
    id: string,
    stepOf: (before: Detection | null) => LifecycleStep | Promise<LifecycleStep>,
  ): Promise<void> {
    const found = await unlessBad(this.#stores.detections.get(id));
    if (found === BAD) return;
    const partition = partitionOf(id);
    const writer = this.#writers.get(partition) ?? this.#writerOf(partition);
    this.#writers.set(partition, writer);
    await writer.advance(found, id, stepOf);
  }

  #unmatched(before: Detection | null): LifecycleStep {
    if (before === null) return NOTHING;
    if (this.#isFresh && isOver(before, this.#life)) return this.#resolved(before);
    return nextStep(before, null, this.#judge.quiet(before));
  }

  #resolved(before: Detection | null): LifecycleStep {
    return before === null ? NOTHING : resolvedStep(before, this.#asOf, this.#suppressor.by(before));
  }
}

function byTime(a: ContributionRow, b: ContributionRow): number {
  return compareText(a.Timestamp, b.Timestamp);
}

const NOTHING: LifecycleStep = { kind: 'none' };

/** A process has addresses in many partitions: the newest run of them that the context counts. */
function newestOf({ counted }: FleetContext): Timestamp | null {
  return [...counted.values()].reduce<Timestamp | null>(
    (newest, each) => (newest !== null && newest > each ? newest : each),
    null,
  );
}
