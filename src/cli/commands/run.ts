import { bin } from '../../core/kql/bin.ts';
import { HOUR_MS } from '../../core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../core/kql/timestamp.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import { WindowError } from '../../scoring/window_end.ts';
import { REGULARITY_SETTING_NAMES, RULE_SETTING_NAMES } from '../../settings/setting_names.ts';
import type { Run } from '../../storage/ports/runs.ts';
import { CommandError, UsageError } from '../errors.ts';
import { timeOf } from '../instant.ts';
import { formatOf, type OutputFormat } from '../output/format.ts';
import { csvLines, jsonLines } from '../output/lines.ts';
import { minute } from '../output/number_text.ts';
import { plainRows, textTable } from '../output/text_table.ts';
import { type TableView, viewOf } from '../output/view.ts';
import { progressOn } from '../progress.ts';
import { settingsSet } from '../rule_options.ts';
import { scoreSettingsOf } from '../score_settings.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { whatIfText } from './what_if_text.ts';

export interface RunOptions {
  readonly now?: string;
  readonly dryRun: boolean;
  readonly rebuild: boolean;
  readonly set: readonly string[];
  readonly format: string;
}

/** `run`: scores every partition now, or compares the result of other settings with the active detections. */
export async function runCommand(terminal: Terminal, options: RunOptions): Promise<void> {
  const format = formatOf(options.format);
  for (const pair of options.set) refuseOtherDetector(pair);
  const set = settingsSet(options.set, RULE_SETTING_NAMES);
  if (!options.dryRun && options.set.length > 0) {
    throw new UsageError('--set needs --dry-run: the next hourly run would undo a run with other settings');
  }
  if (options.dryRun && options.rebuild) throw new UsageError('--rebuild writes files, and --dry-run writes nothing');
  const now = options.now === undefined ? undefined : bin(timeOf('--now', options.now), '1h');
  try {
    await (options.dryRun ? compare(terminal, set, now, format) : score(terminal, now, format, options.rebuild));
  } catch (error) {
    if (error instanceof WindowError) throw new CommandError(`${error.message}${adviceOnNow(error)}`);
    throw error;
  }
}

/**
 * A dry run scores stored counts by the KQL rule. The second detector also needs the context, which the run before wrote
 * under its own settings, and a match of it is decided on in the run after. Throws a UsageError for its settings.
 */
function refuseOtherDetector(pair: string): void {
  const name = REGULARITY_SETTING_NAMES.find((each) => pair.startsWith(`${each}=`));
  if (name === undefined) return;
  throw new UsageError(
    `--set ${name} cannot be tried in a dry run, which compares matches of the KQL rule alone ` +
      `(${RULE_SETTING_NAMES.join(', ')}). The second detector depends on the context of the run before, and that was ` +
      `written with the present settings. Try ${name} over files: beaconwatch score DIR --set ${escapeForDisplay(pair)}`,
  );
}

/** Suggests the full hour after the newest row. */
function adviceOnNow({ newest }: WindowError): string {
  return newest === '' ? '' : `: try --now ${addMs(bin(newest, '1h'), HOUR_MS).slice(0, 19)}Z`;
}

async function compare(
  terminal: Terminal,
  set: Record<string, string>,
  now: Timestamp | undefined,
  format: OutputFormat,
): Promise<void> {
  const app = connect(terminal);
  const { rule } = await scoreSettingsOf({ ...terminal.env, ...set });
  const found = await app.whatIf(rule, now ?? app.scoredHour());
  terminal.stdout.write(whatIfText(found, format, await viewOf(terminal)));
  const { window, groups, detections, kept, addedInAll, goneInAll, gaps, oldest } = found;
  say(
    terminal,
    `window (${minute(window.after)}, ${minute(window.asOf)}] UTC: ${counted(groups, 'group')}, ` +
      `${groupedText(detections)} matched; ${groupedText(kept)} already active, ${groupedText(addedInAll)} would be added, ` +
      `${groupedText(goneInAll)} would be removed. Nothing was written.`,
  );
  for (const gap of gaps) say(terminal, `The comparison is incomplete: ${gap}.`);
  const unlisted = addedInAll - found.added.length + goneInAll - found.gone.length;
  if (unlisted > 0) say(terminal, `${groupedText(unlisted)} more are not listed: those with the lowest averages.`);
  if (oldest > bin(window.after, '1h')) {
    say(
      terminal,
      `The window begins before the oldest stored hour (${minute(oldest)} UTC). ` +
        'COUNT_FILE_DAYS sets how long counts are kept.',
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
  'requests',
] as const;

async function score(
  terminal: Terminal,
  now: Timestamp | undefined,
  format: OutputFormat,
  isRebuild: boolean,
): Promise<void> {
  const app = connect(terminal);
  const asOf = now ?? app.scoredHour();
  const started = performance.now();
  const progress = await progressOn(terminal, 'scoring', 16, 'partitions');
  const runs = await app.runNow(asOf, () => progress.add(1), isRebuild).finally(() => progress.stop());
  const total = totalOf(asOf, runs);
  terminal.stdout.write(totalText(total, format, await viewOf(terminal)));
  for (const { fileFault } of runs) if (fileFault !== '') say(terminal, `Count files: ${fileFault}.`);
  const sending = total.pending > 0 ? ' The functions send the pending notifications within two minutes.' : '';
  say(terminal, `${((performance.now() - started) / 1000).toFixed(1)} s.${sending}`);
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
    requests: sum((run) => run.requests ?? 0),
  };
}

function totalText(total: ReturnType<typeof totalOf>, format: OutputFormat, view: TableView): string {
  if (format === 'json') return jsonLines([total]);
  if (format === 'csv') return csvLines(COLUMNS, [total]);
  const { asOf, ...numbers } = total;
  const heads = Object.keys(numbers).map((name) => ({
    head: name,
    right: true,
    ...(name === 'requests' && { rank: 1 }),
  }));
  return textTable(
    [{ head: 'window up to (UTC)' }, ...heads],
    plainRows([[minute(asOf), ...Object.values(numbers)]]),
    view,
  );
}
