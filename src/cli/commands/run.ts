import { RULE_SETTINGS, readScoreSettings } from '../../config.ts';
import { bin } from '../../core/kql/bin.ts';
import { addMs, type Timestamp } from '../../core/kql/timestamp.ts';
import { WindowError } from '../../scoring/what_if.ts';
import type { Run } from '../../storage/ports/runs.ts';
import { CommandError, UsageError } from '../errors.ts';
import { instantOf } from '../instant.ts';
import { formatOf, type OutputFormat } from '../output/format.ts';
import { csvLines, jsonLines, textTable } from '../output/lines.ts';
import { Progress } from '../progress.ts';
import { settingsSet } from '../rule_options.ts';
import { connect } from './connect.ts';
import { minute } from './number_text.ts';
import { whatIfText } from './what_if_text.ts';

const HOUR_MS = 3_600_000;

export interface RunOptions {
  readonly now?: string;
  readonly dryRun: boolean;
  readonly set: readonly string[];
  readonly format: string;
}

/** `run`: scores every partition now, or says what other settings would find. */
export async function runCommand(options: RunOptions): Promise<void> {
  const format = formatOf(options.format);
  const set = settingsSet(options.set, RULE_SETTINGS);
  if (!options.dryRun && options.set.length > 0) {
    // The next hourly run would undo what a run by other settings has written.
    throw new UsageError('--set needs --dry-run: a run that writes has the settings of the functions');
  }
  const now = options.now === undefined ? undefined : bin(instantOf('--now', options.now), '1h');
  try {
    await (options.dryRun ? compare(set, now, format) : score(now, format));
  } catch (error) {
    if (error instanceof WindowError) throw new CommandError(`${error.message}${adviceOnNow(error)}`);
    throw error;
  }
}

/** The full hour after the newest row. */
function adviceOnNow({ newest }: WindowError): string {
  return newest === '' ? '' : `: try --now ${addMs(bin(newest, '1h'), HOUR_MS).slice(0, 19)}Z`;
}

async function compare(set: Record<string, string>, now: Timestamp | undefined, format: OutputFormat): Promise<void> {
  const app = connect();
  const { rule } = readScoreSettings({ ...process.env, ...set });
  const found = await app.whatIf(rule, now ?? app.scoredHour());
  process.stdout.write(whatIfText(found, format));
  const { window, groups, detections, kept, addedInAll, goneInAll, oldest } = found;
  say(
    `window (${minute(window.after)}, ${minute(window.asOf)}] UTC: ${groups} groups, ${detections} match; ` +
      `${kept} are live already, ${addedInAll} would be added, ${goneInAll} would go. Nothing was written.`,
  );
  const unnamed = addedInAll - found.added.length + goneInAll - found.gone.length;
  if (unnamed > 0) say(`${unnamed} more are not named: those with the lowest averages.`);
  if (bin(oldest, '1h') > bin(window.after, '1h')) {
    say(
      `The window begins before what is stored: the oldest row is of ${minute(oldest)} UTC. ` +
        'RETENTION_DAYS says how long rows are kept.',
    );
  }
}

const COLUMNS = [
  'asOf',
  'partitions',
  'groups',
  'rows',
  'detections',
  'opened',
  'resolved',
  'pending',
  'expiredRows',
] as const;

async function score(now: Timestamp | undefined, format: OutputFormat): Promise<void> {
  const app = connect();
  const asOf = now ?? app.scoredHour();
  const started = performance.now();
  const progress = new Progress('scoring', 16, 'partitions');
  const runs = await app.runNow(asOf, () => progress.add(1)).finally(() => progress.stop());
  const total = totalOf(asOf, runs);
  if (format === 'json') process.stdout.write(jsonLines([total]));
  if (format === 'csv') process.stdout.write(csvLines([...COLUMNS, 'requests'], [total]));
  if (format === 'table') {
    const names = [...COLUMNS.slice(1), 'requests'] as const;
    const columns = [{ head: 'window up to (UTC)' }, ...names.map((head) => ({ head, right: true }))];
    process.stdout.write(textTable(columns, [[minute(asOf), ...names.map((name) => Number(total[name as never]))]]));
  }
  const told =
    total.pending > 0 ? ' What is due is on the notify queue: the functions tell it within two minutes.' : '';
  say(`${((performance.now() - started) / 1000).toFixed(1)} s.${told}`);
}

function totalOf(asOf: Timestamp, runs: readonly Run[]) {
  const sum = (number: (run: Run) => number) => runs.reduce((total, run) => total + number(run), 0);
  return {
    asOf,
    partitions: runs.length,
    groups: sum((run) => run.groups),
    rows: sum((run) => run.rows),
    detections: sum((run) => run.detections),
    opened: sum((run) => run.opened),
    resolved: sum((run) => run.resolved),
    pending: sum((run) => run.pending),
    expiredRows: sum((run) => run.expiredRows),
    requests: sum((run) => run.requests ?? 0),
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
