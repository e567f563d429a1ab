import type { Matched } from '../../core/addresses.ts';

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

/** What the query puts behind them: the lists, and the series_stats columns by their names in Kusto. */
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

/** The rule's order: the average descending; ties, which Kusto leaves open, by key. */
export function byAverage(a: Matched, b: Matched): number {
  return (
    b.match.stats.avg - a.match.stats.avg ||
    compare(a.group.key.DeviceName, b.group.key.DeviceName) ||
    compare(a.group.key.InitiatingProcessFileName, b.group.key.InitiatingProcessFileName) ||
    compare(a.group.key.RemoteIP, b.group.key.RemoteIP) ||
    compare(a.group.key.source, b.group.key.source)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
