import { join } from 'node:path';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { shown } from '../core/text.ts';
import { msOf } from '../core/timestamp.ts';
import { instantOf } from './instant.ts';
import { Progress } from './progress.ts';
import { MOST_DEVICES } from './sample/device.ts';
import type { Plant } from './sample/plan.ts';
import { HOUR_MS } from './sample/span.ts';
import { PLANTED, SampleFolderError, type WrittenSample, writeSample } from './sample/write.ts';
import { CommandError, UsageError } from './usage.ts';

interface Options {
  readonly out: string;
  readonly end?: string;
  readonly devices: string;
  readonly seed: string;
}

export function addSampleCommand(program: Command): void {
  program
    .command('sample')
    .summary('writes a made-up tenant, with beacons planted in it')
    .description(
      'Writes three days of exports of a made-up tenant into a folder, as Defender lays them out in storage, and beside\n' +
        `them ${PLANTED}: what was planted, and what the rule makes of it. The same numbers give the same bytes.`,
    )
    .requiredOption('--out <DIR>', 'folder to write into: new, empty, or an earlier sample, which is replaced')
    .option('--end <ISO>', 'end of the three days; a full hour at or before it is taken (default: the clock)')
    .option('--devices <N>', `devices, 1 to ${MOST_DEVICES}`, '40')
    .option('--seed <N>', 'another seed is another tenant', '1')
    .action((options: Options) => sample(options));
}

async function sample({ out, end, ...options }: Options): Promise<void> {
  const devices = whole('--devices', options.devices);
  const seed = whole('--seed', options.seed);
  const endMs = end === undefined ? Date.now() : msOf(instantOf('--end', end));
  const progress = new Progress('writing', 0, 'exports');
  const written = await writeSample({ out, devices, seed, end: endMs, onProgress: () => progress.add(1) })
    .catch(inOurWords)
    .finally(() => progress.stop());
  const now = new Date(Math.floor(endMs / HOUR_MS) * HOUR_MS).toISOString().slice(0, 19);
  process.stdout.write(
    `${plantedTable(written.plants)}\n${totals(written)}\n` +
      `What was planted, and why the rule does that: ${join(out, PLANTED)}\n\n` +
      `Next:  npm run -s beaconwatch -- score ${quoted(out)} --now ${now}Z\n`,
  );
}

/** What cannot be asked for is wrong usage; a folder that is taken is not. */
function inOurWords(error: unknown): never {
  if (error instanceof RangeError) throw new UsageError(error.message);
  if (error instanceof SampleFolderError) throw new CommandError(error.message);
  throw error;
}

function whole(option: string, text: string): number {
  if (!/^-?\d+$/.test(text)) throw new UsageError(`${option} must be a whole number, got "${shown(text)}"`);
  return Number(text);
}

/** The kinds of plants: how many groups each, and what the rule makes of them. */
function plantedTable(plants: readonly Plant[]): string {
  const kinds = new Map<string, Plant[]>();
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

function totals({ exports, bytes, lines, reports, duplicates, late, unreadable }: WrittenSample): string {
  const amount = (value: number) => value.toLocaleString('en-US');
  return (
    `${amount(exports)} exports, ${(bytes / 1e6).toFixed(1)} MB, ${amount(lines)} lines: ${amount(reports)} reports, ` +
    `${amount(duplicates)} rows twice, ${amount(late)} late, ${amount(unreadable)} unreadable\n`
  );
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
