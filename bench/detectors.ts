import { HOUR_MS } from '../src/core/kql/timespan.ts';
import { addMs, type Timestamp, timestampFromMs } from '../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import { windowOf } from '../src/core/scoring/window.ts';
import { mergeContext } from '../src/scoring/context/merge_context.ts';
import { writePartial } from '../src/scoring/context/partial_codec.ts';
import { RegularityWatch } from '../src/scoring/context/regularity_watch.ts';
import { DETECTION_SETTINGS } from '../src/scoring/detection_settings.ts';
import { type FleetOfRun, fleetOfRun } from '../src/scoring/fleet_of_run.ts';
import { PartitionScorer } from '../src/scoring/partition_scorer.ts';
import { scoreProcesses } from '../src/scoring/score_processes.ts';
import { Suppressor } from '../src/scoring/suppressor.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import type { Detections } from '../src/storage/ports/detections.ts';
import type { Stores } from '../src/storage/ports/stores.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { type Bench, outcomeOf, printLine, valuesOf } from './harness/bench.ts';
import { DiskCountFiles } from './harness/disk_count_files.ts';
import { countsOfFleet, type FleetShape, rareShareOf } from './harness/fleet_counts.ts';
import { interleaveSteps } from './harness/interleave.ts';
import { knownDetections } from './harness/known_detections.ts';
import { beforeLastHour, withLastHour } from './harness/last_hour.ts';
import { pairedRatio } from './harness/statistics.ts';
import { END } from './harness/tenant.ts';

/**
 * A run of both detectors over count files, against the KQL rule alone over the same ones, in one process, partition by partition in
 * turns. With both, a run also adds up what the run before left of the fleet, leaves its own, and sums the addresses of processes.
 * Size in groups.
 */
export const bench: Bench = {
  name: 'detectors',
  full: { size: 200_000, rounds: 12 },
  async run({ size, rounds }) {
    const fleets = (['usual', 'rare'] as const).map((shape) => new Fleet(shape, size));
    try {
      for (const fleet of fleets) await fleet.begin();
      const contestants = fleets.flatMap((fleet) => [
        { name: nameOf(RULE, fleet.shape), steps: () => fleet.pass(false) },
        { name: nameOf(BOTH, fleet.shape), steps: () => fleet.pass(true) },
      ]);
      const onRound = (round: number) => printLine(`  round ${round + 1} of ${rounds}`);
      const values = await interleaveSteps(contestants, rounds, { warmUp: WARM_UP, onRound });
      const of = (who: string, shape: FleetShape) => valuesOf(values, nameOf(who, shape), 'cpuMs');
      const ratio = (shape: FleetShape) => pairedRatio(of(BOTH, shape), of(RULE, shape));
      const share = (shape: FleetShape) => 100 * rareShareOf(shape, size);
      return {
        work: {
          groups: size,
          'percent of them of rare programs': share('usual'),
          'and in the fleet of rare programs': share('rare'),
        },
        measured: values,
        outcomes: {
          'both detectors against the KQL rule alone': outcomeOf(ratio('usual'), 'of its CPU time', { atMost: 1.3 }),
          'the same, rare programs alone': outcomeOf(ratio('rare'), 'of its CPU time'),
        },
      };
    } finally {
      for (const fleet of fleets) fleet.close();
    }
  },
};

/** Until then V8 compiles what a run does once or twice. */
const WARM_UP = 4;
const RULE = 'the KQL rule alone';
const BOTH = 'both detectors, context and process view';

function nameOf(who: string, shape: FleetShape): string {
  return shape === 'rare' ? `${who}; rare programs alone` : who;
}

const asOf = timestampFromMs(END);
const NO_FLEET: FleetOfRun = { context: null, fault: '', baseline: 'over' };

class Fleet {
  readonly shape: FleetShape;
  readonly #files = new DiskCountFiles();
  readonly #stores: Stores;
  /** What was found before the pass, by the KQL rule alone and by both detectors. */
  readonly #known = new Map<boolean, Detections>();
  /** Matches of a pass: the same in each. */
  readonly #matches = new Map<boolean, number>();

  constructor(shape: FleetShape, groups: number) {
    this.shape = shape;
    const hourlyCounts = countsOfFleet(shape, groups);
    this.#stores = { ...memoryStores(), countFiles: this.#files, hourlyCounts };
  }

  /** Builds the count files, and makes the runs before: the first one has no context yet. */
  async begin(): Promise<void> {
    const stores = { ...this.#stores, hourlyCounts: beforeLastHour(this.#stores.hourlyCounts) };
    for (const isBoth of [false, true]) {
      const { detections, outbox } = memoryStores();
      for (const hours of [2, 1]) {
        const steps = run({ ...stores, detections, outbox }, addMs(asOf, -hours * HOUR_MS), isBoth);
        while (!(await steps.next()).done);
      }
      this.#known.set(isBoth, await knownDetections(detections));
    }
  }

  /** The run of the hour that has come since. */
  async *pass(isBoth: boolean) {
    const detections = this.#known.get(isBoth) as Detections;
    const stores = { ...this.#stores, detections, hourlyCounts: withLastHour(this.#stores.hourlyCounts) };
    const { matches, processes } = yield* run(stores, asOf, isBoth);
    const before = this.#matches.get(isBoth) ?? matches;
    if (matches !== before) throw new Error(`${matches} matches in place of ${before}`);
    this.#matches.set(isBoth, matches);
    return { matches, processes };
  }

  close(): void {
    this.#files.close();
  }
}

/**
 * A run as `scoreWindows`, `scorePartition` and `scoreProcesses` make it; or without all that serves the second detector. Each
 * partition is a step, and so is what comes after them.
 */
async function* run(stores: Stores, of: Timestamp, isBoth: boolean) {
  const window = windowOf(of, KQL_RULE.lookbackDays);
  if (isBoth) await mergeContext(stores.context, of);
  const fleet = isBoth ? await fleetOfRun(stores, of, DETECTION_SETTINGS) : NO_FLEET;
  const settings = {
    rule: KQL_RULE,
    technique: null,
    retentionDays: 4,
    historyDays: 90,
    detection: DETECTION_SETTINGS,
  };
  let matches = 0;
  for (const partition of PARTITIONS) {
    const watch = isBoth ? new RegularityWatch(window, fleet.context) : null;
    const scorer = new PartitionScorer(
      stores,
      { ...settings, suppressedBy: () => '', endedBefore: END, expireDetections: window.after, watch, fleet },
      [],
      partition,
      window,
    );
    matches += (await scorer.run('')).detections;
    if (watch !== null) await writePartial(stores.context, of, partition, watch.partial(), watch.groups());
    yield;
  }
  if (fleet.context === null) return { matches, processes: 0 };
  const suppressor = await Suppressor.read(stores, of);
  const job = { asOf: of, newestReport: of };
  const { regularProcesses, listedProcesses } = await scoreProcesses(stores, settings, [], job, fleet, suppressor);
  return { matches, processes: regularProcesses + listedProcesses };
}
