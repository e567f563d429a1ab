import { join } from 'node:path';
import type { Command } from 'commander';
import { COMMAND_NAME } from '../../src/cli/command_name.ts';
import { CommandError, UsageError } from '../../src/cli/errors.ts';
import { timeOf } from '../../src/cli/instant.ts';
import { plainRows, type TextColumn, textTable } from '../../src/cli/output/text_table.ts';
import { type TableView, viewOf } from '../../src/cli/output/view.ts';
import { progressOn } from '../../src/cli/progress.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { msOf } from '../../src/core/kql/timestamp.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { counted, groupedText } from '../../src/core/text/numbers.ts';
import { MOST_DEVICES } from './device.ts';
import { SAMPLE_FORMATS, type SampleFormatName } from './formats.ts';
import type { SeededBeacon } from './plan.ts';
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

export function addSampleCommand(program: Command, terminal: Terminal): void {
  program
    .command('sample')
    .summary('write exports of a synthetic tenant with seeded beacons')
    .description(
      'Writes three days of exports of a synthetic tenant as the product lays them out, and a file ' +
        `${SEEDED_BEACONS_FILE} that describes the seeded beacons; score skips it. The same options give the same bytes.`,
    )
    .requiredOption('--out <DIR>', 'a new or empty folder, or an earlier sample, which is replaced')
    .option('--end <TIME>', 'end of the three days, reduced to the full hour (default: the clock)')
    .option('--format <FORMAT>', 'format of the export; see below', 'defender')
    .option(
      '--plain',
      'no repeats, late or unreadable records, and reports of whole clock hours: every format has the same counts',
      false,
    )
    .option('--devices <N>', `1 to ${groupedText(MOST_DEVICES)} devices (default: ${DEVICES})`)
    .option('--seed <N>', 'another number gives another tenant', '1')
    .addHelpText('after', () => `\nFormats:\n${formatsText()}\n`)
    .action((options: Options) => sample(terminal, options));
}

/** The default of formats with hourly reports, and of formats with one line per connection. */
const DEVICES = `${SAMPLE_FORMATS.defender.devices}; ${SAMPLE_FORMATS['sysmon-event'].devices} for formats with one line per connection`;

function formatsText(): string {
  const width = Math.max(...FORMAT_NAMES.map((name) => name.length));
  return FORMAT_NAMES.map((name) => `  ${name.padEnd(width)}  ${SAMPLE_FORMATS[name].about}`).join('\n');
}

/** The format of `--format`. Throws a UsageError. */
function formatOf(text: string): SampleFormatName {
  const known = FORMAT_NAMES.find((name) => name === text);
  if (!known)
    throw new UsageError(`--format must be one of ${FORMAT_NAMES.join(', ')}, got "${escapeForDisplay(text)}"`);
  return known;
}

async function sample(terminal: Terminal, { out, end, plain, ...options }: Options): Promise<void> {
  const format = formatOf(options.format);
  const devices = options.devices === undefined ? SAMPLE_FORMATS[format].devices : whole('--devices', options.devices);
  const seed = whole('--seed', options.seed);
  const endMs = end === undefined ? Date.now() : msOf(timeOf('--end', end));
  const progress = await progressOn(terminal, 'writing', 0, 'exports');
  const written = await writeSample({
    out,
    format,
    plain,
    devices,
    seed,
    end: endMs,
    onProgress: () => progress.add(1),
  })
    .catch(throwForCommand)
    .finally(() => progress.stop());
  const now = new Date(Math.floor(endMs / HOUR_MS) * HOUR_MS).toISOString().slice(0, 19);
  terminal.stdout.write(
    `${seededBeaconsTable(written.seededBeacons, await viewOf(terminal))}\n${totals(written, format)}\n` +
      `Description of the seeded beacons: ${join(out, SEEDED_BEACONS_FILE)}\n\n` +
      `Next:  ${sourcesOf(format)}${COMMAND_NAME} score ${quoted(out)} --now ${now}Z\n`,
  );
}

/** The setting for the next command; '' for the default source. */
function sourcesOf(format: SampleFormatName): string {
  const { sources } = SAMPLE_FORMATS[format];
  return sources[0] === 'defender' ? '' : `SOURCES=${sources[0]} `;
}

/** An invalid number is wrong usage; a folder with other files is a failure. */
function throwForCommand(error: unknown): never {
  if (error instanceof RangeError) throw new UsageError(error.message);
  if (error instanceof SampleFolderError) throw new CommandError(error.message);
  throw error;
}

function whole(option: string, text: string): number {
  if (!/^-?\d+$/.test(text)) throw new UsageError(`${option} must be a whole number, got "${escapeForDisplay(text)}"`);
  return Number(text);
}

const COLUMNS: readonly TextColumn[] = [
  { head: 'seeded beacon' },
  { head: 'groups', right: true },
  { head: 'interval', right: true },
  { head: 'rule' },
];

/** The kinds of seeded beacons, with their number of groups and the expected result. */
function seededBeaconsTable(seededBeacons: readonly SeededBeacon[], view: TableView): string {
  const kinds = new Map<string, SeededBeacon[]>();
  for (const beacon of seededBeacons) kinds.set(beacon.kind, [...(kinds.get(beacon.kind) ?? []), beacon]);
  const rows = [...kinds].map(([kind, each]) => {
    const intervals = [...new Set(each.map(({ intervalSeconds }) => intervalSeconds))].sort((a, b) => a - b);
    return [kind, each.length, `${intervals.join(', ')} s`, each[0]?.expected === 'found' ? 'finds it' : 'misses it'];
  });
  return textTable(COLUMNS, plainRows(rows), view);
}

function totals(
  { exports, bytes, lines, reports, duplicates, late, unreadable }: WrittenSample,
  format: SampleFormatName,
): string {
  const unit = SAMPLE_FORMATS[format].sources[0] === 'defender' ? 'reports' : 'connections';
  return (
    `${counted(exports, 'export')}, ${(bytes / 1e6).toFixed(1)} MB, ${groupedText(lines)} lines: ${groupedText(reports)} ${unit}, ` +
    `${counted(duplicates, 'repeated row')}, ${groupedText(late)} late, ${groupedText(unreadable)} unreadable or empty\n`
  );
}

/** Quoted for a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
