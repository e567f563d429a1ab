import type { AppParts } from '../../app.ts';
import { msOf } from '../../core/kql/timestamp.ts';
import { wholeOf } from '../../core/text/decimal.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { firstNames } from '../../core/text/first_names.ts';
import { counted } from '../../core/text/numbers.ts';
import { catchUp } from '../../ingest/catch_up.ts';
import { CommandError, UsageError } from '../errors.ts';
import { timeOf } from '../instant.ts';
import { skippedText } from '../output/counters.ts';
import { leasedText } from '../output/leased.ts';
import { progressOn } from '../progress.ts';
import { STOPPED, stopSignal } from '../stop_signal.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';

export interface IngestOptions {
  readonly since?: string;
  readonly parallel: string;
}

const MOST_PARALLEL = 32;
/** Exports that failed and are listed with the reason; the others are only counted. */
const LISTED = 10;

/**
 * `ingest`: processes every unread export on this machine, beside the deployed functions. Throws a CommandError where an
 * export failed, another worker holds a lease, or a signal stopped it.
 */
export async function ingestCommand(
  terminal: Terminal,
  options: IngestOptions,
  parts: Partial<AppParts> = {},
): Promise<void> {
  const parallel = wholeOf(options.parallel, 1, MOST_PARALLEL);
  if (parallel === null) {
    throw new UsageError(
      `--parallel must be a whole number from 1 to ${MOST_PARALLEL}, got "${escapeForDisplay(options.parallel)}"`,
    );
  }
  const since = options.since === undefined ? undefined : msOf(timeOf('--since', options.since));
  const app = connect(terminal, parts);
  const work = await app.unread(since);
  for (const container of work.missingContainers)
    say(terminal, `there is no container ${escapeForDisplay(container)}; check EXPORT_CONTAINERS and ExportStorage`);
  const bytes = work.exports.reduce((sum, each) => sum + each.length, 0);
  const progress = await progressOn(terminal, 'reading', bytes / 1e6, 'MB');
  const { signal, release } = stopSignal(terminal);
  const total = await catchUp(app, work.exports, parallel, (read) => progress.add(read / 1e6), signal).finally(release);
  progress.stop();
  for (const { export: name, reason } of total.failed.slice(0, LISTED))
    say(terminal, `${escapeForDisplay(name, 500)}: ${escapeForDisplay(reason, 500)}`);
  const { counters, ends } = total;
  terminal.stdout.write(
    `${counted(work.exports.length, 'unread export')}: ${ends['up-to-date']} read to the end, ` +
      `${ends.leased} leased by another worker, ${ends['backing-off']} backing off, ${ends.refused} refused, ` +
      `${total.failed.length} failed\n` +
      `${counted(total.segments, 'segment')}, ${counted(counters.lines, 'line')}, ` +
      `${counted(counters.reports, 'report')}${skippedText(counters)}, ${counted(total.rows, 'row')}, ` +
      `${counted(counters.deadLetters, 'dead letter')}\n`,
  );
  const failed = total.failed.map((each) => each.export);
  const problems = [
    ...(total.failed.length === 0
      ? []
      : [
          `${counted(total.failed.length, 'export')} failed: ${firstNames(failed)}; run ingest again to continue there`,
        ]),
    ...leasedText(total.leaseEnds),
    ...(signal.aborted ? [`${STOPPED}; run ingest again to continue there`] : []),
  ];
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
}
