import type { Command } from 'commander';
import { readScoreSettings, SCORE_SETTINGS } from '../config.ts';
import { bin } from '../core/kql/bin.ts';
import { addMs, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import type { Source } from '../core/records/report.ts';
import { isWithin, type Window, windowOf } from '../core/scoring/window.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { EXPECTED } from '../reading/content_type.ts';
import { formatsOf } from '../reading/formats.ts';
import { OfflineScore } from '../scoring/offline_scorer.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import { CommandError, UsageError } from './errors.ts';
import { type InputFile, inputFiles, piecesOf } from './input_files.ts';
import { instantOf, tomorrow } from './instant.ts';
import { skippedText } from './output/counters.ts';
import { formatOf, formatted, FORMATS as OUTPUT_FORMATS, orderNamed } from './output/format.ts';
import { inOrder } from './output/rows.ts';
import { Progress } from './progress.ts';
import { collect, settingsSet } from './rule_options.ts';
import { adviceOnSources } from './source_advice.ts';

interface ScoreOptions {
  readonly now?: string;
  readonly grain?: string;
  readonly set: readonly string[];
  readonly format: string;
  readonly series: boolean;
  readonly order: string;
}

const HOUR_MS = 3_600_000;
/** Dead letters, exports that are refused, and files that are passed over, named one by one; the others are counted. */
const NAMED = 10;

export function addScoreCommand(program: Command): void {
  program
    .command('score')
    .summary('the rule over exported files, offline')
    .description(
      'Runs the rule over exported telemetry on this machine, without any storage: DeviceNetworkEvents by default, ' +
        'other sources by --set SOURCES=sysmon (or defender-raw, wfp; docs/sources.md). ' +
        'Files are JSON lines, JSON over several lines, or the CSV of advanced hunting, each also as gzip; folders are walked (names that begin with _ or . are passed over); - is standard input.',
    )
    .argument('<path...>', 'files, folders, or -')
    .option('--now <ISO>', 'end of the window, an ISO 8601 instant (default: the clock)')
    .option('--grain <grain>', 'hour: a point per clock hour; report: a point per report, the query to the letter')
    .option(
      '--set <NAME=VALUE>',
      `a setting, repeatable; in the environment as well: ${Object.keys(SCORE_SETTINGS).join(', ')}`,
      collect,
      [],
    )
    .option('--format <format>', `${OUTPUT_FORMATS.join(', ')}`, 'table')
    .option(
      '--order <order>',
      'average: as in the rule; prevalence: rare addresses first; spread: clockwork first',
      'average',
    )
    .option('--series', 'also the lists of the window and the series_stats columns (json, csv)', false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  beaconwatch score exports/ --now 2026-11-20T12:00:00Z\n' +
        '  beaconwatch score exports/ --set MIN_AVERAGE=30 --format json | jq .RemoteIP\n' +
        '  zcat PT1H.json.gz | beaconwatch score - --grain report',
    )
    .action((paths: string[], options: ScoreOptions) => score(paths, options));
}

async function score(paths: readonly string[], options: ScoreOptions): Promise<void> {
  const started = performance.now();
  const format = formatOf(options.format);
  const order = orderNamed(options.order);
  const { rule, sources } = readScoreSettings({ ...process.env, ...settingsOf(options) });
  const asOf = options.now === undefined ? timestampFromMs(Date.now()) : instantOf('--now', options.now);
  const window = windowBefore(asOf, rule.lookbackDays);

  const letters = new LetterLog();
  const offline = new OfflineScore(window, formatsOf(sources), (letter) => letters.add(letter), tomorrow());
  const { files, passedOver } = await inputFiles(paths);
  if (passedOver.length > 0) say(`passed over: ${named(passedOver)}`);
  if (files.length === 0) throw new CommandError('There is no file to read in what was named');
  const { failed, refused } = await readAll(offline, files, sources);
  const { matched, groups, counted } = await offline.score(rule);

  const isJudged = offline.reportsInWindow > 0;
  process.stdout.write(formatted(inOrder(matched, order), format, { series: options.series, window, isJudged }));
  letters.report();
  const { counters } = offline;
  say(
    `${count(files.length, 'export')}, ${count(counters.lines, 'line')}, ${count(counters.reports, 'report')} ` +
      `(${count(offline.reportsInWindow, '')} in the window, ${count(offline.reportsInWindow - counted, 'repeat')})${skippedText(counters)}, ` +
      `${count(groups, 'group')}, ${count(matched.length, 'detection')}, ` +
      `${count(counters.deadLetters, 'dead letter')}, ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  if (offline.reportsInWindow === 0) adviseNow(offline, window, rule.lookbackDays);
  const advice = counters.reports === 0 ? await adviceOnSources(files, sources) : null;
  if (advice !== null) say(advice);
  if (refused > 0 && refused === files.length) throw new CommandError('Nothing was read: no export of a known format');
  if (failed > 0)
    throw new CommandError(`${count(failed, 'export')} could not be read; the rows are those of the others`);
}

/** Reads every file; one that cannot be read, or is of a foreign format, is named and stops no other. */
async function readAll(offline: OfflineScore, files: readonly InputFile[], sources: readonly Source[]) {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const progress = new Progress('reading', total / 1e6, 'MB');
  const refused: string[] = [];
  const failed: string[] = [];
  for (const file of files) {
    try {
      const chunks = piecesOf(file, (bytes) => progress.add(bytes / 1e6));
      const { foreign } = await offline.read({ container: '', name: file.path }, chunks);
      if (foreign)
        refused.push(
          `${escapeForDisplay(file.path)}: refused: no record of an active source (SOURCES=${sources.join(',')}) at its head; expected ${EXPECTED}, or CSV`,
        );
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      failed.push(`${escapeForDisplay(file.path)}: not read to its end: ${escapeForDisplay(error.message)}`);
    }
  }
  progress.stop();
  for (const trouble of [...refused.slice(0, NAMED), ...failed]) say(trouble);
  if (refused.length > NAMED) say(`${refused.length} are refused in all`);
  return { refused: refused.length, failed: failed.length };
}

/** Dead letters: the first few by name, all by the number. */
class LetterLog {
  readonly #named: DeadLetter[] = [];
  readonly #byReason = new Map<string, number>();

  add(letter: DeadLetter): void {
    if (this.#named.length < NAMED) this.#named.push(letter);
    this.#byReason.set(letter.reason, (this.#byReason.get(letter.reason) ?? 0) + 1);
  }

  report(): void {
    if (this.#named.length === 0) return;
    for (const { export: ref, offset, length, record, reason } of this.#named) {
      const within = record > 0 ? `, record ${record}` : '';
      say(`dead letter: ${escapeForDisplay(ref.name)} at byte ${offset} (${length} bytes${within}): ${reason}`);
    }
    const all = [...this.#byReason].map(([reason, times]) => `${times} ${reason}`).join(', ');
    say(`dead letters by reason: ${all}`);
  }
}

function adviseNow({ newest, counters: { reports } }: OfflineScore, window: Window, lookbackDays: number): void {
  const none = `No report in the window (${window.after}, ${window.asOf}].`;
  if (newest !== '') say(`${none} The newest is of ${newest}: try --now ${nowFor(newest, lookbackDays)}`);
  else if (reports > 0) say(`${none} All are more than a day ahead of the clock of this machine.`);
}

/** The full hour after the newest report; its own instant where the window is too short for that, or time ends there. */
function nowFor(newest: Timestamp, lookbackDays: number): string {
  const hour = bin(newest, '1h');
  const next = newest === hour || newest.startsWith('9999-12-31T23') ? newest : addMs(hour, HOUR_MS);
  if (next === newest || !isWithin(newest, windowOf(next, lookbackDays))) return newest;
  return `${next.slice(0, 19)}Z`;
}

/** The window that ends at asOf; one that begins before the year 0 is no window. */
function windowBefore(asOf: Timestamp, lookbackDays: number): Window {
  try {
    return windowOf(asOf, lookbackDays);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--now leaves no room for a window of ${lookbackDays} days`);
    throw error;
  }
}

function settingsOf(options: ScoreOptions): Record<string, string> {
  const settings = settingsSet(options.set, SCORE_SETTINGS);
  return options.grain === undefined ? settings : { ...settings, SERIES_GRAIN: options.grain };
}

/** `a, b`, or the first ten of them `and 7 more (17 in all)`. */
function named(paths: readonly string[]): string {
  const names = paths.slice(0, NAMED).map((path) => escapeForDisplay(path));
  const more = paths.length - NAMED;
  return `${names.join(', ')}${more > 0 ? ` and ${count(more, '')} more (${count(paths.length, '')} in all)` : ''}`;
}

function count(number: number, noun: string): string {
  const digits = String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return noun === '' ? digits : `${digits} ${noun}${number === 1 ? '' : 's'}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
