import * as z from 'zod';
import type { Evidence, RegularAssessment, RuleAssessment, RuleSummary } from '../../core/detections/assessments.ts';
import {
  DETECTION_ID,
  type Detection,
  type NotifiedRhythm,
  type SinkDelivery,
} from '../../core/detections/detection.ts';
import { listedTraffic } from '../../core/detections/traffic.ts';
import type { Verdict } from '../../core/detections/verdict.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { ActiveList, DetectionRow, ListedAddresses, SummaryRow } from '../ports/detections.ts';
import { double, int32, int64, joined, json, longText, readColumns, readPrefixed, wellFormed } from './columns.ts';
import {
  DELIVERY,
  EVIDENCE_ROW,
  EVIDENCE_TEXTS,
  LIST_ROW,
  LIST_TEXTS,
  LONG_ROW,
  LONG_TEXTS,
  REGULAR_ROW,
  RULE_ROW,
  SUMMARY_ROW,
  SUMMARY_TEXTS,
  VERDICT_ROW,
} from './detections_columns.ts';
import { TABLES } from './names.ts';
import type { NewTableRow, TableRow } from './table.ts';

/** A sink's name has letters, digits and `_` only, so that it can stand in a column's name. */
const SINK = 'Sink_';
const DELIVERIES = z.record(z.string(), DELIVERY);

function keysOf(id: string): { partitionKey: string; rowKey: string } {
  if (!DETECTION_ID.test(id)) throw new RangeError(`not an id of a detection: ${id}`);
  return { partitionKey: id.slice(0, 1), rowKey: id };
}

/** The scorer's columns, and no others. A merge keeps columns that it does not name, so empty values are written too. */
export function encodeDetection(detection: Detection): NewTableRow {
  const { 'kql-rule': rule, regularity } = detection.assessments;
  const { decision, highestAverage } = detection;
  const { account, ports } = listedTraffic(detection.traffic);
  return {
    ...keysOf(detection.groupId),
    Source: detection.source,
    DeviceName: wellFormed(detection.DeviceName),
    InitiatingProcessFileName: wellFormed(detection.InitiatingProcessFileName),
    RemoteIP: wellFormed(detection.RemoteIP),
    FirstConnection: detection.FirstConnection,
    LastConnection: detection.LastConnection,
    Devices: int32(detection.devices),
    FleetDevices: int32(detection.fleetDevices ?? NONE),
    ...longText('OtherProcesses', json(detection.otherProcesses)),
    Account: wellFormed(account),
    ...longText('Ports', JSON.stringify(ports)),
    ...longText('Hours', JSON.stringify(detection.hours)),
    ...longText('Days', JSON.stringify(detection.days)),
    State: detection.state,
    Episode: detection.episode,
    Revision: int32(detection.revision),
    AsOf: detection.asOf,
    LastMatched: detection.lastMatched,
    SuppressedBy: wellFormed(detection.suppressedBy),
    Severity: detection.severity,
    SeverityReason: wellFormed(detection.severityReason),
    RevisionReason: wellFormed(detection.revisionReason),
    HighestAverage: double(highestAverage ?? NONE),
    ProgramHash: detection.programHash ?? '',
    ...longText('Known', json(detection.known)),
    ...longText('Technique', json(detection.technique)),
    ...longText('Traffic', json(detection.traffic)),
    Decided: decision.isDecided,
    Ripe: decision.isRipe,
    RunsInARow: int32(decision.runsInARow),
    HighestSeverity: decision.highestSeverity,
    NotifiedInterval: double(decision.lastNotified?.interval ?? NONE),
    NotifiedScore: double(decision.lastNotified?.score ?? NONE),
    ...longText('Episodes', json(detection.episodes)),
    RuleLastMatched: rule?.lastMatched ?? '',
    ...(rule !== null && ruleColumns(rule)),
    RegularLastMatched: regularity?.lastMatched ?? '',
    ...(regularity !== null && regularColumns(regularity)),
  };
}

/** A number that there is not. */
const NONE = -1;

function ruleColumns(rule: RuleAssessment) {
  return {
    RuleFirstConnection: rule.FirstConnection,
    RuleLastConnection: rule.LastConnection,
    count_of_hours: int32(rule.count_of_hours),
    inliner_count: int32(rule.inliner_count),
    outlier_count: int32(rule.outlier_count),
    avg_conn_count: int64(rule.avg_conn_count),
    Average: double(rule.average),
    Spread: double(rule.spread),
    ...longText('RuleInterval', json(rule.interval)),
    ...longText('Evidence', JSON.stringify(rule.evidence)),
  };
}

function regularColumns(regular: RegularAssessment) {
  const { views, measuredViews, session } = regular;
  return {
    Regularity: double(regular.regularity),
    RegularThreshold: double(regular.threshold),
    RegularWay: regular.way,
    RegularView: regular.view,
    RegularInterval: int64(regular.interval),
    RegularIntervalLow: int64(regular.interval_low),
    RegularIntervalHigh: int64(regular.interval_high),
    RegularHours: int32(regular.hours),
    RegularActiveHours: int32(regular.active_hours),
    RegularConnections: int64(regular.connections),
    RegularCoverage: double(regular.coverage),
    RegularHourOffset: int32(regular.hour_offset_min),
    RegularDevices: int32(regular.regularDevices),
    RegularAddresses: int32(regular.addresses),
    ...longText('RegularIPs', json(regular.remoteIPs)),
    ...longText('RegularMeasures', JSON.stringify({ views, measured: measuredViews, session })),
  };
}

/** One sink's column. */
export function encodeDelivery(id: string, sink: string, delivery: SinkDelivery): NewTableRow {
  return { ...keysOf(id), ...deliveryColumns([{ sink, delivery }]) };
}

export function deliveryColumns(
  deliveries: readonly { readonly sink: string; readonly delivery: SinkDelivery }[],
): Record<string, string> {
  return Object.fromEntries(deliveries.map(({ sink, delivery }) => [deliveryColumn(sink), JSON.stringify(delivery)]));
}

export function deliveryColumn(sink: string): string {
  return `${SINK}${sink}`;
}

/** The analyst's columns. They are absent until somebody records a verdict. */
export function encodeVerdict(id: string, { value, note, who, at }: Verdict): NewTableRow {
  return {
    ...keysOf(id),
    VerdictValue: value,
    VerdictNote: wellFormed(note),
    VerdictWho: wellFormed(who),
    VerdictAt: int64(at),
  };
}

/** The column of the process view. It is absent until it lists something. */
export function encodeListed(id: string, listed: ListedAddresses): NewTableRow {
  return { ...keysOf(id), ...longText('OtherAddresses', json(listed)) };
}

/** Throws a BadRowError where the row is not one of Detections. */
export function decodeDetection(row: TableRow): DetectionRow {
  const { detection, ...rest } = decodeSummary(row);
  const { account: _account, ports: _ports, ...listed } = detection;
  const columns = readColumns(TABLES.detections, LONG_ROW, joined(row, LONG_TEXTS));
  const { Traffic: traffic, Episodes: episodes } = columns;
  const { 'kql-rule': rule, regularity } = detection.assessments;
  const assessments = { 'kql-rule': rule && { ...rule, evidence: decodeEvidence(row) }, regularity };
  const { OtherAddresses: otherAddresses } = columns;
  return {
    detection: { ...listed, assessments, traffic, episodes },
    ...rest,
    ...(otherAddresses !== null && { otherAddresses }),
  };
}

/** A row with `LIST_COLUMNS` alone. Throws a BadRowError where the row is not one of Detections. */
export function decodeActiveList(row: TableRow): ActiveList {
  const { rowKey: id, OtherAddresses } = readColumns(TABLES.detections, LIST_ROW, joined(row, LIST_TEXTS));
  return { id, otherAddresses: OtherAddresses };
}

function decodeEvidence(row: TableRow): Evidence {
  return readColumns(TABLES.detections, EVIDENCE_ROW, joined(row, EVIDENCE_TEXTS)).Evidence;
}

/** A row with the columns of a summary alone. Throws a BadRowError where the row is not one of Detections. */
export function decodeSummary(row: TableRow): SummaryRow {
  const whole = joined(row, SUMMARY_TEXTS);
  const columns = readColumns(TABLES.detections, SUMMARY_ROW, whole);
  return {
    detection: {
      groupId: columns.rowKey,
      source: columns.Source,
      DeviceName: columns.DeviceName,
      InitiatingProcessFileName: columns.InitiatingProcessFileName,
      RemoteIP: columns.RemoteIP,
      FirstConnection: columns.FirstConnection,
      LastConnection: columns.LastConnection,
      assessments: {
        'kql-rule': decodeRule(whole, columns.RuleLastMatched),
        regularity: decodeRegular(whole, columns.RegularLastMatched),
      },
      devices: columns.Devices,
      fleetDevices: columns.FleetDevices,
      otherProcesses: columns.OtherProcesses,
      account: columns.Account,
      ports: columns.Ports,
      hours: columns.Hours,
      days: columns.Days,
      severity: columns.Severity,
      severityReason: columns.SeverityReason,
      technique: columns.Technique,
      programHash: columns.ProgramHash,
      known: columns.Known,
      state: columns.State,
      episode: columns.Episode,
      revision: columns.Revision,
      revisionReason: columns.RevisionReason,
      decision: {
        isDecided: columns.Decided,
        isRipe: columns.Ripe,
        runsInARow: columns.RunsInARow,
        highestSeverity: columns.HighestSeverity,
        lastNotified: decodeRhythm(columns.NotifiedInterval, columns.NotifiedScore),
      },
      highestAverage: columns.HighestAverage,
      asOf: columns.AsOf,
      lastMatched: columns.LastMatched,
      suppressedBy: columns.SuppressedBy,
    },
    deliveries: readPrefixed(TABLES.detections, SINK, DELIVERIES, row),
    verdict: decodeVerdict(row),
  };
}

function decodeRhythm(interval: number | null, score: number | null): NotifiedRhythm | null {
  return interval === null || score === null ? null : { interval, score };
}

function decodeRule(row: TableRow, lastMatched: Timestamp | ''): RuleSummary | null {
  if (lastMatched === '') return null;
  const columns = readColumns(TABLES.detections, RULE_ROW, row);
  return {
    FirstConnection: columns.RuleFirstConnection,
    LastConnection: columns.RuleLastConnection,
    count_of_hours: columns.count_of_hours,
    inliner_count: columns.inliner_count,
    outlier_count: columns.outlier_count,
    avg_conn_count: columns.avg_conn_count,
    average: columns.Average,
    spread: columns.Spread,
    interval: columns.RuleInterval,
    lastMatched,
  };
}

function decodeRegular(row: TableRow, lastMatched: Timestamp | ''): RegularAssessment | null {
  if (lastMatched === '') return null;
  const columns = readColumns(TABLES.detections, REGULAR_ROW, row);
  const { views, measured, session } = columns.RegularMeasures;
  return {
    regularity: columns.Regularity,
    way: columns.RegularWay,
    threshold: columns.RegularThreshold,
    view: columns.RegularView,
    views,
    interval: columns.RegularInterval,
    interval_low: columns.RegularIntervalLow,
    interval_high: columns.RegularIntervalHigh,
    hours: columns.RegularHours,
    active_hours: columns.RegularActiveHours,
    connections: columns.RegularConnections,
    coverage: columns.RegularCoverage,
    hour_offset_min: columns.RegularHourOffset,
    measuredViews: measured,
    session,
    regularDevices: columns.RegularDevices,
    addresses: columns.RegularAddresses,
    remoteIPs: columns.RegularIPs,
    lastMatched,
  };
}

function decodeVerdict(row: TableRow): Verdict | null {
  if (row['VerdictValue'] === undefined || row['VerdictValue'] === null) return null;
  const columns = readColumns(TABLES.detections, VERDICT_ROW, row);
  const { VerdictValue: value, VerdictNote: note, VerdictWho: who, VerdictAt: at } = columns;
  return { value, note, who, at };
}
