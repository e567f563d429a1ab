import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kqlRule } from '../src/core/scoring/kql_rule.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import type { Series } from '../src/core/scoring/series.ts';
import { outliersOf } from './floor/series.ts';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import type { Contestant } from './harness/interleave.ts';
import { exitReasonOf, measureProcess, PYTHON } from './harness/process.ts';
import { isSteady, POINTS, seriesOf } from './harness/series.ts';
import { mean, pairedRatio, summaryOf } from './harness/statistics.ts';
import { asSeries } from './harness/window_series.ts';

/** The rule on series of 72 points, one core, to Kusto's letter; size in groups. */
export const bench: Bench = {
  name: 'series',
  full: { size: 20_000, rounds: 11 },
  async run({ size, rounds: count }) {
    const mixed = seriesOf(size, SHARE_OVER);
    const over = seriesOf(size, 1);
    const [decided, full] = [checked(mixed), checked(over)];
    const file = written(mixed);
    const flat = Float64Array.from(mixed.flat());
    const expected = outliersOf(flat);
    const { present, skipped } = await pythons(file, size, expected);
    const measured = await rounds(
      [
        { name: DECISION, run: () => rate(decided, decideAll) },
        { name: FULL, run: () => rate(full, decideAll) },
        { name: FLOOR, run: () => timed(size, () => outliersOf(flat)) },
        ...present,
      ],
      count,
      2,
    );
    const perSecond = (name: string) => valuesOf(measured, name, 'groupsPerSecond');
    const against = (ours: string, name: string, goal = {}) =>
      outcomeOf(
        pairedRatio(perSecond(ours).slice(0, perSecond(name).length), perSecond(name)),
        'of its groups per second',
        goal,
      );
    const has = (name: string) => present.some((contestant) => contestant.name === name);
    return {
      work: { groups: size, points: POINTS, shareOverTheLine: SHARE_OVER },
      measured,
      outcomes: {
        'match decision': outcomeOf(summaryOf(perSecond(DECISION)), 'groups/s', { atLeast: 100_000 }),
        'full assessment, every group above the threshold': outcomeOf(summaryOf(perSecond(FULL)), 'groups/s', {
          atLeast: 50_000,
        }),
        'match decision against plain JavaScript, not exact': against(DECISION, FLOOR),
        ...(has(NUMPY) && { 'match decision against numpy, not exact': against(DECISION, NUMPY) }),
        ...(has(STL) && { 'full assessment against STL per group': against(FULL, STL, { atLeast: 50 }) }),
      },
      skipped,
    };
  },
};

const DECISION = 'match decision, 22 % of the groups above the threshold';
const FULL = 'full assessment, every group above the threshold';
const FLOOR = 'plain JavaScript, not exact (floor)';
const NUMPY = 'numpy, all groups at once, not exact';
const STL = 'statsmodels STL, per group';
/** Of those that have 72 points: what the prototypes were measured with. */
const SHARE_OVER = 0.22;
/** STL is so slow that so many will do. */
const STL_GROUPS = 300;

/** The same as the rule takes them. Throws where it does not match what it has to: all that are steady and above the threshold, none below it. */
function checked(all: readonly (readonly number[])[]): readonly Series[] {
  const series = all.map(asSeries);
  for (const [number, counts] of all.entries()) {
    const isOver = mean(counts) > KQL_RULE.minAverage;
    const { match } = kqlRule(series[number] as Series, KQL_RULE);
    if (isOver ? isSteady(number) && !match : match) throw new Error(`series ${number}: match is ${match}`);
  }
  return series;
}

function decideAll(series: readonly Series[]): number {
  let matches = 0;
  for (const each of series) if (kqlRule(each, KQL_RULE).match) matches++;
  return matches;
}

function rate(series: readonly Series[], decide: (series: readonly Series[]) => number) {
  return timed(series.length, () => decide(series));
}

function timed(groups: number, work: () => unknown): { groupsPerSecond: number } {
  const started = performance.now();
  work();
  return { groupsPerSecond: (groups / (performance.now() - started)) * 1000 };
}

function written(series: readonly (readonly number[])[]): string {
  const file = fileURLToPath(new URL(`../.local/bench/series-${series.length}.f64`, import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Float64Array.from(series.flat()));
  return file;
}

/** Those that work here; numpy has to come to the same number of outliers as the plain JavaScript. */
async function pythons(file: string, size: number, expected: number) {
  const script = fileURLToPath(new URL('rivals/series.py', import.meta.url));
  const rivals = [
    { name: NUMPY, method: 'numpy', groups: size, expected },
    { name: STL, method: 'stl', groups: Math.min(size, STL_GROUPS), expected: null },
  ];
  const present: Contestant[] = [];
  const skipped: string[] = [];
  for (const { name, method, groups, expected: wanted } of rivals) {
    const run = async () => {
      const { stdout } = await measureProcess({ kind: 'python', args: [script, file, method, String(groups)] });
      return JSON.parse(stdout) as { outliers: number; groupsPerSecond: number };
    };
    try {
      const { outliers } = await run();
      if (wanted !== null && outliers !== wanted) skipped.push(`${name}: ${outliers} outliers in place of ${wanted}`);
      else present.push({ name, rounds: 5, run: async () => ({ groupsPerSecond: (await run()).groupsPerSecond }) });
    } catch (error) {
      skipped.push(
        `${name}: not here, or not working (${exitReasonOf(error)}); it needs ${PYTHON} with numpy and statsmodels`,
      );
    }
  }
  return { present, skipped };
}
