import type { SummaryView } from '../../detections/query_detections.ts';
import type { OutputFormat } from '../output/format.ts';
import { csvLines, jsonLines, type TextColumn, textTable } from '../output/lines.ts';
import { minute, secondsText } from '../output/number_text.ts';
import { SHORT_ID_LENGTH } from './detection_id.ts';

const COLUMNS: readonly TextColumn[] = [
  { head: 'id' },
  { head: 'severity' },
  { head: 'state' },
  { head: 'device' },
  { head: 'process' },
  { head: 'remote' },
  { head: 'avg/h', right: true },
  { head: 'interval', right: true },
  { head: 'devices', right: true },
  { head: 'opened (UTC)' },
  { head: 'last match (UTC)' },
  { head: 'verdict' },
  { head: 'suppressed by' },
];

const CSV_COLUMNS = [
  ...['id', 'severity', 'state', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'source', 'detector'],
  ...['FirstConnection', 'LastConnection', 'count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'],
  ...['average', 'spread', 'interval', 'devices', 'otherProcesses', 'severityReason', 'episode', 'revision'],
  ...['revisionReason', 'asOf', 'lastMatched', 'suppressedBy', 'verdict', 'who', 'note'],
];

/** A page of detections. `isFirst` is false for later pages, which have no CSV header. */
export function listText(detections: readonly SummaryView[], format: OutputFormat, isFirst = true): string {
  switch (format) {
    case 'json':
      return jsonLines(detections);
    case 'csv':
      return csvLines(CSV_COLUMNS, detections.map(csvRow), isFirst);
    case 'table':
      return detections.length === 0 ? 'No detections.\n' : textTable(COLUMNS, detections.map(rowOf));
  }
}

function csvRow({ verdict, ...rest }: SummaryView): object {
  return verdict === null ? { ...rest, verdict: '' } : { ...rest, ...verdict, verdict: verdict.value };
}

function rowOf(each: SummaryView): (string | number)[] {
  return [
    each.id.slice(0, SHORT_ID_LENGTH),
    each.severity,
    each.state,
    each.DeviceName,
    each.InitiatingProcessFileName,
    each.RemoteIP,
    each.avg_conn_count,
    each.interval === null ? '' : secondsText(each.interval.seconds),
    each.devices,
    minute(each.episode),
    minute(each.lastMatched),
    each.verdict?.value ?? '',
    each.suppressedBy,
  ];
}
