import { counted } from '../../core/counted.ts';
import { shown } from '../../core/text.ts';
import { CommandError } from '../usage.ts';
import { connect } from './connect.ts';

export interface ReplayOptions {
  readonly force?: boolean;
}

/** `replay`: reads exports again with the same cuts, after a fix; nothing counts twice. */
export async function replayCommand(paths: readonly string[], { force }: ReplayOptions): Promise<void> {
  const app = connect();
  let missing = 0;
  for (const path of paths) {
    const slash = path.indexOf('/');
    const ref = { container: path.slice(0, slash), name: path.slice(slash + 1) };
    const result = slash < 1 ? null : await app.replay(ref, force);
    if (result === null) {
      missing++;
      process.stderr.write(`${shown(path)}: nothing was read of such an export; name it as container/name\n`);
      continue;
    }
    const { segments, rows, counters, end } = result;
    process.stdout.write(
      `${shown(path)}: ${counted(segments, 'segment')}, ${counted(counters.reports, 'report')}, ${counted(rows, 'row')}, ` +
        `${counted(counters.deadLetters, 'dead letter')} (${end})\n`,
    );
  }
  if (missing > 0) throw new CommandError('not every export could be replayed');
}
