import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import { CommandError } from '../errors.ts';
import { skippedText } from '../output/counters.ts';
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
  for (const path of paths) {
    const slash = path.indexOf('/');
    const named = { container: path.slice(0, slash), name: path.slice(slash + 1) };
    let replayed = 0;
    for (const ref of slash >= 1 && path.endsWith('/') ? await app.readUnder(named) : [named]) {
      const result = slash < 1 ? null : await app.replay(ref, force);
      if (result === null) continue;
      replayed++;
      const { segments, rows, counters, end } = result;
      terminal.stdout.write(
        `${escapeForDisplay(`${ref.container}/${ref.name}`, 500)}: ${counted(segments, 'segment')}, ` +
          `${counted(counters.reports, 'report')}${skippedText(counters)}, ${counted(rows, 'row')}, ` +
          `${counted(counters.deadLetters, 'dead letter')} (${end})\n`,
      );
    }
    if (replayed > 0) continue;
    missing++;
    say(terminal, `${escapeForDisplay(path)}: no such export has been read; name it as container/name`);
  }
  if (missing > 0) throw new CommandError(`${missing} of ${counted(paths.length, 'path')} could not be replayed`);
}
