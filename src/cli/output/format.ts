import type { Matched } from '../../core/scoring/address_scorer.ts';
import type { Grain } from '../../core/scoring/series.ts';
import type { Window } from '../../core/scoring/window.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { UsageError } from '../errors.ts';
import { csvLines, jsonLines } from './lines.ts';
import { type RuleRow, ruleRow, seriesColumns } from './rows.ts';
import { type DetectionLine, detectionTable } from './table.ts';
import type { TableView } from './view.ts';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type OutputFormat = (typeof FORMATS)[number];

/** The format of `--format`. Throws a UsageError. */
export function formatOf(text: string): OutputFormat {
  const known = FORMATS.find((each) => each === text);
  if (!known) throw new UsageError(`--format must be one of ${FORMATS.join(', ')}, got "${escapeForDisplay(text)}"`);
  return known;
}

/** The same for output without rows, which has no CSV. */
export function tableOrJson(text: string): 'table' | 'json' {
  if (text !== 'table' && text !== 'json')
    throw new UsageError(`--format must be table or json, got "${escapeForDisplay(text)}"`);
  return text;
}

interface Scored {
  readonly series: boolean;
  readonly window: Window;
  readonly grain: Grain;
  /** Whether any report fell into the window. */
  readonly hasReports: boolean;
  readonly view: TableView;
}

/** The detections as text that ends with a newline, or '' for JSON without detections. */
export function detectionsText(matched: readonly Matched[], format: OutputFormat, options: Scored) {
  if (format === 'table') return detectionLinesText(matched.map(lineOf), format, options);
  const rows = matched.map((each) => ({ ...ruleRow(each), ...(options.series ? seriesColumns(each) : {}) }));
  return format === 'json' ? jsonLines(rows) : csv(rows, options.series);
}

/** The same for detections that were not scored here; without the series columns. */
export function detectionLinesText(
  lines: readonly DetectionLine[],
  format: OutputFormat,
  { window, grain, hasReports, view }: Omit<Scored, 'series'>,
): string {
  switch (format) {
    case 'table':
      // Without reports, "No beacons" would look like a result.
      return hasReports ? detectionTable(lines, window, grain, view) : 'No report in the window: nothing was scored.\n';
    case 'json':
      return jsonLines(lines.map(onlyRule));
    case 'csv':
      return csv(lines.map(onlyRule), false);
  }
}

function lineOf(each: Matched): DetectionLine {
  const { countHours, ConnCounts } = each.group.series;
  return { ...ruleRow(each), countHours, ConnCounts };
}

function onlyRule(line: DetectionLine): object {
  return Object.fromEntries(RULE_COLUMNS.map((column) => [column, line[column]]));
}

function csv(rows: readonly object[], series: boolean): string {
  return csvLines(series ? [...RULE_COLUMNS, ...SERIES_COLUMNS] : RULE_COLUMNS, rows);
}

/** The rule's nine columns, in the rule's order. */
export const RULE_COLUMNS = [
  'FirstConnection',
  'LastConnection',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'count_of_hours',
  'inliner_count',
  'outlier_count',
  'avg_conn_count',
] as const satisfies readonly (keyof RuleRow)[];

/** The columns of `--series`. */
export const SERIES_COLUMNS = [
  'Timestamp',
  'ConnCounts',
  'anomalies_decomposed',
  'series_stats_ConnCounts_min',
  'series_stats_ConnCounts_min_idx',
  'series_stats_ConnCounts_max',
  'series_stats_ConnCounts_max_idx',
  'series_stats_ConnCounts_avg',
  'series_stats_ConnCounts_stdev',
  'series_stats_ConnCounts_variance',
] as const satisfies readonly (keyof ReturnType<typeof seriesColumns>)[];
