import { detectorsOf } from '../../core/detections/assessments.ts';
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
  { head: 'score', right: true },
  { head: 'interval', right: true },
  { head: 'devices', right: true },
  { head: 'opened (UTC)' },
  { head: 'last match (UTC)' },
  { head: 'verdict' },
  { head: 'suppressed by' },
];

const CSV_COLUMNS = [
  ...['id', 'severity', 'state', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'source', 'detectors'],
  ...['FirstConnection', 'LastConnection', 'count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'],
  ...['average', 'spread', 'interval', 'regularity', 'way', 'view', 'interval_low', 'interval_high', 'regularDevices'],
  ...['devices', 'otherProcesses', 'severityReason', 'episode', 'revision'],
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

/** The numbers of both detectors in one row: their names differ, but for the interval. */
function csvRow({ verdict, assessments, ...rest }: SummaryView): object {
  const { 'kql-rule': rule, regularity } = assessments;
  const row = {
    ...rule,
    ...regularity,
    ...rest,
    detectors: detectorsOf({ assessments }),
    interval: intervalOf(assessments),
  };
  return verdict === null ? { ...row, verdict: '' } : { ...row, ...verdict, verdict: verdict.value };
}

/** Seconds between connections: of `regularity` where it matched, since it corrects for partial hours. */
function intervalOf({ 'kql-rule': rule, regularity }: SummaryView['assessments']): number | null {
  return regularity?.interval ?? rule?.interval?.seconds ?? null;
}

function intervalText({ assessments }: SummaryView): string {
  const seconds = intervalOf(assessments);
  return seconds === null ? '' : secondsText(seconds);
}

function rowOf(each: SummaryView): (string | number)[] {
  const { 'kql-rule': rule, regularity } = each.assessments;
  return [
    each.id.slice(0, SHORT_ID_LENGTH),
    each.severity,
    each.state,
    each.DeviceName,
    each.InitiatingProcessFileName,
    each.RemoteIP,
    rule?.avg_conn_count ?? '',
    regularity?.regularity.toFixed(2) ?? '',
    intervalText(each),
    each.devices,
    minute(each.episode),
    minute(each.lastMatched),
    each.verdict?.value ?? '',
    each.suppressedBy,
  ];
}
