import { stringify } from 'csv-stringify/sync';
import type { Matched } from '../../core/addresses.ts';
import { inertJson } from '../../core/text.ts';
import type { Window } from '../../core/window.ts';
import { ruleRow, seriesColumns } from './rows.ts';
import { detectionTable } from './table.ts';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** The detections as text, ending with a newline unless there is nothing to say. */
export function formatted(matched: readonly Matched[], format: Format, options: { series: boolean; window: Window }) {
  const rows = matched.map((each) => ({ ...ruleRow(each), ...(options.series ? seriesColumns(each) : {}) }));
  switch (format) {
    case 'table':
      return detectionTable(matched, options.window);
    case 'json':
      return rows.map((row) => `${inertJson(JSON.stringify(row))}\n`).join('');
    case 'csv':
      return csv(rows, options.series);
  }
}

/** The columns stand in the first line even where there are no rows, so that a script meets the same file always. */
function csv(rows: readonly object[], series: boolean): string {
  return stringify(
    rows.map((row) => Object.values(row).map((value) => (Array.isArray(value) ? JSON.stringify(value) : value))),
    {
      header: true,
      columns: series ? [...RULE_COLUMNS, ...SERIES_COLUMNS] : [...RULE_COLUMNS],
      // A spreadsheet would run what begins with = + - @; names come from attackers.
      escape_formulas: true,
    },
  );
}

const RULE_COLUMNS = [
  'FirstConnection',
  'LastConnection',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'count_of_hours',
  'inliner_count',
  'outlier_count',
  'avg_conn_count',
] as const satisfies readonly (keyof ReturnType<typeof ruleRow>)[];

const SERIES_COLUMNS = [
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
