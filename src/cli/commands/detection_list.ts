import { detectorsOf } from '../../core/detections/assessments.ts';
import { lolbinOf } from '../../core/detections/lolbins.ts';
import type { SummaryView } from '../../detections/query_detections.ts';
import type { OutputFormat } from '../output/format.ts';
import { csvLines, jsonLines } from '../output/lines.ts';
import { minute, secondsText } from '../output/number_text.ts';
import { plainRows, type TextColumn, textTable } from '../output/text_table.ts';
import type { TableView } from '../output/view.ts';
import { SHORT_ID_LENGTH } from './detection_id.ts';

const COLUMNS: readonly TextColumn[] = [
  { head: 'id' },
  { head: 'severity', kind: 'severity' },
  { head: 'state', rank: 6 },
  { head: 'device', narrowest: 14 },
  { head: 'process', narrowest: 12 },
  { head: 'LOLBin', rank: 4 },
  { head: 'known', rank: 3 },
  { head: 'account', rank: 9 },
  { head: 'remote' },
  { head: 'port', rank: 9 },
  { head: 'avg/h', right: true, rank: 5 },
  { head: 'score', right: true, rank: 6 },
  { head: 'interval', right: true, rank: 1 },
  { head: 'devices', right: true, rank: 2 },
  { head: 'opened (UTC)', rank: 7 },
  { head: 'last match (UTC)', rank: 8 },
  { head: 'verdict', rank: 3 },
  { head: 'suppressed by', rank: 4 },
];

const CSV_COLUMNS = [
  ...['id', 'severity', 'state', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'source', 'detectors'],
  ...['FirstConnection', 'LastConnection', 'count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'],
  ...['average', 'spread', 'interval', 'regularity', 'way', 'view', 'interval_low', 'interval_high', 'regularDevices'],
  ...['devices', 'otherProcesses', 'severityReason', 'episode', 'revision'],
  ...['revisionReason', 'asOf', 'lastMatched', 'suppressedBy', 'verdict', 'who', 'note', 'fleetDevices', 'lolbin'],
  ...['known', 'programHash'],
  ...['account', 'ports'],
];

/** A page of detections. `isFirst` is false for later pages, which have no CSV header. */
export function listText(
  detections: readonly SummaryView[],
  format: OutputFormat,
  view: TableView,
  isFirst = true,
): string {
  switch (format) {
    case 'json':
      return jsonLines(detections);
    case 'csv':
      return csvLines(CSV_COLUMNS, detections.map(csvRow), isFirst);
    case 'table':
      return detections.length === 0 ? 'No detections.\n' : textTable(COLUMNS, plainRows(detections.map(rowOf)), view);
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
    lolbin: lolbinOf(rest.InitiatingProcessFileName)?.technique ?? '',
    known: rest.known?.list ?? '',
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
    lolbinOf(each.InitiatingProcessFileName)?.technique ?? '',
    each.known?.list ?? '',
    each.account,
    each.RemoteIP,
    each.ports.join(' '),
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
