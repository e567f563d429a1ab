import { series_stats } from '../kql/series_stats.ts';
import { HOUR_MS, MINUTE_MS } from '../kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../kql/timestamp.ts';
import type { Contribution } from '../records/contribution.ts';
import { type GroupKey, isRaw } from '../records/report.ts';
import { counted, rateText } from '../text/numbers.ts';
import { GroupCutter } from './group_cutter.ts';
import { kqlRule } from './kql_rule.ts';
import type { Rule } from './rule.ts';
import type { Grain } from './series.ts';
import { type Window, windowOf } from './window.ts';

/** The numbers of a row of the rule's answer. */
export interface RuleNumbers {
  readonly count_of_hours: number;
  readonly inliner_count: number;
  readonly outlier_count: number;
  readonly avg_conn_count: number;
}

/** A row of the answer of the rule's query. */
export interface AnswerRow extends RuleNumbers {
  readonly DeviceName: string;
  readonly InitiatingProcessFileName: string;
  readonly RemoteIP: string;
}

/** The likely reason why the answers of two sides differ in one group. */
export type DifferenceReason =
  /** Several rows of the answer are one group here. */
  | 'repeated-rows'
  /** Loopback and link-local addresses, which the query scores. */
  | 'out-of-scope'
  /** Equal in the other grain. */
  | 'grain'
  /** Equal if the window ends up to an hour earlier or later. */
  | 'window-edge'
  /** The files lack reports. */
  | 'cut-export'
  /** The answer has as many rows as the portal shows at most. */
  | 'cut-result'
  | 'no-reports'
  /** Reports reached one side only. */
  | 'late-reports'
  | 'near-threshold'
  | 'below-threshold'
  /** Equal counts, other flags. */
  | 'flags'
  | 'unknown';

/** What is known of one group whose rows differ. */
export interface DifferingGroup {
  readonly key: GroupKey;
  /** Rows of the query's answer for this group. */
  readonly answers: number;
  /** The row of the query's answer; null if it has none. */
  readonly theirs: RuleNumbers | null;
  /** The row of the files; null if the group does not match. */
  readonly ours: RuleNumbers | null;
  /** In time order, up to `EDGE_MS` around the window. */
  readonly contributions: readonly Contribution[];
}

/** What is known of the whole comparison. */
export interface Comparison {
  readonly rule: Rule;
  readonly window: Window;
  /** Hours of the window, and those without any report in the files. */
  readonly hours: number;
  readonly missingHours: number;
  /** Rows of the query's answer. */
  readonly resultRows: number;
  /** Whether the address is in scope here. */
  readonly isInScope: (remoteIP: string) => boolean;
  /** Whether the files hold any report of the device. */
  readonly isKnownDevice: (device: string) => boolean;
}

export interface Explanation {
  readonly reason: DifferenceReason;
  /** One sentence for a person. Contains no text of the telemetry. */
  readonly detail: string;
  /** By grain the ends of the window with which both sides are equal. */
  readonly equal?: readonly { readonly grain: Grain; readonly ends: readonly Ends[] }[];
}

/** How far another end of the window is tried. */
export const EDGE_MS = HOUR_MS;
/** Changes of the window that are tried for one group. */
const MAX_CHANGES = 240;
const GRAINS: readonly Grain[] = ['hour', 'report'];
/** Rows at which the portal cuts an answer. */
const RESULT_LIMITS = [10_000, 30_000, 100_000];
/** An average so near to its threshold that a few connections decide. */
const NEAR_SHARE = 0.05;
const NEAR_POINTS = 1;

/** The likely reason of a difference: what makes both sides equal if there is such a thing, else what the files lack. */
export function explain(group: DifferingGroup, comparison: Comparison): Explanation {
  return (
    repeated(group) ??
    outOfScope(group, comparison) ??
    equalElsewhere(group, comparison) ??
    lacking(group, comparison) ??
    nearThreshold(group, comparison)
  );
}

export function hasSameNumbers(a: RuleNumbers | null, b: RuleNumbers | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.count_of_hours === b.count_of_hours &&
    a.inliner_count === b.inliner_count &&
    a.outlier_count === b.outlier_count &&
    a.avg_conn_count === b.avg_conn_count
  );
}

function repeated({ answers }: DifferingGroup): Explanation | null {
  if (answers < 2) return null;
  return {
    reason: 'repeated-rows',
    detail: `the answer has ${answers} rows of this group; for Windows events, names that differ only in case are one group here`,
  };
}

function outOfScope({ key, theirs }: DifferingGroup, { isInScope }: Comparison): Explanation | null {
  if (theirs === null || isInScope(key.RemoteIP)) return null;
  return {
    reason: 'out-of-scope',
    detail: 'loopback and link-local addresses are not scored here; the query scores them',
  };
}

/** Whether another end of the window, or another grain, gives the row of the answer. */
function equalElsewhere(group: DifferingGroup, { rule, window }: Comparison): Explanation | null {
  const grains = isRaw(group.key.source) ? [rule.grain] : GRAINS;
  const equal = grains.map((grain) => ({ grain, ends: equalEnds(group, { ...rule, grain }, window) }));
  const found = equal.filter(({ ends }) => ends.length > 0);
  const best = found.find(({ grain }) => grain === rule.grain) ?? found[0];
  if (best === undefined) return null;
  const isSameEnd = best.ends.some(({ from, to }) => from <= window.asOf && window.asOf < to);
  const end = isSameEnd ? '' : endsText(nearest(best.ends, window.asOf));
  if (best.grain === rule.grain)
    return { reason: 'window-edge', detail: `equal if ${end} (now ${secondOf(window.asOf)})`, equal };
  const and = isSameEnd ? '' : `, and if ${end}`;
  return {
    reason: 'grain',
    detail: `equal with --grain ${best.grain}${and}: the answer counts by ${best.grain}`,
    equal,
  };
}

/** Ends of the window from one instant to another, which is not one of them. */
export interface Ends {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** The ends of the window, at most `EDGE_MS` away, at which the group has the row of the answer. */
function equalEnds({ contributions, theirs }: DifferingGroup, rule: Rule, window: Window): Ends[] {
  if (contributions.length === 0) return [];
  const changes = changesAround(contributions, rule, window);
  const found: Ends[] = [];
  for (const [n, from] of changes.slice(0, -1).entries()) {
    const { row } = stateAt(contributions, rule, windowOf(from, rule.lookbackDays));
    if (hasSameNumbers(row, theirs)) found.push({ from, to: changes[n + 1] as Timestamp });
  }
  return found;
}

/** The ends of the window at which its reports change, in order; the first and the last are those of the search. */
function changesAround(contributions: readonly Contribution[], rule: Rule, { asOf }: Window): Timestamp[] {
  const [least, most] = [addMs(asOf, -EDGE_MS), addMs(asOf, EDGE_MS)];
  const lookbackMs = msOf(asOf) - msOf(windowOf(asOf, rule.lookbackDays).after);
  const changes = new Set<Timestamp>();
  for (const { Timestamp, source } of contributions) {
    // A report enters the window that ends with it, and leaves the one that begins with it. An hour of raw events needs an
    // end after its start.
    const enters = isRaw(source) ? addMs(Timestamp, 1) : Timestamp;
    for (const end of [enters, addMs(enters, lookbackMs)]) if (end > least && end < most) changes.add(end);
  }
  // Enough for a report in each minute; of more, those in the middle of the search are nearest to asOf.
  const sorted = [...changes].sort();
  const skipped = Math.max(0, Math.ceil((sorted.length - MAX_CHANGES) / 2));
  return [least, ...sorted.slice(skipped, sorted.length - skipped), most];
}

function nearest(ends: readonly Ends[], asOf: Timestamp): Ends {
  const distance = ({ from, to }: Ends) => Math.min(Math.abs(msOf(from) - msOf(asOf)), Math.abs(msOf(to) - msOf(asOf)));
  return ends.reduce((best, each) => (distance(each) < distance(best) ? each : best));
}

function endsText({ from, to }: Ends): string {
  // A report of 12:10:04.7 enters the window that ends at 12:10:05.
  const first = from.slice(20, 27) === '0000000' ? from : addMs(from, 1000);
  return `the window ends between ${secondOf(first)} and ${secondOf(to)}`;
}

function secondOf(timestamp: Timestamp): string {
  return `${timestamp.slice(0, 19)}Z`;
}

/** The grain and end of the window, in whole minutes from the present end, at which most of the rows are equal. */
export function bestSettings(
  explanations: readonly Explanation[],
  asOf: Timestamp,
): { readonly grain: Grain; readonly asOf: Timestamp; readonly rows: number } | null {
  let best: { grain: Grain; asOf: Timestamp; rows: number } | null = null;
  for (let n = 0; n < (2 * EDGE_MS) / MINUTE_MS; n++) {
    // 0, 1, -1, 2, -2: of equally good ends the nearest.
    const minutes = n % 2 === 0 ? -n / 2 : (n + 1) / 2;
    const end = addMs(asOf, minutes * MINUTE_MS);
    for (const grain of GRAINS) {
      const rows = explanations.filter(({ equal }) => isEqualAt(equal, grain, end)).length;
      if (rows > (best?.rows ?? 0)) best = { grain, asOf: end, rows };
    }
  }
  return best;
}

function isEqualAt(equal: Explanation['equal'], grain: Grain, end: Timestamp): boolean {
  const ends = equal?.find((each) => each.grain === grain)?.ends ?? [];
  return ends.some(({ from, to }) => from <= end && end < to);
}

/** The row of the rule in this window, and what the rule compares with its thresholds. */
function stateAt(contributions: readonly Contribution[], rule: Rule, window: Window) {
  const cutter = new GroupCutter(window, rule.grain);
  const group = [...cutter.push(contributions), ...cutter.finish()][0];
  if (group === undefined) return { row: null, rows: 0, points: 0, average: 0 };
  const { Timestamp, ConnCounts } = group.series;
  const match = kqlRule(group.series, rule);
  const average = series_stats(ConnCounts)?.avg ?? 0;
  return { row: match.match ? numbersOf(match) : null, rows: Timestamp.length, points: ConnCounts.length, average };
}

export function numbersOf({ count_of_hours, inliner_count, outlier_count, avg_conn_count }: RuleNumbers): RuleNumbers {
  return { count_of_hours, inliner_count, outlier_count, avg_conn_count };
}

/** What one side lacks. */
function lacking(group: DifferingGroup, comparison: Comparison): Explanation | null {
  const { key, theirs, ours, contributions } = group;
  const { rule, window, resultRows } = comparison;
  const { rows } = stateAt(contributions, rule, window);
  if (theirs === null) {
    if (!RESULT_LIMITS.includes(resultRows)) return null;
    return {
      reason: 'cut-result',
      detail: `the answer has exactly ${counted(resultRows, 'row')}: it was probably cut`,
    };
  }
  const gaps =
    comparison.missingHours === 0
      ? ''
      : `; the files hold no report at all in ${comparison.missingHours} of the ${counted(comparison.hours, 'hour')} of the window`;
  if (rows === 0) {
    const what = comparison.isKnownDevice(key.DeviceName) ? 'group' : 'device';
    return {
      reason: gaps === '' ? 'no-reports' : 'cut-export',
      detail: `the files hold no report of this ${what}${gaps}`,
    };
  }
  const numbers = `${counted(theirs.count_of_hours, 'row')} of its series in the answer, ${rows} in the files`;
  if (rows < theirs.count_of_hours) {
    const why = 'the export was cut, or reports arrived after it was copied';
    return { reason: gaps === '' ? 'late-reports' : 'cut-export', detail: `${numbers}: ${why}${gaps}` };
  }
  if (rows > theirs.count_of_hours)
    return {
      reason: 'late-reports',
      detail: `${numbers}: reports arrived after the query had run, or were not in its window`,
    };
  if (ours === null) return null;
  if (ours.avg_conn_count !== theirs.avg_conn_count)
    return {
      reason: 'late-reports',
      detail: 'as many rows with other counts: a report within an hour is missing on one side',
    };
  return {
    reason: 'flags',
    detail:
      'equal counts with other outliers: an open question of how Kusto computes (docs/detection.md); please report it',
  };
}

function nearThreshold(group: DifferingGroup, { rule, window }: Comparison): Explanation {
  const { theirs, ours, contributions } = group;
  const { points, average } = stateAt(contributions, rule, window);
  const minimum = rule.minUniformPerDay * rule.lookbackDays;
  const inliers = ours?.inliner_count ?? points;
  const isNear =
    Math.abs(average - rule.minAverage) <= NEAR_SHARE * rule.minAverage || Math.abs(inliers - minimum) <= NEAR_POINTS;
  const numbers = `here ${rateText(average)} per hour (threshold ${rateText(rule.minAverage)}) in ${counted(points, 'point')} (minimum ${minimum} inliers)`;
  if (isNear) return { reason: 'near-threshold', detail: `${numbers}: a few connections decide` };
  if (ours === null && theirs !== null)
    return { reason: 'below-threshold', detail: `${numbers}: was the query run with these settings?` };
  return {
    reason: 'unknown',
    detail: `${numbers}: was the query run with these settings, and to the end of this window?`,
  };
}
