import { join } from 'node:path';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { CommandError, UsageError } from '../../src/cli/errors.ts';
import { instantOf } from '../../src/cli/instant.ts';
import { Progress } from '../../src/cli/progress.ts';
import { msOf } from '../../src/core/kql/timestamp.ts';
import { counted } from '../../src/core/text/counted.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { MOST_DEVICES } from './device.ts';
import { SAMPLE_FORMATS, type SampleFormatName } from './formats.ts';
import type { SeededBeacon } from './plan.ts';
import { HOUR_MS } from './span.ts';
import { SampleFolderError, SEEDED_BEACONS_FILE, type WrittenSample, writeSample } from './write.ts';

const FORMAT_NAMES = Object.keys(SAMPLE_FORMATS) as SampleFormatName[];

interface Options {
  readonly out: string;
  readonly end?: string;
  readonly format: string;
  readonly plain: boolean;
  readonly devices?: string;
  readonly seed: string;
}

export function addSampleCommand(program: Command): void {
  program
    .command('sample')
    .summary('writes a made-up tenant, with beacons planted in it')
    .description(
      'Writes three days of exports of a made-up tenant into a folder, as the product ' +
        `lays them out, and beside them ${SEEDED_BEACONS_FILE}: what was planted, and what the ` +
        'rule makes of it. The same numbers give the same bytes.',
    )
    .requiredOption('--out <DIR>', 'folder to write into: new, empty, or an earlier sample, which is replaced')
    .option('--end <ISO>', 'end of the three days; a full hour at or before it is taken (default: the clock)')
    .option('--format <FORMAT>', 'how it is written, see below', 'defender')
    .option(
      '--plain',
      "nothing twice, late or unreadable, and hours that are the clock's: the same counts in every format",
      false,
    )
    .option('--devices <N>', `devices, 1 to ${MOST_DEVICES} (default: ${DEVICES})`)
    .option('--seed <N>', 'another seed is another tenant', '1')
    .addHelpText('after', () => `\nFormats:\n${formatsText()}\n`)
    .action((options: Options) => sample(options));
}

/** Of the formats that hold hourly reports, and of those that hold every connection. */
const DEVICES = `${SAMPLE_FORMATS.defender.devices}; ${SAMPLE_FORMATS['sysmon-event'].devices} where each connection is a line`;

function formatsText(): string {
  const width = Math.max(...FORMAT_NAMES.map((name) => name.length));
  return FORMAT_NAMES.map((name) => `  ${name.padEnd(width)}  ${SAMPLE_FORMATS[name].about}`).join('\n');
}

/** The format that `--format` names. Throws a UsageError. */
function formatOf(text: string): SampleFormatName {
  const known = FORMAT_NAMES.find((name) => name === text);
  if (!known)
    throw new UsageError(`--format must be one of ${FORMAT_NAMES.join(', ')}, got "${escapeForDisplay(text)}"`);
  return known;
}

async function sample({ out, end, plain, ...options }: Options): Promise<void> {
  const format = formatOf(options.format);
  const devices = options.devices === undefined ? SAMPLE_FORMATS[format].devices : whole('--devices', options.devices);
  const seed = whole('--seed', options.seed);
  const endMs = end === undefined ? Date.now() : msOf(instantOf('--end', end));
  const progress = new Progress('writing', 0, 'exports');
  const written = await writeSample({
    out,
    format,
    plain,
    devices,
    seed,
    end: endMs,
    onProgress: () => progress.add(1),
  })
    .catch(inOurWords)
    .finally(() => progress.stop());
  const now = new Date(Math.floor(endMs / HOUR_MS) * HOUR_MS).toISOString().slice(0, 19);
  process.stdout.write(
    `${plantedTable(written.plants)}\n${totals(written, format)}\n` +
      `What was planted, and why the rule does that: ${join(out, SEEDED_BEACONS_FILE)}\n\n` +
      `Next:  ${sourcesOf(format)}npm run -s beaconwatch -- score ${quoted(out)} --now ${now}Z\n`,
  );
}

/** The setting that a shell has to be told; the default source needs none. */
function sourcesOf(format: SampleFormatName): string {
  const { sources } = SAMPLE_FORMATS[format];
  return sources[0] === 'defender' ? '' : `SOURCES=${sources[0]} `;
}

/** What cannot be asked for is wrong usage; a folder that is taken is not. */
function inOurWords(error: unknown): never {
  if (error instanceof RangeError) throw new UsageError(error.message);
  if (error instanceof SampleFolderError) throw new CommandError(error.message);
  throw error;
}

function whole(option: string, text: string): number {
  if (!/^-?\d+$/.test(text)) throw new UsageError(`${option} must be a whole number, got "${escapeForDisplay(text)}"`);
  return Number(text);
}

/** The kinds of plants: how many groups each, and what the rule makes of them. */
function plantedTable(plants: readonly SeededBeacon[]): string {
  const kinds = new Map<string, SeededBeacon[]>();
  for (const plant of plants) kinds.set(plant.kind, [...(kinds.get(plant.kind) ?? []), plant]);
  const table = new Table({
    head: ['planted', 'groups', 'every', 'the rule'],
    // The library's colours would be escapes in a file or a pipe.
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'left'],
  });
  for (const [kind, each] of kinds) {
    const [first] = each;
    const intervals = [...new Set(each.map(({ intervalSeconds }) => intervalSeconds))].sort((a, b) => a - b);
    table.push([
      kind,
      each.length,
      `${intervals.join(', ')} s`,
      first?.expected === 'found' ? 'finds it' : 'misses it',
    ]);
  }
  return `${table.toString()}\n`;
}

function totals(
  { exports, bytes, lines, reports, duplicates, late, unreadable }: WrittenSample,
  format: SampleFormatName,
): string {
  const unit = SAMPLE_FORMATS[format].sources[0] === 'defender' ? 'reports' : 'connections';
  const amount = (value: number) => value.toLocaleString('en-US');
  return (
    `${counted(exports, 'export')}, ${(bytes / 1e6).toFixed(1)} MB, ${amount(lines)} lines: ${amount(reports)} ${unit}, ` +
    `${amount(duplicates)} rows twice, ${amount(late)} late, ${amount(unreadable)} unreadable or blank\n`
  );
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
