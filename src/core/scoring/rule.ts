import type { Grain } from './series.ts';

/** The rule's parameters; the defaults are those of the published rule. */
export interface Rule {
  /** Days of the window. */
  readonly lookbackDays: number;
  /** Minimum of inliers per day of the window: the rule's `4 * (lookback / 1d)`. */
  readonly minUniformPerDay: number;
  /** The mean of the series must be above this; 45 connections per hour are one every 80 s. */
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
