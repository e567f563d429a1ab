import type { Matched } from './addresses.ts';
import { type Finding, MAX_EVIDENCE_POINTS } from './detection.ts';
import type { Grain, Series } from './series.ts';

/** The rule's row of a group that matches, and what is behind it. */
export function findingOf({ group, match, devices }: Matched, grain: Grain): Finding {
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = group.key;
  const { Timestamp } = group.series;
  const newest = -MAX_EVIDENCE_POINTS;
  return {
    groupId: group.groupId,
    detector: 'seed',
    source,
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    // A series that matches has at least one row.
    FirstConnection: Timestamp[0] as (typeof Timestamp)[number],
    LastConnection: Timestamp.at(-1) as (typeof Timestamp)[number],
    count_of_hours: match.count_of_hours,
    inliner_count: match.inliner_count,
    outlier_count: match.outlier_count,
    avg_conn_count: match.avg_conn_count,
    average: match.stats.avg,
    devices,
    evidence: {
      grain,
      Timestamp: group.series.countHours.slice(newest),
      ConnCounts: group.series.ConnCounts.slice(newest),
      flags: match.flags.slice(newest),
      scores: match.scores.slice(newest).map(finiteScore),
      baseline: match.baseline.slice(newest),
      period: match.period,
      omitted: omittedOf(group.series),
    },
  };
}

function omittedOf(series: Series): number {
  return series.dropped + Math.max(0, series.ConnCounts.length - MAX_EVIDENCE_POINTS);
}

/**
 * Where all other points are equal there is no spread to measure a deviation by, and the score is infinite. JSON has no
 * word for that, so that evidence says a billion.
 */
function finiteScore(score: number): number {
  return Math.max(-INFINITE_SCORE, Math.min(INFINITE_SCORE, score));
}

export const INFINITE_SCORE = 1e9;
