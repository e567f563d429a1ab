import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { builtBundles } from './harness/bundles.ts';
import { type Input, inputOf, MB_PER_DEVICE, type Totals } from './harness/input.ts';
import type { Contestant } from './harness/interleave.ts';
import { type Command, measureProcess, type ProcessRun, PYTHON } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';

/** `score` of a folder of exports as a whole process, against what one would take instead; size in MB. */
export const bench: Bench = {
  name: 'score',
  full: { size: 400, rounds: 9 },
  async run({ size, rounds: count }) {
    const input = inputOf(Math.max(1, Math.round(size / MB_PER_DEVICE)));
    const { present, skipped } = await takingPart(rivals(input));
    const ours = await oursOf(input);
    const measured = await rounds([...[ours, ...present].map(contestantOf)], count);
    const wall = (name: string) => valuesOf(measured, name, 'wallMs');
    const ratio = (name: string, goal = {}) =>
      outcomeOf(pairedRatio(wall(OURS).slice(0, wall(name).length), wall(name)), 'of its wall time', goal);
    const has = (name: string) => present.some((rival) => rival.name === name);
    return {
      work: { bytes: input.bytes, lines: input.lines, ...input.totals },
      measured,
      outcomes: {
        'against JSON.parse of every line': ratio(EVERY, { atMost: 0.6 }),
        ...(has(DUCKDB1) && { 'against DuckDB on one thread': ratio(DUCKDB1, { atMost: 1 }) }),
        ...Object.fromEntries(
          present
            .filter(({ name }) => name !== EVERY && name !== DUCKDB1)
            .map(({ name }) => [`against ${name}`, ratio(name)]),
        ),
      },
      skipped,
    };
  },
};

const OURS = 'beaconwatch score';
const EVERY = 'JSON.parse of every line';
const DUCKDB1 = 'DuckDB, one thread';

interface Program {
  readonly name: string;
  readonly command: Command;
  /** What it says of the exports; null where it says nothing of them. */
  totals(run: ProcessRun): Partial<Totals> | null;
  /** Takes part in the first so many rounds: a slow one need not hold up the others. */
  readonly rounds?: number;
}

function contestantOf({ name, command, rounds }: Program): Contestant {
  return {
    name,
    ...(rounds !== undefined && { rounds }),
    async run() {
      const { wallMs, cpuMs, peakMb } = await measureProcess(command);
      return { wallMs, cpuMs, peakMb };
    },
  };
}

/** Built afresh, and checked: it has to find the reports and groups that were written. */
async function oursOf({ folder, now, totals }: Input): Promise<Program> {
  const { cli } = builtBundles();
  const program: Program = {
    name: OURS,
    command: { kind: 'node', args: [cli, 'score', folder, '--now', now, '--format', 'json'] },
    totals({ stderr }) {
      const number = (pattern: RegExp) => Number(pattern.exec(stderr)?.[1]?.replaceAll(',', ''));
      return { reports: number(/([\d,]+) in the window, 0 repeats/), groups: number(/([\d,]+) groups?,/) };
    },
  };
  const fault = await faultOf(program, { reports: totals.reports, groups: totals.groups });
  if (fault !== null) throw new Error(fault);
  return program;
}

function rivals({ folder, files, totals }: Input): { program: Program; expected: Totals }[] {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const said = ({ stdout }: ProcessRun) => JSON.parse(stdout) as Totals;
  const node = (name: string, path: string, ...more: string[]): Program => ({
    name,
    command: { kind: 'node', args: [file(path), folder, ...more] },
    totals: said,
  });
  const python = (name: string, ...more: string[]): Program => ({
    name,
    command: { kind: 'python', args: [file('rivals/exports.py'), folder, ...more] },
    totals: said,
  });
  const programs: Program[] = [
    { ...node('the bare read', 'floor/read.mjs'), totals: () => null },
    node('needle and JSON.parse of hits (floor)', 'floor/prefilter.mjs'),
    node(EVERY, 'floor/parse_every.mjs'),
    node(DUCKDB1, 'rivals/duckdb.mjs', '1'),
    node('DuckDB, two threads', 'rivals/duckdb.mjs', '2'),
    python('Python json, needle first', 'prefilter'),
    { ...python('Python json, every line'), rounds: 5 },
    {
      name: 'jq and awk',
      command: { kind: 'other', args: ['sh', file('rivals/jq.sh'), ...files] },
      totals: said,
      rounds: 3,
    },
  ];
  return programs.map((program) => ({ program, expected: totals }));
}

/** Those that are installed and come to the right numbers; of the others a line that says why not. */
async function takingPart(all: readonly { program: Program; expected: Totals }[]) {
  const present: Program[] = [];
  const skipped: string[] = [];
  for (const { program, expected } of all) {
    const fault = await faultOf(program, expected);
    if (fault === null) present.push(program);
    else skipped.push(fault);
  }
  if (!present.some(({ name }) => name === EVERY)) throw new Error(skipped.join('\n'));
  return { present, skipped };
}

async function faultOf(program: Program, expected: Partial<Totals>): Promise<string | null> {
  let run: ProcessRun;
  try {
    run = await measureProcess(program.command);
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n').slice(-4);
    return `${program.name}: not here, or not working (${first}); ${INSTALL}`;
  }
  const totals = program.totals(run);
  if (totals === null || isDeepStrictEqual(totals, expected)) return null;
  return `${program.name}: another answer, ${JSON.stringify(totals)} in place of ${JSON.stringify(expected)}`;
}

const INSTALL = `npm install --prefix bench/rivals, jq, and ${PYTHON} with numpy and statsmodels`;
