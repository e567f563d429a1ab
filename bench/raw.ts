import { existsSync, readFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Bench, outcomeOf, printLine, rounds, valuesOf } from './harness/bench.ts';
import { builtBundles } from './harness/bundles.ts';
import type { Contestant } from './harness/interleave.ts';
import { type Command, measureProcess } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';
import { END } from './harness/tenant.ts';

/**
 * `score` of single connections as a whole process: the same Sysmon events as XML within JSON (a Log Analytics export) and
 * as JSON alone (Winlogbeat), each against JSON.parse of every line; size in devices of the sample, one is some 240 MB.
 */
export const bench: Bench = {
  name: 'raw',
  full: { size: 1, rounds: 5 },
  async run({ size, rounds: count }) {
    const { cli } = builtBundles();
    const samples = [];
    for (const format of FORMATS) samples.push(await sampleOf(cli, format, Math.max(1, Math.round(size))));
    const measured = await rounds(samples.flatMap(contestantsOf), count);
    const cpu = (name: string) => valuesOf(measured, name, 'cpuMs');
    const ratio = (a: string, b: string, goal = {}) => outcomeOf(pairedRatio(cpu(a), cpu(b)), 'of its CPU', goal);
    return {
      work: Object.fromEntries(
        samples.flatMap(({ format, bytes, lines }) => [
          [`bytes of ${format}`, bytes],
          [`lines of ${format}`, lines],
        ]),
      ),
      measured,
      outcomes: {
        ...Object.fromEntries(
          FORMATS.map((format) => [
            `score against parsing, ${format}`,
            ratio(ours(format), floor(format), { atMost: AT_MOST[format] }),
          ]),
        ),
        'XML against JSON': ratio(ours('sysmon-event'), ours('winlogbeat')),
      },
    };
  },
};

const FORMATS = ['sysmon-event', 'winlogbeat'] as const;
type Format = (typeof FORMATS)[number];
/** The parser reads the XML as one text, and Winlogbeat's values one by one. */
const AT_MOST: Readonly<Record<Format, number>> = { 'sysmon-event': 6, winlogbeat: 2.2 };

const NOW = new Date(END).toISOString();
const ours = (format: Format) => `beaconwatch score, ${format}`;
const floor = (format: Format) => `JSON.parse of every line, ${format}`;

interface Sample {
  readonly format: Format;
  readonly bytes: number;
  readonly lines: number;
  readonly score: Command;
  readonly parse: Command;
}

/** Made when it is first asked for, and by the product: so plain that each format has the same events. */
async function sampleOf(cli: string, format: Format, devices: number): Promise<Sample> {
  const folder = fileURLToPath(new URL(`../.local/bench/sample-${format}-${devices}`, import.meta.url));
  if (!existsSync(folder)) {
    printLine(`  making the exports of ${format}`);
    const options = ['--format', format, '--plain', '--devices', String(devices), '--end', NOW];
    await measureProcess({ kind: 'node', args: [cli, 'sample', '--out', `${folder}.making`, ...options] });
    renameSync(`${folder}.making`, folder);
  }
  const { totals } = JSON.parse(readFileSync(`${folder}/_seeded-beacons.json`, 'utf8')) as {
    totals: { bytes: number; lines: number };
  };
  const parser = fileURLToPath(new URL('floor/parse_lines.mjs', import.meta.url));
  return {
    format,
    bytes: totals.bytes,
    lines: totals.lines,
    score: { kind: 'node', args: [cli, 'score', folder, '--now', NOW, '--format', 'json'], env: { SOURCES: 'sysmon' } },
    parse: { kind: 'node', args: [parser, folder] },
  };
}

/** What score found in the first format that ran: the others have to find the same. */
let found: string | undefined;

function contestantsOf({ format, lines, score, parse }: Sample): Contestant[] {
  return [
    {
      name: ours(format),
      async run() {
        const { stderr, wallMs, cpuMs, peakMb } = await measureProcess(score);
        const said = /([\d,]+) lines, (.*) dead letters/.exec(stderr);
        found ??= said?.[2];
        if (said?.[2] !== found || /\b0 (?:in the window|groups)/.test(found ?? '0 groups')) {
          throw new Error(`${ours(format)}: ${said?.[2]} in place of ${found}`);
        }
        return { wallMs, cpuMs, peakMb };
      },
    },
    {
      name: floor(format),
      async run() {
        const { stdout, wallMs, cpuMs, peakMb } = await measureProcess(parse);
        if (!isDeepStrictEqual(JSON.parse(stdout), { lines }))
          throw new Error(`${floor(format)}: ${stdout}, not ${lines}`);
        return { wallMs, cpuMs, peakMb };
      },
    },
  ];
}
