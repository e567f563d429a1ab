import { bin } from '../core/kql/bin.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../core/kql/timestamp.ts';
import type { DateOrder } from '../core/records/locale_instant.ts';
import type { Source } from '../core/records/report.ts';
import { unknownShapeText } from '../core/records/unknown_shape.ts';
import { REGULARITY_DAYS } from '../core/regularity/time_bin.ts';
import { isWithin, type Window, windowOf } from '../core/scoring/window.ts';
import { spanOf } from '../core/scoring/window_range.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { counted, groupedText } from '../core/text/numbers.ts';
import { formatsOf } from '../reading/formats.ts';
import { OfflineContext } from '../scoring/offline_context.ts';
import { OfflineScore } from '../scoring/offline_scorer.ts';
import { SCORE_SETTING_NAMES } from '../settings/setting_names.ts';
import { CommandError, UsageError } from './errors.ts';
import { inputFiles } from './input_files.ts';
import { tomorrow } from './instant.ts';
import { LetterLog } from './letter_log.ts';
import { skippedText } from './output/counters.ts';
import { formatOf } from './output/format.ts';
import { listed } from './output/listed.ts';
import { viewOf } from './output/view.ts';
import { readFiles } from './read_files.ts';
import { settingsSet } from './rule_options.ts';
import {
  binSecondsIn,
  type DetectorChoice,
  type DetectorOptions,
  detectorIn,
  explainIn,
  orderFor,
} from './score_detector.ts';
import { resultOf, spanOfTask } from './score_result.ts';
import { scoreSettingsOf } from './score_settings.ts';
import { windowsIn } from './score_windows.ts';
import { adviceOnSources } from './source_advice.ts';
import { stopwatch } from './stopwatch.ts';
import { say, type Terminal } from './terminal.ts';
import { threadsIn } from './threads_option.ts';

/** The options of `score`, as they are given. */
export interface ScoreOptions extends DetectorOptions {
  readonly owners?: string;
  readonly known?: string;
  readonly dates?: string;
  readonly set: readonly string[];
  readonly format: string;
  readonly order?: string;
  readonly threads?: string;
}

/** Runs the command `score`: reads the files, applies the detectors, prints the result, and then what there is to say. */
export async function score(terminal: Terminal, paths: readonly string[], options: ScoreOptions): Promise<void> {
  const elapsedMs = stopwatch();
  const format = formatOf(options.format);
  const detector = detectorIn(options, format);
  const order = orderFor(options.order, detector);
  const { rule, sources, regularity } = await scoreSettingsOf({
    ...terminal.env,
    ...settingsOf(options),
  });
  const binSeconds = binSecondsIn(options, sources);
  const { windows, isRange } = windowsIn(options, detector === 'regularity' ? REGULARITY_DAYS : rule.lookbackDays);
  const comparison = await comparisonIn(options, sources, isRange);
  const regularWindow = detector === 'kql-rule' ? null : windowOf(spanOf(windows).asOf, REGULARITY_DAYS);
  const { series, common, bin } = options;
  const explain = explainIn(options);
  const threads = threadsIn(options.threads);
  const ownerOf = await ownersIn(options.owners, detector);
  const knownOf = await knownIn(options.known, detector, terminal);
  const hasKnown = knownOf !== undefined;
  const how = { format, view: await viewOf(terminal), order, series, common, bin, explain, ownerOf, hasKnown };
  const task = { detector, rule, windows, isRange, regularWindow, comparison, ...how };
  const window = spanOfTask(task);
  const context = regularWindow === null ? null : new OfflineContext(regularWindow, binSeconds, regularity, knownOf);

  const letters = new LetterLog();
  const onLetters: LetterLog['add'] = (first, byReason) => letters.add(first, byReason);
  const plausible = tomorrow();
  const offline = new OfflineScore(window, formatsOf(sources), onLetters, plausible, undefined, context);
  const { files, skipped } = inputFiles(paths);
  if (skipped.length > 0) say(terminal, `skipped: ${listed(skipped)}`);
  if (files.length === 0) throw new CommandError('no file to read in the paths given');
  const named = new Set(paths);
  const reading = { named, sources, window, dateOrder: datesOf(options.dates), plausible, threads };
  const read = await readFiles(terminal, offline, onLetters, { files, ...reading, context });

  const { counters, reportsInWindow } = offline;
  const hasReports = reportsInWindow > 0;
  const { text, detections, groups, counted: reportsCounted, notes, failure, found } = await resultOf(offline, task);
  // Without the time that a reader such as `less` takes.
  const seconds = elapsedMs() / 1000;
  terminal.stdout.write(text);
  letters.report(terminal);
  if (options.html !== undefined && found !== undefined && regularWindow !== null) {
    const facts = { files: read.exports, counters, problems: read.problems, skipped, deadLetters: letters.reasons() };
    const { writeReport } = await import('./write_report.ts');
    const again = { files, formats: formatsOf(sources), dateOrder: datesOf(options.dates) };
    await writeReport(terminal, options.html, found, { window: regularWindow, rule, paths, facts, again, ownerOf });
    say(terminal, `report: ${escapeForDisplay(options.html)}`);
  }
  const spanName = isRange ? 'windows' : comparison === null ? 'window' : 'window and an hour around it';
  say(
    terminal,
    `${counted(read.exports, 'export')}, ${counted(counters.lines, 'line')}, ${counted(counters.reports, 'report')} ` +
      `(${groupedText(reportsInWindow)} in the ${spanName}, ${counted(reportsInWindow - reportsCounted, 'repeat')})` +
      `${skippedText(counters)}, ${counted(groups, 'group')}, ${counted(detections, 'detection')}, ` +
      `${counted(counters.deadLetters, 'dead letter')}, ${seconds.toFixed(1)} s`,
  );
  if (offline.unknownShape !== null) {
    const { offset, name } = offline.unknownShape;
    const place = `at byte ${offset} of ${escapeForDisplay(name)}`;
    say(terminal, unknownShapeText(counters.unknownShapes, offline.unknownShape, place));
  }
  for (const note of notes) say(terminal, note);
  const nowAdvice = hasReports ? null : adviceOnNow(offline, window, isRange);
  if (nowAdvice !== null) say(terminal, nowAdvice);
  const sourceAdvice = counters.reports === 0 ? await adviceOnSources(files, sources) : null;
  if (sourceAdvice !== null) say(terminal, sourceAdvice);
  if (read.refused > 0 && read.refused === read.exports)
    throw new CommandError('nothing was read: no export of a known format');
  if (read.problems.length > 0)
    throw new CommandError(`${read.problems.join('; ')}; ${restText(counters.reports)} (docs/sources.md)`);
  if (failure !== null) throw new CommandError(failure);
}

/** The file of `--compare`; null without the option. */
async function comparisonIn(options: ScoreOptions, sources: readonly Source[], isRange: boolean) {
  const { compare } = options;
  if (compare === undefined) return null;
  return (await import('./compare_option.ts')).comparisonOf({ ...options, compare }, sources, isRange);
}

/** The database of `--owners`; null without the option. */
async function ownersIn(path: string | undefined, detector: DetectorChoice) {
  return path === undefined ? null : (await import('./owners_option.ts')).ownersOf(path, detector);
}

/** The file of `--known`; undefined without the option, which is rare, so its modules are loaded for it alone. */
async function knownIn(path: string | undefined, detector: DetectorChoice, terminal: Terminal) {
  return path === undefined ? undefined : (await import('./known_option.ts')).knownFileOf(path, detector, terminal);
}

function restText(reports: number): string {
  return reports === 0 ? 'nothing was counted' : 'the rows are those of the others';
}

/** The order of `--dates`. */
function datesOf(text: string | undefined): DateOrder | undefined {
  if (text === undefined || text === 'day-first' || text === 'month-first') return text;
  throw new UsageError(`--dates must be day-first or month-first, got "${escapeForDisplay(text)}"`);
}

/** Explains an empty window; null if the files hold no report at all. */
function adviceOnNow({ newest, counters }: OfflineScore, window: Window, isRange: boolean): string | null {
  const none = `No report in the window (${window.after}, ${window.asOf}].`;
  if (newest !== '')
    return `${none} The newest is of ${newest}: try ${isRange ? '--to' : '--now'} ${nowFor(newest, window)}`;
  return counters.reports > 0 ? `${none} All are more than a day ahead of the clock of this machine.` : null;
}

/** The full hour after the newest report; the report's own instant if the window is shorter, or at the end of time. */
function nowFor(newest: Timestamp, { after, asOf }: Window): string {
  const hour = bin(newest, '1h');
  const next = newest === hour || newest.startsWith('9999-12-31T23') ? newest : addMs(hour, HOUR_MS);
  if (next === newest || !isWithin(newest, { after: addMs(next, msOf(after) - msOf(asOf)), asOf: next })) return newest;
  return `${next.slice(0, 19)}Z`;
}

function settingsOf(options: ScoreOptions): Record<string, string> {
  const settings = settingsSet(options.set, SCORE_SETTING_NAMES);
  return options.grain === undefined ? settings : { ...settings, SERIES_GRAIN: options.grain };
}
