import { ORDERS, type Order } from '../core/detections/order.ts';
import type { OwnerOf } from '../core/detections/owner.ts';
import type { Source } from '../core/records/report.ts';
import type { AnswerRow } from '../core/scoring/difference.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';
import { spanOf } from '../core/scoring/window_range.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { comparedSpan } from '../scoring/compare_result.ts';
import type { OfflineDetections } from '../scoring/offline_detection.ts';
import type { Explain } from '../scoring/offline_detections.ts';
import type { OfflineScore } from '../scoring/offline_scorer.ts';
import { SpillError } from '../scoring/spilled_bytes.ts';
import { CommandError } from './errors.ts';
import { commonText } from './output/common_services.ts';
import { fleetNotes, offlineText } from './output/detections.ts';
import { differencesText, rowsText, sidesText, suggestionText } from './output/differences.ts';
import { explanationsText } from './output/explanations.ts';
import { detectionsText, type OutputFormat } from './output/format.ts';
import { inOrderOf, type OfflineOrder } from './output/order.ts';
import { inOrder } from './output/rows.ts';
import type { TableView } from './output/view.ts';
import { rangeNotes, windowsText } from './output/windows.ts';
import type { DetectorChoice } from './score_detector.ts';
import type { Windows } from './score_windows.ts';

/** What `score` prints about the reports that it has read. */
export interface ScoreResult {
  /** For standard output. */
  readonly text: string;
  readonly detections: number;
  readonly groups: number;
  /** Reports and raw events, each once. */
  readonly counted: number;
  /** Sentences for standard error, below the totals. */
  readonly notes: readonly string[];
  /** Why the command exits with 1; null if it does not. */
  readonly failure: string | null;
  /** The detections of all detectors; absent where the KQL rule alone was asked for. */
  readonly found?: OfflineDetections;
}

export interface ScoreTask extends Windows {
  readonly detector: DetectorChoice;
  readonly rule: Rule;
  /** The window of `regularity`; null where it is not applied. */
  readonly regularWindow: Window | null;
  readonly format: OutputFormat;
  readonly view: TableView;
  readonly order: OfflineOrder;
  /** Whether to list what is regular on many devices. */
  readonly common: boolean;
  /** The groups to explain instead; null for none. */
  readonly explain: Explain | null;
  /** Who owns an address; null where no database is given. */
  readonly ownerOf: OwnerOf | null;
  /** Whether a file of known networks and programs is given. */
  readonly hasKnown: boolean;
  /** The length of the bins as it was given. */
  readonly bin?: string | undefined;
  readonly series: boolean;
  readonly comparison: ComparisonTask | null;
}

/** A comparison with the answer of the rule's query. */
export interface ComparisonTask {
  readonly path: string;
  readonly answer: readonly AnswerRow[];
  readonly source: Source;
}

/** The span of reports that the task needs. */
export function spanOfTask({
  windows,
  comparison,
  regularWindow,
}: Pick<ScoreTask, 'windows' | 'comparison' | 'regularWindow'>): Window {
  const span = spanOf(windows);
  if (comparison !== null) return comparedSpan(span);
  return regularWindow !== null && regularWindow.after < span.after ? regularWindow : span;
}

/** Scores what `offline` has read, and frees its temporary file. Throws a CommandError if that file fails. */
export async function resultOf(offline: OfflineScore, task: ScoreTask): Promise<ScoreResult> {
  try {
    if (task.detector !== 'kql-rule') return await ofDetectors(offline, task);
    if (task.comparison !== null) return await compared(offline, task, task.comparison);
    return await (task.isRange ? overWindows(offline, task) : ofWindow(offline, task));
  } catch (error) {
    if (error instanceof SpillError) throw new CommandError(error.message);
    throw error;
  } finally {
    offline.close();
  }
}

async function ofWindow(offline: OfflineScore, { rule, windows, format, view, order, series }: ScoreTask) {
  const { matched, groups, counted } = await offline.score(rule);
  const options = { series, window: spanOf(windows), grain: rule.grain, hasReports: offline.reportsInWindow > 0, view };
  const text = detectionsText(inOrder(matched, ruleOrder(order)), format, options);
  return { text, detections: matched.length, groups, counted, notes: [], failure: null };
}

async function ofDetectors(offline: OfflineScore, task: ScoreTask) {
  const { detector, rule, windows, format, view, order, common, bin, explain, ownerOf, hasKnown } = task;
  const hasRule = detector === 'all';
  const result = await offline.detections(hasRule ? { rule, window: spanOf(windows) } : null, explain);
  const { detections, groups, counted } = result;
  const hasReports = offline.reportsInWindow > 0;
  const text =
    explain !== null
      ? explanationsText(result, { hasReports, hasRule })
      : common
        ? commonText(result, format, view)
        : offlineText(inOrderOf(detections, order), format, { bin, hasReports, view, ownerOf, hasKnown });
  const notes = hasReports ? fleetNotes(result) : [];
  return { text, detections: detections.length, groups, counted, notes, failure: null, found: result };
}

async function overWindows(offline: OfflineScore, { rule, windows, format, view, order, series }: ScoreTask) {
  const { matched, groups, counted } = await offline.scoreOver(rule, windows);
  const options = { series, windows, hasReports: offline.reportsInWindow > 0, view };
  const text = windowsText(inOrder(matched, ruleOrder(order)), format, options);
  return {
    text,
    detections: matched.length,
    groups,
    counted,
    notes: rangeNotes(matched, windows, offline.oldest),
    failure: null,
  };
}

async function compared(offline: OfflineScore, { rule, windows, format, view }: ScoreTask, task: ComparisonTask) {
  const { path, answer, source } = task;
  const result = await offline.compare(answer, { rule, window: spanOf(windows), source });
  const { differences, rows, groups, counted } = result;
  const name = escapeForDisplay(path, 500);
  return {
    text: differencesText(result, format === 'json' ? 'json' : 'table', view),
    detections: rows,
    groups,
    counted,
    notes: [sidesText(result, name), ...suggestionText(result)],
    failure: differences.length === 0 ? null : `${rowsText(differences.length)} of ${name} and of the files differ`,
  };
}

/** The order of the KQL rule alone, which `orderFor` has checked. */
function ruleOrder(order: OfflineOrder): Order {
  return ORDERS.find((each) => each === order) ?? 'average';
}
