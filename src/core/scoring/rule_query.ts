import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kql/timespan.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import { roundedText } from '../text/numbers.ts';
import { KQL_RULE, type Rule } from './rule.ts';

/** Where the query runs. The tables differ in the name of the time column. */
export type QueryPlace = 'defender' | 'sentinel';

/**
 * The rule as KQL, with the given settings. With those of `KQL_RULE` in grain `report`, it is the published query to the
 * letter: "Suspicious Network Beacons", copyright (c) 2022 Mehmet Ergene, BSD-3-Clause
 * (LICENSES/suspicious-network-beacons.txt). Grain `hour` adds the sum of each clock hour. `asOf`: the end of the window;
 * null for the instant at which the query runs.
 */
export function ruleQuery(rule: Rule, asOf: Timestamp | null, place: QueryPlace = 'defender'): string {
  const time = place === 'defender' ? 'Timestamp' : 'TimeGenerated';
  const perDay = String(rule.minUniformPerDay);
  return [
    `let lookback = ${timespanText(rule.lookbackDays)};`,
    `let min_uniform_count = ${perDay} * (lookback / 1d); // (${perDay} uniform distribution per lookback)`,
    ...(asOf === null ? [] : [`let asOf = datetime(${asOf});`]),
    'DeviceNetworkEvents',
    `| where ${time} > ${asOf === null ? 'ago(lookback)' : `asOf - lookback and ${time} <= asOf`}`,
    '| where ActionType endswith "AggregatedReport"',
    '| where ipv4_is_private(RemoteIP) == false',
    '| extend ConnectionCount = toint(parse_json(AdditionalFields).uniqueEventsAggregated)',
    `| project Timestamp = bin(${time}, 1h), ${KEYS}, ConnectionCount`,
    ...(rule.grain === 'hour' ? HOURLY : []),
    '| sort by Timestamp asc',
    `| summarize Timestamp = make_list(Timestamp), ConnCounts = make_list(ConnectionCount) by ${KEYS}`,
    '| extend count_of_hours = array_length(Timestamp)',
    `| extend anomalies_decomposed = series_decompose_anomalies(ConnCounts, ${String(rule.anomalyThreshold)}, -1),`,
    'series_stats(ConnCounts)',
    '| mv-apply anomaly = anomalies_decomposed to typeof(int) on (',
    'summarize inliner_count = countif(anomaly !in (-1, 1)), outlier_count = countif(anomaly in (-1, 1))',
    ')',
    `| where inliner_count >= min_uniform_count and series_stats_ConnCounts_avg > ${averageText(rule.minAverage)}`,
    '| sort by series_stats_ConnCounts_avg desc',
    '| extend FirstConnection = Timestamp[0], LastConnection=Timestamp[-1], avg_conn_count=toint(series_stats_ConnCounts_avg)',
    `| project-reorder FirstConnection, LastConnection, ${KEYS}, count_of_hours, inliner_count, outlier_count, avg_conn_count`,
    '',
  ].join('\n');
}

const KEYS = 'DeviceName, InitiatingProcessFileName, RemoteIP';

/** One row per clock hour. An hour whose reports all lack a count stays null, whatever sum() makes of nulls. */
const HOURLY = [
  `| summarize Counted = countif(isnotnull(ConnectionCount)), ConnectionCount = sum(ConnectionCount) by Timestamp, ${KEYS}`,
  '| extend ConnectionCount = iff(Counted > 0, ConnectionCount, long(null))',
];

/** A timespan literal, in the largest unit that makes it a whole number: `3d`, `12h`. */
function timespanText(days: number): string {
  const ms = Math.round(days * DAY_MS);
  const [unit, unitMs] = UNITS.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / unitMs}${unit}`;
}

const UNITS = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', 1000],
] as const;

/** The number, and the comment that the published query has beside it. */
function averageText(average: number): string {
  const number = String(average);
  if (average === KQL_RULE.minAverage) return `${number} // avg=45 is roughly 1 min sleep with some jitter`;
  return average > 0 ? `${number} // one connection every ${roundedText(3600 / average, 1)} s` : number;
}
