import { msOf } from '../../core/kql/timestamp.ts';
import { counted } from '../../core/text/counted.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { catchUp } from '../../ingest/catch_up.ts';
import { CommandError, UsageError } from '../errors.ts';
import { instantOf } from '../instant.ts';
import { skippedText } from '../output/counters.ts';
import { Progress } from '../progress.ts';
import { connect } from './connect.ts';

export interface IngestOptions {
  readonly since?: string;
  readonly parallel: string;
}

const MOST_PARALLEL = 32;

/** `ingest`: reads everything that is unread, now and here, beside the deployed functions. */
export async function ingestCommand(options: IngestOptions): Promise<void> {
  const parallel = Number(options.parallel);
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > MOST_PARALLEL) {
    throw new UsageError(
      `--parallel must be a whole number from 1 to ${MOST_PARALLEL}, got "${escapeForDisplay(options.parallel)}"`,
    );
  }
  const since = options.since === undefined ? undefined : msOf(instantOf('--since', options.since));
  const app = connect();
  const work = await app.unread(since);
  for (const container of work.missingContainers)
    process.stderr.write(`there is no container ${escapeForDisplay(container)}\n`);
  const bytes = work.exports.reduce((sum, each) => sum + each.length, 0);
  const progress = new Progress('reading', bytes / 1e6, 'MB');
  const total = await catchUp(app, work.exports, parallel, (read) => progress.add(read / 1e6));
  progress.stop();
  for (const { name, reason } of total.failed)
    process.stderr.write(`${escapeForDisplay(name)}: ${escapeForDisplay(reason)}\n`);
  const { counters } = total;
  process.stdout.write(
    `${counted(work.exports.length, 'export')} with something unread: ${total.ends['up-to-date']} read to their end, ` +
      `${total.ends.leased} held by another worker, ${total.ends['backing-off']} backing off, ${total.ends.refused} refused, ` +
      `${total.failed.length} failed\n` +
      `${counted(total.segments, 'segment')}, ${counted(counters.lines, 'line')}, ${counted(counters.reports, 'report')}${skippedText(counters)}, ` +
      `${counted(total.rows, 'row')}, ` +
      `${counted(counters.deadLetters, 'dead letter')}\n`,
  );
  if (total.failed.length > 0)
    throw new CommandError('not everything could be read; run it again, it goes on where it stopped');
}
