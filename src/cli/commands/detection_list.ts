import type { SummaryView } from '../../detections/query_detections.ts';
import type { OutputFormat } from '../output/format.ts';
import { csvLines, jsonLines, type TextColumn, textTable } from '../output/lines.ts';
import { SHORT_ID_LENGTH } from './detection_id.ts';
import { minute, secondsText } from './number_text.ts';

const COLUMNS: readonly TextColumn[] = [
  { head: 'id' },
  { head: 'severity' },
  { head: 'state' },
  { head: 'device' },
  { head: 'process' },
  { head: 'remote' },
  { head: 'avg/h', right: true },
  { head: 'every', right: true },
  { head: 'devices', right: true },
  { head: 'opened (UTC)' },
  { head: 'last match (UTC)' },
  { head: 'said, hidden' },
];

const CSV_COLUMNS = [
  ...['id', 'severity', 'state', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'source', 'detector'],
  ...['FirstConnection', 'LastConnection', 'count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'],
  ...['average', 'spread', 'interval', 'devices', 'otherProcesses', 'severityReason', 'episode', 'revision'],
  ...['revisionReason', 'asOf', 'lastMatched', 'suppressedBy', 'verdict', 'who', 'note'],
];

/** Detections in a list; `first`: whether a header is wanted where one stands once. */
export function listText(detections: readonly SummaryView[], format: OutputFormat, first = true): string {
  switch (format) {
    case 'json':
      return jsonLines(detections);
    case 'csv': {
      const rows = detections.map(({ verdict, ...rest }) => ({ ...rest, ...verdict }));
      return csvLines(CSV_COLUMNS, rows, first);
    }
    case 'table':
      return detections.length === 0 ? 'No detections.\n' : textTable(COLUMNS, detections.map(rowOf));
  }
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
    [each.verdict?.value ?? '', each.suppressedBy].filter((text) => text !== '').join(', '),
  ];
}
