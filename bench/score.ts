import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { builtBundles } from './harness/bundles.ts';
import { type Input, inputOf, MB_PER_DEVICE } from './harness/input.ts';
import type { Contestant } from './harness/interleave.ts';
import { type Command, exitReasonOf, measureProcess, type ProcessRun, PYTHON } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';

/** `score` of a folder of exports as a whole process, against what one would take instead; size in MB. */
export const bench: Bench = {
  name: 'score',
  full: { size: 400, rounds: 9 },
  async run({ size, rounds: count }) {
    const input = inputOf(Math.max(1, Math.round(size / MB_PER_DEVICE)));
    const { cli } = builtBundles();
    const ours = await checked(oursOf(OURS, cli, input));
    const twoThreads = await checked(oursOf(TWO_THREADS, cli, input, '--threads', '2'));
    const { present: others, skipped } = await takingPart(rivals(input));
    const present = [twoThreads, ...others];
    const measured = await rounds([...[ours, ...present].map(contestantOf)], count);
    const ratio = (name: string, unit: keyof typeof UNITS) => {
      const [ours, theirs] = [valuesOf(measured, OURS, unit), valuesOf(measured, name, unit)];
      return outcomeOf(pairedRatio(ours.slice(0, theirs.length), theirs), UNITS[unit], GOALS[name]?.[unit] ?? {});
    };
    return {
      work: { bytes: input.bytes, lines: input.lines, ...input.totals },
      measured,
      outcomes: Object.fromEntries(
        present.flatMap(({ name }) => [
          [`against ${name}`, ratio(name, 'wallMs')],
          [`CPU against ${name}`, ratio(name, 'cpuMs')],
        ]),
      ),
      skipped,
    };
  },
};

const OURS = 'beaconwatch score';
const TWO_THREADS = 'beaconwatch score, two threads';
const EVERY = 'JSON.parse of every line';
const DUCKDB1_PREFILTER = 'DuckDB, one thread, pre-filter first';
const DUCKDB2_PREFILTER = 'DuckDB, two threads, pre-filter first';
const PYTHON_PREFILTER = 'Python json, pre-filter first';
const UNITS = { wallMs: 'of its wall time', cpuMs: 'of its CPU' } as const;
/** Against the best query of each rival. Wall time depends on what else the machine does, CPU hardly does. */
const GOALS: Readonly<Record<string, Partial<Record<keyof typeof UNITS, { atMost: number }>>>> = {
  [`${EVERY}, read as by score`]: { wallMs: { atMost: 1 }, cpuMs: { atMost: 1 } },
  [DUCKDB1_PREFILTER]: { cpuMs: { atMost: 1 } },
  [DUCKDB2_PREFILTER]: { wallMs: { atMost: 0.7 } },
  [PYTHON_PREFILTER]: { wallMs: { atMost: 0.9 }, cpuMs: { atMost: 1.2 } },
};

interface Program {
  readonly name: string;
  readonly command: Command;
  /** What it says of the exports, to be held against what was written. */
  totals(run: ProcessRun): unknown;
  readonly expected: unknown;
  /** Takes part in the first so many rounds: a slow one need not hold up the others. */
  readonly rounds?: number;
  /** What to do where it is not here: of a rival, which may be left out. */
  readonly hint?: string;
}

function contestantOf({ name, command, rounds }: Program): Contestant {
  return {
    name,
    ...(rounds !== undefined && { rounds }),
    async run() {
      const { wallMs, cpuMs, peakMb } = await measureProcess(command);
      return { wallMs, cpuMs, ...(!Number.isNaN(peakMb) && { peakMb }) };
    },
  };
}

function oursOf(name: string, cli: string, { folder, now, totals }: Input, ...more: string[]): Program {
  return {
    name,
    command: { kind: 'node', args: [cli, 'score', folder, '--now', now, '--format', 'json', ...more] },
    totals({ stderr }) {
      const number = (pattern: RegExp) => Number(pattern.exec(stderr)?.[1]?.replaceAll(',', ''));
      return { reports: number(/([\d,]+) in the window, 0 repeats/), groups: number(/([\d,]+) groups?,/) };
    },
    expected: { reports: totals.reports, groups: totals.groups },
  };
}

/** It has to find the reports and groups that were written. */
async function checked(program: Program): Promise<Program> {
  const fault = await faultOf(program);
  if (fault !== null) throw new Error(fault);
  return program;
}

function rivals({ folder, files, bytes, totals }: Input): Program[] {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const program = (name: string, command: Command, hint?: string): Program => ({
    name,
    command,
    totals: ({ stdout }) => JSON.parse(stdout) as unknown,
    expected: totals,
    ...(hint !== undefined && { hint }),
  });
  const node = (name: string, path: string, ...more: string[]) =>
    program(name, { kind: 'node', args: [file(path), folder, ...more] });
  const duckdb = (name: string, ...more: string[]) =>
    program(
      name,
      { kind: 'node', args: [file('rivals/duckdb.mjs'), folder, ...more] },
      'npm install --prefix bench/rivals',
    );
  const python = (name: string, ...more: string[]) =>
    program(name, { kind: 'python', args: [file('rivals/exports.py'), folder, ...more] }, `it needs ${PYTHON}`);
  const jq: Command = { kind: 'other', args: ['sh', file('rivals/jq.sh'), ...files] };
  return [
    { ...node('the bare read', 'floor/read.mjs'), expected: { bytes } },
    node('pre-filter and JSON.parse of hits (floor)', 'floor/prefilter.mjs'),
    node(EVERY, 'floor/parse_every.mjs'),
    node(`${EVERY}, read as by score`, 'floor/parse_every.mjs', 'window'),
    duckdb('DuckDB, one thread', '1'),
    duckdb(DUCKDB1_PREFILTER, '1', 'prefilter'),
    duckdb('DuckDB, two threads', '2'),
    duckdb(DUCKDB2_PREFILTER, '2', 'prefilter'),
    python(PYTHON_PREFILTER, 'prefilter'),
    { ...python('Python json, every line'), rounds: 5 },
    { ...program('jq and awk', jq, `it needs jq, awk and ${PYTHON}`), rounds: 3 },
  ];
}

/** Those that are installed and come to the right numbers; of the others a line that says why not. The floors have to. */
async function takingPart(all: readonly Program[]) {
  const present: Program[] = [];
  const skipped: string[] = [];
  for (const program of all) {
    const fault = await faultOf(program);
    if (fault === null) present.push(program);
    else if (program.hint === undefined) throw new Error(fault);
    else skipped.push(fault);
  }
  return { present, skipped };
}

async function faultOf({ name, command, totals, expected, hint }: Program): Promise<string | null> {
  try {
    const found = totals(await measureProcess(command));
    if (isDeepStrictEqual(found, expected)) return null;
    return `${name}: another answer, ${JSON.stringify(found)} in place of ${JSON.stringify(expected)}`;
  } catch (error) {
    return `${name}: not here, or not working (${exitReasonOf(error)})${hint === undefined ? '' : `; ${hint}`}`;
  }
}
