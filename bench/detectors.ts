import { HOUR_MS } from '../src/core/kql/timespan.ts';
import { addMs, timestampFromMs } from '../src/core/kql/timestamp.ts';
import { REGULARITY_THRESHOLDS } from '../src/core/regularity/assessment.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import { windowOf } from '../src/core/scoring/window.ts';
import { readContext } from '../src/scoring/context/fleet_context.ts';
import { mergeContext } from '../src/scoring/context/merge_context.ts';
import { writePartial } from '../src/scoring/context/partial_codec.ts';
import { processViews } from '../src/scoring/context/process_views.ts';
import { RegularityWatch } from '../src/scoring/context/regularity_watch.ts';
import { windowRows } from '../src/scoring/count_files/window_rows.ts';
import { scoreGroups } from '../src/scoring/score_groups.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { DiskCountFiles } from './harness/disk_count_files.ts';
import { countsOfFleet, type FleetShape, rareShareOf } from './harness/fleet_counts.ts';
import { pairedRatio } from './harness/statistics.ts';
import { END } from './harness/tenant.ts';

/**
 * A run of both detectors over count files, against the KQL rule alone over the same ones, in turns in one process. With both, a run
 * also adds up what the run before left of the fleet, leaves its own, and sums the addresses of processes. Size in groups.
 */
export const bench: Bench = {
  name: 'detectors',
  full: { size: 200_000, rounds: 9 },
  async run({ size, rounds: count }) {
    const fleets = (['usual', 'rare'] as const).map((shape) => new Fleet(shape, size));
    try {
      for (const fleet of fleets) await fleet.begin();
      const values = await rounds(
        fleets.flatMap((fleet) => [
          { name: nameOf(RULE, fleet.shape), run: () => fleet.pass(false) },
          { name: nameOf(BOTH, fleet.shape), run: () => fleet.pass(true) },
        ]),
        count,
        2,
      );
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

const RULE = 'the KQL rule alone';
const BOTH = 'both detectors, context and process view';

function nameOf(who: string, shape: FleetShape): string {
  return shape === 'rare' ? `${who}; rare programs alone` : who;
}

const asOf = timestampFromMs(END);
const window = windowOf(asOf, KQL_RULE.lookbackDays);

class Fleet {
  readonly shape: FleetShape;
  readonly #files = new DiskCountFiles();
  readonly #stores;
  /** Matches of the rule: the same in each pass. */
  #matches = -1;

  constructor(shape: FleetShape, groups: number) {
    this.shape = shape;
    this.#stores = { ...memoryStores(), countFiles: this.#files, hourlyCounts: countsOfFleet(shape, groups) };
  }

  /** Builds the count files, and makes the run before. */
  async begin(): Promise<void> {
    await this.pass(true, addMs(asOf, -HOUR_MS));
  }

  /** All partitions: the rule alone, or both detectors with the context of the run before. */
  async pass(isBoth: boolean, of = asOf) {
    const usage = process.cpuUsage();
    const stores = this.#stores;
    let matches = 0;
    if (isBoth) await mergeContext(stores.context, of);
    const context = isBoth ? (await readContext(stores.context, of)).context : null;
    for (const partition of PARTITIONS) {
      const pages = windowRows(stores, partition, window, { mode: 'refresh', endedBefore: END, onGap: () => {} });
      const watch = isBoth ? new RegularityWatch(window, context) : null;
      for await (const { addresses } of scoreGroups(pages, KQL_RULE, window, watch)) {
        for (const { matched } of addresses) matches += matched.length;
      }
      if (watch !== null) await writePartial(stores.context, of, partition, watch.partial(), watch.groups());
    }
    let processes = 0;
    if (context !== null) {
      const views = processViews(stores.context, of, { context, thresholds: REGULARITY_THRESHOLDS }, throwFault);
      for await (const _found of views) processes++;
    }
    const { user, system } = process.cpuUsage(usage);
    if (this.#matches === -1) this.#matches = matches;
    if (matches !== this.#matches) throw new Error(`${matches} matches in place of ${this.#matches}`);
    return { cpuMs: (user + system) / 1000, matches, processes };
  }

  close(): void {
    this.#files.close();
  }
}

function throwFault(fault: string): never {
  throw new Error(fault);
}
