import type { Dropped, RuleMatch, WhatIf } from '../../scoring/what_if.ts';
import type { OutputFormat } from '../output/format.ts';
import { csvLines, jsonLines } from '../output/lines.ts';
import { minute } from '../output/number_text.ts';
import { plainRows, type TextColumn, textTable } from '../output/text_table.ts';
import type { TableView } from '../output/view.ts';

const COLUMNS: readonly TextColumn[] = [
  { head: 'change' },
  { head: 'device', narrowest: 14 },
  { head: 'process', narrowest: 12 },
  { head: 'remote' },
  { head: 'avg/h', right: true },
  { head: 'inliers', right: true, rank: 2 },
  { head: 'devices', right: true, rank: 1 },
  { head: 'severity', kind: 'severity' },
  { head: 'reason', widest: 60, rank: 4 },
  { head: 'last match (UTC)', rank: 3 },
];

const REASONS: Record<Dropped['reason'], string> = {
  'too-few-points': 'fewer hours with reports than the minimum',
  'low-average': 'average not above the threshold',
  'too-few-inliers': 'fewer inliers than the minimum',
  'no-reports': 'no report in the window',
};

/** The detections that the settings would add or remove, one line each; the highest averages first. */
export function whatIfText({ added, gone }: WhatIf, format: OutputFormat, view: TableView): string {
  const rows = [...added.map((each) => addedRow(each)), ...gone.map((each) => removedRow(each))];
  if (format === 'json') return jsonLines(rows);
  if (format === 'csv') return csvLines(CSV_COLUMNS, rows);
  if (rows.length === 0) return 'No detection would be added or removed.\n';
  return textTable(
    COLUMNS,
    plainRows(
      rows.map((row) => [
        row.change,
        row.DeviceName,
        row.InitiatingProcessFileName,
        row.RemoteIP,
        row.avg_conn_count,
        row.inliner_count,
        row.devices,
        row.severity,
        row.reason === '' ? '' : REASONS[row.reason],
        row.lastMatched === null ? '' : minute(row.lastMatched),
      ]),
    ),
    view,
  );
}

const CSV_COLUMNS = [
  ...['change', 'reason', 'id', 'source', 'FirstConnection', 'LastConnection', 'DeviceName'],
  ...['InitiatingProcessFileName', 'RemoteIP', 'count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'],
  ...['devices', 'spread', 'severity', 'lastMatched'],
];

function addedRow(proposed: RuleMatch) {
  return { change: 'added' as const, reason: '' as const, ...ruleColumns(proposed), lastMatched: null };
}

/** With the numbers of the last match. If that is long ago, the detection would resolve under any settings. */
function removedRow({ detection, reason }: Dropped) {
  return { change: 'removed' as const, reason, ...ruleColumns(detection), lastMatched: detection.lastMatched };
}

function ruleColumns(row: RuleMatch) {
  const { source, FirstConnection, LastConnection, DeviceName, InitiatingProcessFileName, RemoteIP } = row;
  const { count_of_hours, inliner_count, outlier_count, avg_conn_count, devices, spread, severity } = row;
  return {
    id: row.groupId,
    source,
    ...{ FirstConnection, LastConnection, DeviceName, InitiatingProcessFileName, RemoteIP },
    ...{ count_of_hours, inliner_count, outlier_count, avg_conn_count, devices, spread, severity },
  };
}
