/**
 * The benchmarks, one or all. `npm run bench` runs all that have no full results of this commit yet, so that a run that was
 * broken off goes on; `npm run bench:<name> -- --size S --rounds R` runs one, smaller where asked.
 */
import { type Bench, printLine, runBench } from './harness/bench.ts';
import { originNow } from './harness/machine.ts';
import { againFrom, optionsFrom, Refused } from './harness/options.ts';
import { NAMES, readResults } from './harness/results.ts';

const [name = 'all', ...args] = process.argv.slice(2);
try {
  if (name === 'all') await runAll(againFrom(args));
  else await runOne(name, args);
} catch (error) {
  printLine(endOf(error));
  process.exitCode = 1;
}

async function runOne(wanted: string, rest: readonly string[]): Promise<void> {
  const bench = await benchOf(wanted);
  await runBench(bench, optionsFrom(rest, bench.full));
}

async function runAll(again: boolean): Promise<void> {
  for (const each of NAMES) {
    if (!again && isDone(each)) {
      printLine(`${each}: done already for this commit (--again to repeat it)`);
      continue;
    }
    const bench = await benchOf(each);
    await runBench(bench, bench.full);
  }
}

function isDone(each: string): boolean {
  const results = readResults(each);
  if (!results?.full) return false;
  const { commit, dirty } = originNow();
  return commit !== '' && !dirty && !results.origin.dirty && results.origin.commit === commit;
}

async function benchOf(wanted: string): Promise<Bench> {
  if (!NAMES.some((each) => each === wanted)) throw new Refused(`no benchmark ${wanted}: ${NAMES.join(', ')}`);
  const { bench } = (await import(`./${wanted}.ts`)) as { bench: Bench };
  return bench;
}

/** What a user or the machine is to blame for in a line; else with where it happened. */
function endOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof Refused || 'syscall' in error ? error.message : (error.stack ?? error.message);
}
