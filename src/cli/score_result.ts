import type { Order } from '../core/detections/order.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { spanOf } from '../core/scoring/window_range.ts';
import type { OfflineScore } from '../scoring/offline_scorer.ts';
import { SpillError } from '../scoring/sorted_runs.ts';
import { CommandError } from './errors.ts';
import { detectionsText, type OutputFormat } from './output/format.ts';
import { inOrder } from './output/rows.ts';
import { rangeNotes, windowsText } from './output/windows.ts';
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
}

export interface ScoreTask extends Windows {
  readonly rule: Rule;
  readonly format: OutputFormat;
  readonly order: Order;
  readonly series: boolean;
}

/** Scores what `offline` has read, and frees its temporary file. Throws a CommandError if that file fails. */
export async function resultOf(offline: OfflineScore, task: ScoreTask): Promise<ScoreResult> {
  try {
    return await (task.isRange ? overWindows(offline, task) : ofWindow(offline, task));
  } catch (error) {
    if (error instanceof SpillError) throw new CommandError(error.message);
    throw error;
  } finally {
    offline.close();
  }
}

async function ofWindow(offline: OfflineScore, { rule, windows, format, order, series }: ScoreTask) {
  const { matched, groups, counted } = await offline.score(rule);
  const options = { series, window: spanOf(windows), hasReports: offline.reportsInWindow > 0 };
  const text = detectionsText(inOrder(matched, order), format, options);
  return { text, detections: matched.length, groups, counted, notes: [] };
}

async function overWindows(offline: OfflineScore, { rule, windows, format, order, series }: ScoreTask) {
  const { matched, groups, counted } = await offline.scoreOver(rule, windows);
  const options = { series, windows, hasReports: offline.reportsInWindow > 0 };
  const text = windowsText(inOrder(matched, order), format, options);
  return { text, detections: matched.length, groups, counted, notes: rangeNotes(matched, windows, offline.oldest) };
}
