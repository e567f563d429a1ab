/**
 * How well the detectors find beacons, and how often they are wrong: `npm run bench:quality`. Without an option it measures
 * everything that is synthetic, stores it, and writes docs/quality.md.
 *
 * - `--check few|all`: measures the same with the same seed. Ends with 1, and names what is not as promised or differs from
 *   what is stored. `few` takes seconds, `all` some minutes. Stores nothing.
 * - `--seed N`: recall and false rates with other random numbers, checked in the same way. Stores nothing.
 * - `--fleets 4,5,6`: the fleets of other seeds, against the goals. Stores nothing.
 * - `--captures DIR`: scores the public captures that lie in DIR. Stores the result if none is missing.
 * - `--page`: writes docs/quality.md from what is stored.
 */
import { parseArgs } from 'node:util';
import { originNow } from './harness/machine.ts';
import { captureLines, captureTable } from './quality/captures/print.ts';
import { runCaptures, WrongCapture } from './quality/captures/run_captures.ts';
import { goalsText, missedGoals } from './quality/fleet/goals.ts';
import { FLEET_SEEDS, HELD_OUT_SEEDS } from './quality/fleet/plan.ts';
import { fleetSummary } from './quality/fleet/summary.ts';
import { writePage } from './quality/page/write.ts';
import { brokenPromises, changes, fleetChanges } from './quality/regression.ts';
import { allQuality, readQuality, writeQuality } from './quality/stored.ts';
import { measureSynthetic, SEED, type SyntheticSize } from './quality/synthetic.ts';

const USAGE = 'usage: npm run bench:quality -- [--check few|all] [--seed N] | --fleets N,N | --captures DIR | --page';
const NOTHING_STORED = 'there are no stored results: npm run bench:quality';
const { check, seed, fleetSeeds, captures, page } = optionsOf();
if (fleetSeeds !== undefined) measureFleets(fleetSeeds);
else if (captures !== undefined) await scoreFolder(captures);
else if (page) await writePage(allQuality());
else if (check !== undefined || seed !== undefined) checkAll(seed ?? SEED, check ?? 'all');
else await measureAll();

function optionsOf() {
  const string = { type: 'string' } as const;
  const options = { check: string, seed: string, fleets: string, captures: string, page: { type: 'boolean' } } as const;
  try {
    const { values } = parseArgs({ options });
    const { check: size, seed: text } = values;
    const number = text === undefined ? undefined : Number(text);
    if (size !== undefined && size !== 'few' && size !== 'all')
      throw new TypeError(`--check is few or all, got "${size}"`);
    if (number !== undefined && !Number.isSafeInteger(number)) throw new TypeError(`--seed is a number, got "${text}"`);
    const fleetSeeds = values.fleets?.split(',').map(Number);
    if (fleetSeeds?.some((each) => !Number.isSafeInteger(each)))
      throw new TypeError(`--fleets is seeds with commas, got "${values.fleets}"`);
    return { ...values, check: size as SyntheticSize | undefined, seed: number, fleetSeeds };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

async function measureAll(): Promise<void> {
  const origin = originNow();
  const synthetic = measureSynthetic(SEED, 'all');
  writeQuality('synthetic', { origin, ...synthetic });
  const fleets = FLEET_SEEDS.map((each) => fleetSummary(each));
  const heldOut = HELD_OUT_SEEDS.map((each) => fleetSummary(each));
  writeQuality('fleet', { origin, fleets, heldOut });
  await writePage(allQuality());
  report([...brokenPromises(synthetic), ...missedGoals(fleets), ...missedGoals(heldOut)]);
}

function checkAll(seedOfRun: number, size: SyntheticSize): void {
  const measured = measureSynthetic(seedOfRun, size);
  const stored = readQuality('synthetic');
  const faults = brokenPromises(measured);
  if (stored === null) faults.push(NOTHING_STORED);
  else faults.push(...changes(stored, measured));
  if (size === 'all' && seedOfRun === SEED) {
    const { fleets: before = [], heldOut: heldOutBefore = [] } = readQuality('fleet') ?? {};
    const fleets = FLEET_SEEDS.map((each) => fleetSummary(each));
    const heldOut = HELD_OUT_SEEDS.map((each) => fleetSummary(each));
    if (before.length === 0 || heldOutBefore.length === 0) faults.push(NOTHING_STORED);
    faults.push(...missedGoals(fleets), ...fleetChanges(before, fleets));
    faults.push(...missedGoals(heldOut), ...fleetChanges(heldOutBefore, heldOut));
  }
  report(faults);
}

function measureFleets(seeds: readonly number[]): void {
  const fleets = seeds.map((each) => fleetSummary(each));
  for (const fleet of fleets) console.log(`fleet ${fleet.seed}: ${goalsText([fleet])}`);
  console.log(`together: ${goalsText(fleets)}`);
  const missed = missedGoals(fleets);
  for (const goal of missed) console.log(goal);
  if (missed.length > 0) process.exitCode = 1;
}

async function scoreFolder(folder: string): Promise<void> {
  try {
    const run = runCaptures(folder);
    console.log(captureLines(run));
    console.error(captureTable(run));
    if (run.skipped.length > 0) return;
    writeQuality('captures', { origin: originNow(), ...run });
    if (readQuality('synthetic') !== null && readQuality('fleet') !== null) await writePage(allQuality());
  } catch (error) {
    if (!(error instanceof WrongCapture)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function report(faults: readonly string[]): void {
  for (const fault of faults) console.log(fault);
  const seconds = (process.cpuUsage().user / 1e6).toFixed(0);
  const result = faults.length === 0 ? 'as promised, and as stored' : `${faults.length} not as promised, or changed`;
  console.log(`detection quality: ${result} (${seconds} s of CPU)`);
  if (faults.length > 0) process.exitCode = 1;
}
