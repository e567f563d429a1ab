import { type Contestant, interleave, type MeasuredSides } from './interleave.ts';
import { originNow } from './machine.ts';
import type { Options } from './options.ts';
import { type BenchOutcome, isMet, type Results, writeResults } from './results.ts';
import { type Summary, summaryOf } from './statistics.ts';

/** One benchmark, as a file of bench/ gives it. */
export interface Bench {
  readonly name: string;
  /** What is run for the documentation; what `size` means is the benchmark's own. */
  readonly full: Options;
  run(options: Options): Promise<Found>;
}

export interface Found {
  readonly work: Readonly<Record<string, number>>;
  readonly measured: MeasuredSides;
  readonly outcomes: Readonly<Record<string, BenchOutcome>>;
  readonly skipped?: readonly string[];
}

/** Runs a benchmark, says what came out, and keeps it. */
export async function runBench(bench: Bench, options: Options): Promise<Results> {
  printLine(`${bench.name}: size ${options.size}, ${options.rounds} rounds`);
  const found = await bench.run(options);
  const { size, rounds } = bench.full;
  const results: Results = {
    name: bench.name,
    origin: originNow(),
    full: options.size === size && options.rounds >= rounds,
    rounds: options.rounds,
    work: found.work,
    measured: found.measured,
    summaries: summariesOf(found.measured),
    outcomes: found.outcomes,
    skipped: found.skipped ?? [],
  };
  report(results);
  writeResults(results);
  return results;
}

/** Interleaved rounds, with a word on each. */
export function rounds(contestants: readonly Contestant[], count: number, warmUp = 0): Promise<MeasuredSides> {
  return interleave(contestants, count, { warmUp, onRound: (round) => printLine(`  round ${round + 1} of ${count}`) });
}

/** The values that one number of a contestant took. */
export function valuesOf(measured: MeasuredSides, contestant: string, number: string): readonly number[] {
  const values = measured[contestant]?.[number];
  if (!values) throw new Error(`${contestant} has no ${number}`);
  return values;
}

/** An outcome that is the median of rounds. */
export function outcomeOf(
  summary: Summary,
  unit: string,
  goal: Pick<BenchOutcome, 'atMost' | 'atLeast'> = {},
): BenchOutcome {
  return { value: summary.median, spread: [summary.low, summary.high], unit, ...goal };
}

export function printLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

function summariesOf(measured: MeasuredSides): Results['summaries'] {
  const summaries: Record<string, Record<string, Summary>> = {};
  for (const [contestant, numbers] of Object.entries(measured)) {
    const entries = Object.entries(numbers).map(([name, values]) => [name, summaryOf(values)] as const);
    summaries[contestant] = Object.fromEntries(entries);
  }
  return summaries;
}

function report({ summaries, outcomes, skipped }: Results): void {
  for (const [contestant, numbers] of Object.entries(summaries)) {
    const texts = Object.entries(numbers).map(([name, { median, low, high }]) => {
      return `${name} ${digits(median)} (${digits(low)} to ${digits(high)})`;
    });
    console.log(`  ${contestant}: ${texts.join(', ')}`);
  }
  for (const [name, outcome] of Object.entries(outcomes)) {
    const { value, unit, atMost, atLeast } = outcome;
    const bounds = [atLeast !== undefined && `at least ${atLeast}`, atMost !== undefined && `at most ${atMost}`];
    const goal = bounds.filter((bound) => bound !== false).join(' and ');
    console.log(`  ${name}: ${digits(value)} ${unit}${goal && `, goal ${goal}: ${isMet(outcome) ? 'met' : 'MISSED'}`}`);
  }
  for (const line of skipped) console.log(`  skipped: ${line}`);
}

function digits(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
