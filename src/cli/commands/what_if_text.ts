import { detectionIdOf } from '../../core/detections/detection.ts';
import type { Dropped, Proposed, WhatIf } from '../../scoring/what_if.ts';
import type { OutputFormat } from '../output/format.ts';
import { csvLines, jsonLines, textTable } from '../output/lines.ts';
import { minute } from './number_text.ts';

const COLUMNS = [
  { head: '' },
  { head: 'device' },
  { head: 'process' },
  { head: 'remote' },
  { head: 'avg/h', right: true },
  { head: 'inliers', right: true },
  { head: 'devices', right: true },
  { head: 'severity' },
  { head: 'why' },
  { head: 'last match (UTC)' },
];

/** Words for a person. */
const WHY: Record<Dropped['reason'], string> = {
  'too-few-points': 'too few hours with reports',
  'low-average': 'average not over the line',
  'too-few-inliers': 'too few steady hours',
  'no-reports': 'no report in the window',
};

/** What would be added and what would go, a line each, those with the highest averages first. */
export function whatIfText({ added, gone }: WhatIf, format: OutputFormat): string {
  const rows = [...added.map((each) => addedRow(each)), ...gone.map((each) => goneRow(each))];
  if (format === 'json') return jsonLines(rows);
  if (format === 'csv') return csvLines(CSV_COLUMNS, rows);
  if (rows.length === 0) return 'Nothing would be added, and nothing would go.\n';
  return textTable(
    COLUMNS,
    rows.map((row) => [
      row.revision === 'added' ? '+' : '-',
      row.DeviceName,
      row.InitiatingProcessFileName,
      row.RemoteIP,
      row.avg_conn_count,
      row.inliner_count,
      row.devices,
      row.severity,
      row.reason === '' ? '' : WHY[row.reason],
      row.lastMatched === null ? '' : minute(row.lastMatched),
    ]),
  );
}

const CSV_COLUMNS = [
  ...['revision', 'reason', 'id', 'source', 'FirstConnection', 'LastConnection', 'DeviceName'],
  ...['InitiatingProcessFileName', 'RemoteIP', 'count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'],
  ...['devices', 'spread', 'severity', 'lastMatched'],
];

function addedRow(proposed: Proposed) {
  return { revision: 'added' as const, reason: '' as const, ...ruleColumns(proposed), lastMatched: null };
}

/** With the numbers of its last match, which may be long ago: that it goes then is no matter of other settings. */
function goneRow({ detection, reason }: Dropped) {
  return { revision: 'gone' as const, reason, ...ruleColumns(detection), lastMatched: detection.lastMatched };
}

function ruleColumns(row: Proposed) {
  const { source, FirstConnection, LastConnection, DeviceName, InitiatingProcessFileName, RemoteIP } = row;
  const { count_of_hours, inliner_count, outlier_count, avg_conn_count, devices, spread, severity } = row;
  return {
    id: detectionIdOf(row),
    source,
    ...{ FirstConnection, LastConnection, DeviceName, InitiatingProcessFileName, RemoteIP },
    ...{ count_of_hours, inliner_count, outlier_count, avg_conn_count, devices, spread, severity },
  };
}
