import type { Command } from 'commander';
import { readScoreSettings, SCORE_SETTINGS } from '../config.ts';
import { bin } from '../core/kql/bin.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import { addMs, type Timestamp } from '../core/kql/timestamp.ts';
import { faultText } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { unknownShapeText } from '../core/records/unknown_shape.ts';
import { isWithin, type Window, windowOf } from '../core/scoring/window.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { counted, groupedText } from '../core/text/numbers.ts';
import type { Content } from '../reading/containers/contents.ts';
import { EXPECTED } from '../reading/content_type.ts';
import { formatsOf } from '../reading/formats.ts';
import { OfflineScore } from '../scoring/offline_scorer.ts';
import { SpillError } from '../scoring/sorted_runs.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import type { Counters } from '../storage/ports/export_states.ts';
import { comparisonOf } from './compare_option.ts';
import { CommandError, UsageError } from './errors.ts';
import { contentsOf, type InputFile, inputFiles } from './input_files.ts';
import { tomorrow } from './instant.ts';
import { skippedText } from './output/counters.ts';
import { FORMATS, formatOf, orderIn } from './output/format.ts';
import { Progress } from './progress.ts';
import { collect, settingsSet } from './rule_options.ts';
import { resultOf, spanOfTask } from './score_result.ts';
import { type WindowOptions, windowsIn } from './score_windows.ts';
import { adviceOnSources } from './source_advice.ts';
import { say, type Terminal } from './terminal.ts';

interface ScoreOptions extends WindowOptions {
  readonly detector: string;
  readonly grain?: string;
  readonly set: readonly string[];
  readonly format: string;
  readonly series: boolean;
  readonly compare?: string;
  readonly order: string;
}

/** The detectors of `--detector`. */
const DETECTORS = ['kql-rule'];
/** Dead letters, refused exports and skipped files that are listed; the others are only counted. */
const LISTED = 10;

export function addScoreCommand(program: Command, terminal: Terminal): void {
  program
    .command('score')
    .summary('run the rule over exported files, offline')
    .description(
      'Runs the rule over exported telemetry on this machine, without a storage account. It reads DeviceNetworkEvents by ' +
        'default, and other sources with --set SOURCES=sysmon (or defender-raw, wfp, zeek; docs/sources.md). Files are ' +
        'JSON lines, JSON over several lines, XML events one per line, or the CSV of advanced hunting, each also as gzip, ' +
        'in a zip archive, in Avro or in Parquet. ' +
        'Folders are walked in order of name; names that begin with _ or . are skipped. - is standard input.',
    )
    .argument('<path...>', 'files, folders, or -')
    .option(
      '--now <TIME>',
      'end of the window (default: the clock); an ISO 8601 instant, a date, now, or an age such as 24h or 3d',
    )
    .option('--from <TIME>', 'score all windows that end from this instant to --to, in one reading: one row per group')
    .option('--to <TIME>', 'end of the last window')
    .option('--every <SPAN>', 'from one window to the next (default: 24h)')
    .option(
      '--compare <RESULT>',
      "compare with the answer of the query that kql prints: the portal's CSV; exits with 1 if rows differ",
    )
    .option('--detector <NAME>', `the detector: ${DETECTORS.join(', ')}`, 'kql-rule')
    .option(
      '--grain <GRAIN>',
      'hour: one point per clock hour; report: one point per report, as in the original query (default: SERIES_GRAIN)',
    )
    .option(
      '--set <NAME=VALUE>',
      `a setting, in place of the environment; repeatable: ${Object.keys(SCORE_SETTINGS).join(', ')}`,
      collect,
      [],
    )
    .option('--format <FORMAT>', FORMATS.join(', '), 'table')
    .option(
      '--order <ORDER>',
      'average: highest average first; prevalence: fewest devices first; spread: smallest spread first',
      'average',
    )
    .option('--series', 'add the lists of the window and the series_stats columns (json, csv)', false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  beaconwatch score exports/ --now 2026-11-20T12:00:00Z\n' +
        '  beaconwatch score exports/ --from 30d --to now\n' +
        '  beaconwatch score exports/ --now 2026-11-20T12:00:00Z --grain report --compare answer.csv\n' +
        '  beaconwatch score exports/ --set MIN_AVERAGE=30 --format json | jq .RemoteIP\n' +
        '  zcat PT1H.json.gz | beaconwatch score - --grain report',
    )
    .action((paths: string[], options: ScoreOptions) => score(terminal, paths, options));
}

async function score(terminal: Terminal, paths: readonly string[], options: ScoreOptions): Promise<void> {
  const started = performance.now();
  const format = formatOf(options.format);
  const order = orderIn(options.order);
  checkDetector(options.detector);
  const { rule, sources } = readScoreSettings({ ...terminal.env, ...settingsOf(options) });
  const { windows, isRange } = windowsIn(options, rule.lookbackDays);
  const comparison = await comparisonOf(options, sources, isRange);
  const task = { rule, windows, isRange, format, order, series: options.series, comparison };
  const window = spanOfTask(task);

  const letters = new LetterLog();
  const offline = new OfflineScore(
    window,
    formatsOf(sources),
    (first, byReason) => letters.add(first, byReason),
    tomorrow(),
  );
  const { files, skipped } = await inputFiles(paths);
  if (skipped.length > 0) say(terminal, `skipped: ${listed(skipped)}`);
  if (files.length === 0) throw new CommandError('no file to read in the paths given');
  const { exports, failed, refused, unread } = await readAll(terminal, offline, files, sources);

  const { counters, reportsInWindow } = offline;
  const hasReports = reportsInWindow > 0;
  const { text, detections, groups, counted: reportsCounted, notes, failure } = await resultOf(offline, task);
  terminal.stdout.write(text);
  letters.report(terminal);
  const spanName = isRange ? 'windows' : comparison === null ? 'window' : 'window and an hour around it';
  say(
    terminal,
    `${counted(exports, 'export')}, ${counted(counters.lines, 'line')}, ${counted(counters.reports, 'report')} ` +
      `(${groupedText(reportsInWindow)} in the ${spanName}, ${counted(reportsInWindow - reportsCounted, 'repeat')})` +
      `${skippedText(counters)}, ${counted(groups, 'group')}, ${counted(detections, 'detection')}, ` +
      `${counted(counters.deadLetters, 'dead letter')}, ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  if (offline.unknownShape !== null) {
    const { offset, name } = offline.unknownShape;
    const place = `at byte ${offset} of ${escapeForDisplay(name)}`;
    say(terminal, unknownShapeText(counters.unknownShapes, offline.unknownShape, place));
  }
  for (const note of notes) say(terminal, note);
  const nowAdvice = hasReports ? null : adviceOnNow(offline, window, rule.lookbackDays, isRange);
  if (nowAdvice !== null) say(terminal, nowAdvice);
  const sourceAdvice = counters.reports === 0 ? await adviceOnSources(files, sources) : null;
  if (sourceAdvice !== null) say(terminal, sourceAdvice);
  if (refused > 0 && refused === exports) throw new CommandError('nothing was read: no export of a known format');
  const problems = [
    ...(failed === 0 ? [] : [`${counted(failed, 'export')} could not be read to the end`]),
    ...(unread === 0 ? [] : [`${counted(unread, 'export')} without a readable record`]),
    ...(refused === 0 ? [] : [`${counted(refused, 'export')} refused`]),
  ];
  if (problems.length > 0)
    throw new CommandError(`${problems.join(', ')}; the rows are those of the others (docs/sources.md)`);
  if (failure !== null) throw new CommandError(failure);
}

function checkDetector(name: string): void {
  if (DETECTORS.includes(name)) return;
  throw new UsageError(`--detector must be ${DETECTORS.join(' or ')}, got "${escapeForDisplay(name)}"`);
}

/** Reads every file. A file that cannot be read, or is of a foreign format, is reported and stops no other. */
async function readAll(
  terminal: Terminal,
  offline: OfflineScore,
  files: readonly InputFile[],
  sources: readonly Source[],
) {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const progress = new Progress(terminal, 'reading', total / 1e6, 'MB');
  const log: ReadLog = { exports: 0, refused: [], failed: [], unread: [], skipped: [], windows1252: [] };
  for (const file of files) {
    const before = log.exports;
    try {
      for await (const content of contentsOf(file, (bytes) => progress.add(bytes / 1e6), terminal.stdin))
        await readOne(offline, content, sources, log);
    } catch (error) {
      // A container that could not be opened is one export.
      if (log.exports === before) log.exports++;
      log.failed.push(`${escapeForDisplay(file.path)}: not read to the end: ${readError(error)}`);
    }
  }
  progress.stop();
  const { refused, unread, failed, skipped, windows1252 } = log;
  if (skipped.length > 0) say(terminal, `skipped: ${listed(skipped)}`);
  if (windows1252.length > 0)
    say(terminal, `read as Windows-1252, because the bytes are not UTF-8: ${listed(windows1252)}`);
  for (const line of [...refused.slice(0, LISTED), ...unread.slice(0, LISTED), ...failed.slice(0, LISTED)])
    say(terminal, line);
  if (refused.length > LISTED) say(terminal, `${counted(refused.length, 'file')} refused in total`);
  if (unread.length > LISTED) say(terminal, `${counted(unread.length, 'file')} without a readable record in total`);
  if (failed.length > LISTED) say(terminal, `${counted(failed.length, 'file')} not read to the end in total`);
  return { exports: log.exports, refused: refused.length, unread: unread.length, failed: failed.length };
}

/** Files and members of archives, and a line for each that was not read as a whole. */
interface ReadLog {
  exports: number;
  readonly refused: string[];
  readonly failed: string[];
  readonly unread: string[];
  readonly skipped: string[];
  readonly windows1252: string[];
}

async function readOne(
  offline: OfflineScore,
  content: Content,
  sources: readonly Source[],
  log: ReadLog,
): Promise<void> {
  if ('skipped' in content) {
    log.skipped.push(content.name);
    return;
  }
  const name = escapeForDisplay(content.name);
  log.exports++;
  if ('refused' in content) {
    log.refused.push(`${name}: refused: ${content.refused}`);
    return;
  }
  try {
    const ref = { container: '', name: content.name };
    const { counters, foreign, isWindows1252 } = await offline.read(ref, content.chunks);
    if (isWindows1252 && !foreign) log.windows1252.push(content.name);
    if (foreign)
      log.refused.push(
        `${name}: refused: no record of an active source (SOURCES=${sources.join(',')}) at its head; expected ${EXPECTED}, or CSV`,
      );
    else if (isUnread(counters)) log.unread.push(`${name}: ${unreadText(counters)}`);
  } catch (error) {
    log.failed.push(`${name}: not read to the end: ${readError(error)}`);
  }
}

/** The text of an error of a file; every other error ends the command. */
function readError(error: unknown): string {
  if (error instanceof SpillError) throw new CommandError(error.message);
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return escapeForDisplay(error.message);
}

/** Whether an export holds nothing but dead letters and records of an unknown shape. */
function isUnread({ reports, skipped, excluded, deadLetters, unknownShapes }: Counters): boolean {
  return reports + skipped + excluded === 0 && deadLetters + unknownShapes > 0;
}

function unreadText({ deadLetters, unknownShapes }: Counters): string {
  const parts = [
    deadLetters === 0 ? '' : counted(deadLetters, 'dead letter'),
    unknownShapes === 0 ? '' : `${counted(unknownShapes, 'record')} of an unknown shape`,
  ];
  return `no readable record: ${parts.filter((part) => part !== '').join(', ')}`;
}

/** Lists the first dead letters, and counts all of them by reason. */
class LetterLog {
  readonly #first: DeadLetter[] = [];
  readonly #byReason = new Map<string, number>();

  add(first: readonly DeadLetter[], byReason: ReadonlyMap<string, number>): void {
    this.#first.push(...first.slice(0, LISTED - this.#first.length));
    for (const [reason, times] of byReason) this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + times);
  }

  report(terminal: Terminal): void {
    if (this.#first.length === 0) return;
    for (const letter of this.#first) {
      const { export: ref, offset, length, record } = letter;
      const within = record > 0 ? `, record ${record}` : '';
      say(
        terminal,
        `dead letter: ${escapeForDisplay(ref.name)} at byte ${offset} (${length} bytes${within}): ${letterReason(letter)}`,
      );
    }
    const all = [...this.#byReason]
      .map(([reason, times]) => `${groupedText(times)} ${escapeForDisplay(reason)}`)
      .join(', ');
    say(terminal, `dead letters by reason: ${all}`);
    if (this.#byReason.has(NXLOG_TIME)) say(terminal, NXLOG_ADVICE);
    if (this.#byReason.has('bad-utf8')) say(terminal, UTF8_ADVICE);
  }
}

/** `bad-field (Computer)` */
function letterReason({ reason, field }: DeadLetter): string {
  return escapeForDisplay(faultText({ fault: reason, field }));
}

const NXLOG_TIME = 'no-zone (EventTime)';
const NXLOG_ADVICE =
  'EventTime is local time of an unknown zone, so its hour is unknown. Let NXLog write the zone: ' +
  'DateFormat YYYY-MM-DDThh:mm:ss.sTZ in its xm_json extension (docs/sources.md).';

const UTF8_ADVICE =
  'bad-utf8: these bytes are not UTF-8. If the whole file is of another encoding, convert it: ' +
  'iconv -f WINDOWS-1252 -t UTF-8 FILE (docs/sources.md)';

/** Explains an empty window; null if the files hold no report at all. */
function adviceOnNow(
  { newest, counters }: OfflineScore,
  window: Window,
  lookbackDays: number,
  isRange: boolean,
): string | null {
  const none = `No report in the window (${window.after}, ${window.asOf}].`;
  if (newest !== '')
    return `${none} The newest is of ${newest}: try ${isRange ? '--to' : '--now'} ${nowFor(newest, lookbackDays)}`;
  return counters.reports > 0 ? `${none} All are more than a day ahead of the clock of this machine.` : null;
}

/** The full hour after the newest report; the report's own instant if the window is shorter, or at the end of time. */
function nowFor(newest: Timestamp, lookbackDays: number): string {
  const hour = bin(newest, '1h');
  const next = newest === hour || newest.startsWith('9999-12-31T23') ? newest : addMs(hour, HOUR_MS);
  if (next === newest || !isWithin(newest, windowOf(next, lookbackDays))) return newest;
  return `${next.slice(0, 19)}Z`;
}

function settingsOf(options: ScoreOptions): Record<string, string> {
  const settings = settingsSet(options.set, SCORE_SETTINGS);
  return options.grain === undefined ? settings : { ...settings, SERIES_GRAIN: options.grain };
}

/** `a, b`, or the first ten of them `and 7 more (17 in total)`. */
function listed(paths: readonly string[]): string {
  const names = paths.slice(0, LISTED).map((path) => escapeForDisplay(path));
  const more = paths.length - LISTED;
  return `${names.join(', ')}${more > 0 ? ` and ${groupedText(more)} more (${groupedText(paths.length)} in total)` : ''}`;
}
