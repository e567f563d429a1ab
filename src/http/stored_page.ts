import type { RuleSummary } from '../core/detections/assessments.ts';
import { type Owner, ownerText } from '../core/detections/owner.ts';
import { suppressCommand } from '../core/detections/suppress_command.ts';
import type { Hour } from '../core/kql/bin.ts';
import { series_decompose_anomalies } from '../core/kql/series_decompose_anomalies.ts';
import { DAY_MS, HOUR_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../core/kql/timestamp.ts';
import type { RegularityThresholds } from '../core/regularity/assessment.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { DetectionDetail, ReportView } from '../detections/get_detection.ts';
import type { SummaryView } from '../detections/query_detections.ts';
import { pageKqlRule, pageRegularity } from '../web/page_assessments.ts';
import type { PageDetection, PageKqlRule, PagePoint } from '../web/page_data.ts';
import { eventsOf } from './page_events.ts';

/** The window of a page: the hours of its pictures, and their end. */
export interface PageSpan {
  readonly asOf: Timestamp;
  readonly hours: readonly Hour[];
  readonly thresholds: RegularityThresholds;
}

/**
 * A row of a list as the pages show it. The list has no evidence: what the KQL rule expected of each hour is computed again
 * from the row's own hours.
 */
export function pageSummary(summary: SummaryView, span: PageSpan, rule: Rule): PageDetection {
  const hours = shifted(summary.hours, summary.lastMatched, span.asOf, HOUR_MS);
  const match = summary.assessments['kql-rule'];
  return {
    ...keyOf(summary),
    ...storedOf(summary, span),
    hours,
    kqlRule: match && ruleOfSummary(match, hours, span.hours, rule),
    account: summary.account,
    ports: summary.ports,
    hosts: [],
    owner: '',
    onlyFailed: false,
    traffic: null,
    queries: [],
    suppress: null,
    record: recordOf(summary),
  };
}

/** One detection with its evidence, its newest reports, its history and the owner of its address. */
export function pageDetail(detail: DetectionDetail, owner: Owner | null, span: PageSpan): PageDetection {
  const { traffic, queries, source, RemoteIP } = detail;
  const rule = detail.assessments['kql-rule'];
  const { command, omitted } = suppressCommand(detail);
  const isDefender = source === 'defender' || source === 'defender-raw';
  const forDefender = isDefender ? [{ label: 'Query for Defender', query: queries.defender }] : [];
  return {
    ...keyOf(detail),
    ...storedOf(detail, span),
    ...(detail.otherAddresses && { otherAddresses: detail.otherAddresses.remoteIPs.map(unmeasured) }),
    hours: shifted(detail.hours, detail.lastMatched, span.asOf, HOUR_MS),
    kqlRule: rule && pageKqlRule(rule),
    account: traffic.accounts[0] ?? '',
    ports: traffic.ports.map(({ port }) => port),
    hosts: [],
    owner: owner === null ? '' : ownerText(owner),
    onlyFailed: traffic.failed > 0 && traffic.succeeded === 0,
    traffic,
    // A query names one address.
    queries: RemoteIP === '*' ? [] : [...forDefender, { label: 'Query for Sentinel', query: queries.sentinel }],
    suppress: omitted.length === 0 ? `beaconwatch ${command}` : null,
    record: { ...recordOf(detail), events: eventsOf(detail), reports: detail.latestReports.map(reportOf) },
  };
}

function keyOf({ id, source, DeviceName, InitiatingProcessFileName, RemoteIP, ...rest }: Summarized) {
  const { severity, severityReason, known } = rest;
  return { id, source, DeviceName, InitiatingProcessFileName, RemoteIP, severity, severityReason, known };
}

type Summarized = Omit<SummaryView, 'assessments' | 'account' | 'ports'> & {
  readonly assessments: { readonly regularity: SummaryView['assessments']['regularity'] };
};

function storedOf(
  { days, lastMatched, assessments: { regularity }, devices, fleetDevices, otherProcesses }: Summarized,
  { asOf, thresholds }: PageSpan,
) {
  return {
    days: shifted(days, lastMatched, asOf, DAY_MS),
    regularity: regularity && pageRegularity(regularity, regularity.way, thresholds),
    devices,
    fleetDevices,
    otherProcesses,
    isNew: null,
    otherAddresses: (regularity?.remoteIPs ?? []).map(unmeasured),
  };
}

function unmeasured(RemoteIP: string) {
  return { RemoteIP, connections: null, hosts: [] };
}

function recordOf({ state, decision, suppressedBy, verdict }: Summarized) {
  return {
    state,
    isDecided: decision.isDecided,
    suppressedBy,
    verdict: verdict?.value ?? null,
    events: [],
    reports: [],
  };
}

/** Sums that end with one instant, as sums that end with a later one: what came between is not known. */
export function shifted(
  sums: readonly (number | null)[],
  from: Timestamp,
  to: Timestamp,
  stepMs: number,
): (number | null)[] {
  // The hour, and the day, that ends at an instant is the one before it.
  const by = Math.floor((msOf(to) - 1) / stepMs) - Math.floor((msOf(from) - 1) / stepMs);
  return sums.map((_sum, index) => sums[index + by] ?? null);
}

function ruleOfSummary(
  { count_of_hours, inliner_count, outlier_count, average, spread, interval }: RuleSummary,
  hours: readonly (number | null)[],
  names: readonly Hour[],
  { grain, minUniformPerDay, lookbackDays, minAverage, anomalyThreshold }: Rule,
): PageKqlRule {
  return {
    ...{ count_of_hours, inliner_count, outlier_count, average, spread, interval, grain },
    points: grain === 'hour' ? pointsOf(hours, names, anomalyThreshold) : [],
    ...{ minUniform: minUniformPerDay * lookbackDays, minAverage, anomalyThreshold },
  };
}

function pointsOf(hours: readonly (number | null)[], names: readonly Hour[], threshold: number): PagePoint[] {
  const known = hours.flatMap((count, index) => {
    const hour = names[index];
    return count === null || hour === undefined ? [] : [{ hour, count }];
  });
  const { ad_flag, ad_score, baseline } = series_decompose_anomalies(
    known.map(({ count }) => count),
    threshold,
  );
  return known.map((each, index) => ({
    ...each,
    expected: baseline[index] ?? 0,
    flag: ad_flag[index] ?? 0,
    score: ad_score[index] ?? 0,
  }));
}

function reportOf({ Timestamp, count, ...facts }: ReportView) {
  const { InitiatingProcessAccountName, InitiatingProcessFolderPath, LocalIP, RemotePort, RemoteUrl, ActionType } =
    facts;
  const texts = [
    InitiatingProcessAccountName,
    InitiatingProcessFolderPath,
    LocalIP,
    RemotePort === undefined ? undefined : `port ${RemotePort}`,
    RemoteUrl,
    ActionType,
  ];
  return { at: Timestamp, count, facts: texts.filter((text) => text !== undefined && text !== '') as string[] };
}
