import type { Grain } from './series.ts';

/** The rule's numbers; the defaults are the seed rule's. */
export interface Rule {
  /** Days of the window. */
  readonly lookbackDays: number;
  /** Inliers wanted per day of the window: the seed's `4 * (lookback / 1d)`. */
  readonly minUniformPerDay: number;
  /** The mean of the series must be above this; 45 connections an hour is about one in 80 s. */
  readonly minAverage: number;
  /** `series_decompose_anomalies`' threshold: a point is an outlier beyond it. */
  readonly anomalyThreshold: number;
  readonly grain: Grain;
}

export const KQL_RULE: Rule = {
  lookbackDays: 3,
  minUniformPerDay: 4,
  minAverage: 45,
  anomalyThreshold: 1.5,
  grain: 'hour',
};
