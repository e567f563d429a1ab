import type { App } from '../../app.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import type { IngestResult } from '../../ingest/ingest_result.ts';
import { BadRowError } from '../../storage/ports/bad_row.ts';
import type { ExportRef } from '../../storage/ports/exports.ts';
import { StoreError } from '../../storage/ports/store_error.ts';
import { CommandError } from '../errors.ts';
import { skippedText } from '../output/counters.ts';
import { leasedText } from '../output/leased.ts';
import { STOPPED, stopSignal } from '../stop_signal.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';

export interface ReplayOptions {
  readonly force: boolean;
}

/**
 * `replay`: reads exports again with the same segments, after a fix or for a new source; nothing counts twice. A path
 * that ends in a slash means every export below it that was read.
 */
export async function replayCommand(
  terminal: Terminal,
  paths: readonly string[],
  { force }: ReplayOptions,
): Promise<void> {
  const app = connect(terminal);
  let missing = 0;
  let failed = 0;
  const leaseEnds: number[] = [];
  const { signal, release } = stopSignal(terminal);
  for (const path of paths) {
    const results = await replayPath(terminal, app, path, force, signal);
    const read = results.filter((result) => result !== 'failed');
    failed += results.length - read.length;
    leaseEnds.push(...read.flatMap((result) => result.leaseEnds ?? []));
    if (signal.aborted) break;
    if (results.length > 0) continue;
    missing++;
    say(terminal, `${escapeForDisplay(path)}: no such export has been read; name it as container/name`);
  }
  release();
  const problems = [
    ...(missing === 0 ? [] : [`${missing} of ${counted(paths.length, 'path')} could not be replayed`]),
    ...(failed === 0 ? [] : [`${counted(failed, 'export')} failed`]),
    ...leasedText(leaseEnds),
    ...(signal.aborted ? [`${STOPPED}; exports that were not printed are not replayed`] : []),
  ];
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
}

/** The result for one export; null where nothing of it was read before. A failure is printed. */
async function replayed(terminal: Terminal, app: App, ref: ExportRef, force: boolean, signal: AbortSignal) {
  try {
    return await app.replay(ref, force, signal);
  } catch (error) {
    // The others go on: a row that cannot be read, or an export, is of one export.
    if (!(error instanceof BadRowError || error instanceof StoreError)) throw error;
    say(terminal, `${escapeForDisplay(`${ref.container}/${ref.name}`, 500)}: ${error.message}`);
    return 'failed';
  }
}

/** Replays the exports of one path, and prints each. */
async function replayPath(terminal: Terminal, app: App, path: string, force: boolean, signal: AbortSignal) {
  const slash = path.indexOf('/');
  if (slash < 1) return [];
  const named = { container: path.slice(0, slash), name: path.slice(slash + 1) };
  const results: (IngestResult | 'failed')[] = [];
  for (const ref of path.endsWith('/') ? await app.readUnder(named) : [named]) {
    if (signal.aborted) break;
    const result = await replayed(terminal, app, ref, force, signal);
    if (result === null) continue;
    results.push(result);
    if (result === 'failed') continue;
    const { segments, rows, counters, end } = result;
    terminal.stdout.write(
      `${escapeForDisplay(`${ref.container}/${ref.name}`, 500)}: ${counted(segments, 'segment')}, ` +
        `${counted(counters.reports, 'report')}${skippedText(counters)}, ${counted(rows, 'row')}, ` +
        `${counted(counters.deadLetters, 'dead letter')} (${end})\n`,
    );
  }
  return results;
}
