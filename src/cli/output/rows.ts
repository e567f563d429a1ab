import { type Order, orderOf, type Ranked } from '../../core/detections/order.ts';
import type { Matched } from '../../core/scoring/address_scorer.ts';
import { countedHoursOf } from '../../core/scoring/folded_counts.ts';
import { spreadOf } from '../../core/scoring/spread.ts';

/** The rule's nine columns, in the rule's order. */
export function ruleRow({ group, match }: Matched) {
  const { Timestamp } = group.series;
  return {
    FirstConnection: Timestamp[0],
    LastConnection: Timestamp.at(-1),
    DeviceName: group.key.DeviceName,
    InitiatingProcessFileName: group.key.InitiatingProcessFileName,
    RemoteIP: group.key.RemoteIP,
    count_of_hours: match.count_of_hours,
    inliner_count: match.inliner_count,
    outlier_count: match.outlier_count,
    avg_conn_count: match.avg_conn_count,
  };
}

export type RuleRow = ReturnType<typeof ruleRow>;

/** The columns that the query adds: the lists, and the series_stats columns under their names in Kusto. */
export function seriesColumns({ group, match }: Matched) {
  const { stats } = match;
  return {
    Timestamp: group.series.Timestamp,
    ConnCounts: group.series.ConnCounts,
    anomalies_decomposed: match.flags,
    series_stats_ConnCounts_min: stats.min,
    series_stats_ConnCounts_min_idx: stats.min_idx,
    series_stats_ConnCounts_max: stats.max,
    series_stats_ConnCounts_max_idx: stats.max_idx,
    series_stats_ConnCounts_avg: stats.avg,
    series_stats_ConnCounts_stdev: stats.stdev,
    series_stats_ConnCounts_variance: stats.variance,
  };
}

/** The matches in an order; the rule's by default. */
export function inOrder<M extends Matched>(matched: readonly M[], order: Order = 'average'): M[] {
  const compare = orderOf(order);
  return matched
    .map((each) => ({ each, ranked: rankedOf(each) }))
    .sort((a, b) => compare(a.ranked, b.ranked))
    .map(({ each }) => each);
}

function rankedOf({ group, match, devices }: Matched): Ranked {
  const { ConnCounts, countHours } = group.series;
  const spread = spreadOf(ConnCounts, match.flags, countedHoursOf(group.key, countHours));
  return { ...group.key, average: match.stats.avg, devices, spread };
}
