/**
 * The slow, obvious twins of src/core/kql/: every formula as it reads, with nothing shared, saved or skipped. They
 * import nothing, so an error would have to be made twice. Orders of addition are Kusto's, so answers agree bit for bit.
 */
type Numbers = readonly number[];

const add = (values: Numbers) => values.reduce((sum, x) => sum + x, 0);
const ascending = (values: Numbers) => [...values].sort((a, b) => a - b);
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

export function stats(x: Numbers) {
  const n = x.length;
  if (n === 0) return null;
  const sorted = ascending(x);
  const sum = add(x);
  const variance = n === 1 ? null : (n * add(x.map((v) => v * v)) - sum * sum) / (n * (n - 1));
  return {
    min: sorted[0],
    min_idx: x.indexOf(sorted[0]!),
    max: sorted.at(-1),
    max_idx: x.indexOf(sorted.at(-1)!),
    avg: sum / n,
    stdev: variance === null ? null : Math.sqrt(variance),
    variance,
    sum,
    len: n,
  };
}

export function percentile(x: Numbers, q: number): number {
  const sorted = ascending(x);
  const rank = q * (x.length - 1);
  const i = Math.floor(rank);
  return i === x.length - 1 ? sorted[i]! : sorted[i]! + (rank - i) * (sorted[i + 1]! - sorted[i]!);
}

export function median(x: Numbers): number {
  const sorted = ascending(x);
  const middle = x.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

export function outliers(x: Numbers, kind: 'ctukey' | 'tukey'): number[] {
  const [low, high, factor] =
    kind === 'ctukey'
      ? [percentile(x, 0.1), percentile(x, 0.9), 2.772605605507915]
      : [percentile(x, 0.25), percentile(x, 0.75), 1];
  return x.map((v) => {
    const beyond = v > high ? v - high : v < low ? v - low : 0;
    if (beyond === 0) return 0;
    return (beyond / (high - low)) * factor;
  });
}

/** What is left of a series without its mean. */
export function centre(x: Numbers): number[] {
  const mean = add(x) / x.length;
  return x.map((v) => v - mean);
}

/** c[p] of all lags 0 … n−1. */
export function autocorrelation(z: Numbers): number[] {
  const n = z.length;
  return z.map((_, p) => add(z.map((v, i) => v * z[(i + p) % n]!)));
}

/** Power of the lines 0 … ⌊n/2⌋. */
export function periodogram(z: Numbers): number[] {
  const n = z.length;
  return range(0, Math.floor(n / 2)).map((k) => {
    const angle = (i: number) => (2 * Math.PI * ((k * i) % n)) / n;
    const re = add(z.map((v, i) => v * Math.cos(angle(i))));
    const im = add(z.map((v, i) => v * Math.sin(angle(i))));
    return re * re + im * im;
  });
}

/** The lag that line k of the periodogram hints at, or null. */
function lagOf(k: number, n: number, score: Numbers, c: Numbers): number | null {
  const lags = range(4, Math.floor(n / 2)).filter((p) => p >= n / (k + 1) && p <= n / (k - 1));
  const best = Math.max(...lags.map((p) => score[p]!));
  const lag = lags.find((p) => score[p] === best)!;
  const half = Math.floor(n / 2);
  const after = lag + 1 <= half ? c[lag + 1]! : c[n - lag - 1]!;
  return c[lag]! > c[lag - 1]! && c[lag]! >= after ? lag : null;
}

export function candidates(x: Numbers): { period: number; score: number }[] {
  const n = x.length;
  if (n < 8 || x.every((v) => v === x[0])) return [];
  const z = centre(x);
  const c = autocorrelation(z);
  const least = Math.min(...c);
  const score = c.map((v) => (v - least) / (c[0]! - least));
  const power = periodogram(z);
  const lines = power.slice(1);
  const mean = add(lines) / lines.length;
  const deviation = Math.sqrt(add(lines.map((p) => (p - mean) * (p - mean))) / lines.length);
  const mirrored = (k: number) => (k < power.length ? power[k]! : power[n - k]!);
  const found = new Set<number>();
  for (const k of range(1, power.length - 1)) {
    if (n / k < 4 || n / k > n / 2) continue;
    if (!(power[k]! > mean + deviation && power[k]! > power[k - 1]! && power[k]! >= mirrored(k + 1))) continue;
    const lag = lagOf(k, n, score, c);
    if (lag !== null) found.add(lag);
  }
  return [...found]
    .map((period) => ({ period, score: score[period]! }))
    .sort((a, b) => (a.score === b.score ? a.period - b.period : b.score - a.score));
}

export function bestPeriod(x: Numbers, threshold: number): number {
  const [best] = candidates(x);
  return best && best.score >= threshold ? best.period : 0;
}

export function seasonal(x: Numbers, period: number): number[] {
  if (period === 0) return x.map(() => 0);
  return x.map((_, i) => median(x.filter((_, j) => j % period === i % period)));
}

/** Least squares about the means, over positions 1 … n. */
export function line(x: Numbers): number[] {
  const n = x.length;
  const at = range(1, n);
  const middle = (n + 1) / 2;
  const mean = add(x) / n;
  const rise = add(x.map((v, i) => (at[i]! - middle) * (v - mean)));
  const run = add(at.map((position) => (position - middle) * (position - middle)));
  const slope = n === 1 ? 0 : rise / run;
  const start = mean - slope * middle;
  return at.map((position) => start + slope * position);
}

export function decompose(x: Numbers, seasonality: number, trend: 'avg' | 'linefit' | 'none') {
  const period = seasonality === -1 ? bestPeriod(x, 0.6) : seasonality;
  const season = seasonal(x, period);
  const rest = x.map((v, i) => v - season[i]!);
  const trends = { avg: rest.map(() => add(rest) / rest.length), linefit: line(rest), none: rest.map(() => 0) };
  const baseline = season.map((v, i) => v + trends[trend][i]!);
  return { baseline, seasonal: season, trend: trends[trend], residual: x.map((v, i) => v - baseline[i]!), period };
}

export function anomalies(
  x: Numbers,
  threshold: number,
  seasonality: number,
  trend: 'avg' | 'linefit' | 'none',
  kind: 'ctukey' | 'tukey',
) {
  const { baseline, residual, period } = decompose(x, seasonality, trend);
  const ad_score = outliers(residual, kind);
  return { ad_flag: ad_score.map((s) => (s > threshold ? 1 : s < -threshold ? -1 : 0)), ad_score, baseline, period };
}
