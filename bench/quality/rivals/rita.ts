import { mean, quantile } from '../../harness/statistics.ts';

/** The connections of one pair of hosts. */
export interface PairConnections {
  /** Seconds, in order. */
  readonly times: readonly number[];
  /** Bytes that the source sent, one for each connection. */
  readonly sizes: readonly number[];
}

/** The parts of RITA's beacon score, each 0 to 1. */
export interface RitaScore {
  readonly timestamps: number;
  readonly sizes: number;
  readonly duration: number;
  readonly histogram: number;
  readonly score: number;
}

/** A pair with fewer connections is not scored: `unique_connection_threshold`. */
const MIN_CONNECTIONS = 4;
/** `duration_min_hours_seen`, `duration_consistency_ideal_hours_seen` */
const MIN_HOURS_SEEN = 6;
const IDEAL_HOURS = 12;
/** `histogram_mode_sensitivity`, `histogram_bimodal_outlier_removal`, `histogram_bimodal_min_hours_seen` */
const MODE_SENSITIVITY = 0.05;
const OUTLIERS = 1;
const MIN_BARS = 11;
const HOUR = 3600;
/** From here on RITA's severity is medium: `score_thresholds`. */
export const RITA_THRESHOLD = 0.7;

/**
 * RITA's beacon score, written for this benchmark from its published descriptions. No code of RITA was read or copied.
 *
 * Sources: docs/Configuration.md and default_config.hjson of activecm/rita at a3c51501 (weights, thresholds); pull requests
 * of activecm/rita-legacy: 128 and 792 (skew and dispersion of intervals and sizes), 69 (equal quartiles), 773 (intervals of
 * 0 s), 793 (duration), 794 (histogram). They leave open what the dispersion is divided by: here it is the median. Threat
 * modifiers (prevalence, first seen, headers) are left out.
 *
 * `from`, `to`: the span of the data set in seconds. null for a pair that is not scored.
 */
export function ritaScore({ times, sizes }: PairConnections, from: number, to: number): RitaScore | null {
  if (times.length < MIN_CONNECTIONS) return null;
  const intervals = times.slice(1).map((time, index) => time - (times[index] as number));
  const bars = barsOf(times, from, to);
  const parts = {
    timestamps: evenness(intervals.filter((interval) => interval > 0)),
    sizes: evenness(sizes),
    duration: durationOf(times, bars, to - from),
    histogram: histogramOf(bars),
  };
  return { ...parts, score: (parts.timestamps + parts.sizes + parts.duration + parts.histogram) / 4 };
}

/** The mean of two scores: symmetry (Bowley's skewness) and narrowness (median absolute deviation over the median). */
function evenness(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const [q1, q2, q3] = [quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)];
  // Where a quartile equals the median, the skewness says nothing: the values are very narrow.
  const skew = q1 === q2 || q2 === q3 ? 0 : (q1 + q3 - 2 * q2) / (q3 - q1);
  const deviation = quantile(
    values.map((value) => Math.abs(value - q2)),
    0.5,
  );
  const narrow = q2 > 0 ? Math.max(0, 1 - deviation / q2) : 0;
  return (1 - Math.abs(skew) + narrow) / 2;
}

/** Connections per hour of the span. */
function barsOf(times: readonly number[], from: number, to: number): number[] {
  const bars = Array.from({ length: Math.max(1, Math.ceil((to - from) / HOUR)) }, () => 0);
  for (const time of times) {
    const bar = Math.min(bars.length - 1, Math.floor((time - from) / HOUR));
    bars[bar] = (bars[bar] ?? 0) + 1;
  }
  return bars;
}

/** The better of two: the share of the span between the first and the last connection; the longest run of hours with any. */
function durationOf(times: readonly number[], bars: readonly number[], span: number): number {
  if (bars.filter((bar) => bar > 0).length <= MIN_HOURS_SEEN) return 0;
  const coverage = ((times.at(-1) as number) - (times[0] as number)) / span;
  let run = 0;
  let longest = 0;
  // Runs wrap around from the end of the span to its start.
  for (const bar of [...bars, ...bars]) {
    run = bar > 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return Math.min(1, Math.max(coverage, longest / IDEAL_HOURS));
}

/** The better of two: flat bars (1 minus their coefficient of variation); bars of one or two heights. */
function histogramOf(bars: readonly number[]): number {
  const average = mean(bars);
  const deviation = Math.sqrt(mean(bars.map((bar) => (bar - average) ** 2)));
  const flat = Math.max(0, 1 - deviation / average);
  const seen = bars.filter((bar) => bar > 0);
  if (seen.length < MIN_BARS) return flat;
  const width = Math.ceil(Math.max(...seen) * MODE_SENSITIVITY);
  const buckets = new Map<number, number>();
  for (const bar of seen) buckets.set(Math.floor(bar / width), (buckets.get(Math.floor(bar / width)) ?? 0) + 1);
  const [first = 0, second = 0] = [...buckets.values()].sort((a, b) => b - a);
  return Math.max(flat, Math.min(1, (first + second) / (seen.length - OUTLIERS)));
}
