import type { App } from '../../app.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import type { IngestResult } from '../../ingest/ingest.ts';
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
  const leaseEnds: number[] = [];
  const { signal, release } = stopSignal(terminal);
  for (const path of paths) {
    const results = await replayPath(terminal, app, path, force, signal);
    leaseEnds.push(...results.flatMap((result) => result.leaseEnds ?? []));
    if (signal.aborted) break;
    if (results.length > 0) continue;
    missing++;
    say(terminal, `${escapeForDisplay(path)}: no such export has been read; name it as container/name`);
  }
  release();
  const problems = [
    ...(missing === 0 ? [] : [`${missing} of ${counted(paths.length, 'path')} could not be replayed`]),
    ...leasedText(leaseEnds),
    ...(signal.aborted ? [`${STOPPED}; exports that were not printed are not replayed`] : []),
  ];
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
}

/** Replays the exports of one path, and prints each. */
async function replayPath(terminal: Terminal, app: App, path: string, force: boolean, signal: AbortSignal) {
  const slash = path.indexOf('/');
  if (slash < 1) return [];
  const named = { container: path.slice(0, slash), name: path.slice(slash + 1) };
  const results: IngestResult[] = [];
  for (const ref of path.endsWith('/') ? await app.readUnder(named) : [named]) {
    if (signal.aborted) break;
    const result = await app.replay(ref, force, signal);
    if (result === null) continue;
    results.push(result);
    const { segments, rows, counters, end } = result;
    terminal.stdout.write(
      `${escapeForDisplay(`${ref.container}/${ref.name}`, 500)}: ${counted(segments, 'segment')}, ` +
        `${counted(counters.reports, 'report')}${skippedText(counters)}, ${counted(rows, 'row')}, ` +
        `${counted(counters.deadLetters, 'dead letter')} (${end})\n`,
    );
  }
  return results;
}
