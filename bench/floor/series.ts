// What plain JavaScript needs for a decision of this kind, not to Kusto's letter: mean, autocorrelation of the lags 1 to
// 36, the mean of each phase of the best lag, and fences from the 10th and 90th percentile of what is left. rivals/series.py
// does the same with numpy, and has to come to the same number of outliers.
const POINTS = 72;
const LAGS = 36;
const FENCE = 0.5409;

/** The series one after the other, POINTS numbers each. How many points of them stand out. */
export function outliersOf(all: Float64Array): number {
  const z = new Float64Array(POINTS);
  const sorted = new Float64Array(POINTS);
  let outliers = 0;
  for (let first = 0; first < all.length; first += POINTS) {
    let mean = 0;
    for (let i = 0; i < POINTS; i++) mean += all[first + i]!;
    mean /= POINTS;
    if (mean <= 45) continue;
    for (let i = 0; i < POINTS; i++) z[i] = all[first + i]! - mean;
    const period = periodOf(z);
    if (period > 0) takeOffSeason(z, period);
    sorted.set(z);
    sorted.sort();
    const low = at(sorted, 0.1);
    const high = at(sorted, 0.9);
    const margin = FENCE * (high - low);
    for (let i = 0; i < POINTS; i++) if (z[i]! > high + margin || z[i]! < low - margin) outliers++;
  }
  return outliers;
}

const sums = new Float64Array(LAGS + 1);
const counts = new Float64Array(LAGS + 1);

function takeOffSeason(z: Float64Array, period: number): void {
  sums.fill(0, 0, period);
  counts.fill(0, 0, period);
  for (let i = 0; i < POINTS; i++) {
    sums[i % period]! += z[i]!;
    counts[i % period]!++;
  }
  for (let i = 0; i < POINTS; i++) z[i]! -= sums[i % period]! / counts[i % period]!;
}

function periodOf(z: Float64Array): number {
  let power = 0;
  for (let i = 0; i < POINTS; i++) power += z[i]! * z[i]!;
  let best = 0;
  let bestSum = 0.6 * power;
  for (let lag = 1; lag <= LAGS; lag++) {
    let sum = 0;
    for (let i = 0; i + lag < POINTS; i++) sum += z[i]! * z[i + lag]!;
    if (lag >= 4 && sum > bestSum) {
      bestSum = sum;
      best = lag;
    }
  }
  return best;
}

function at(sorted: Float64Array, q: number): number {
  const rank = q * (POINTS - 1);
  const below = Math.floor(rank);
  return sorted[below]! + (rank - below) * (sorted[below + 1]! - sorted[below]!);
}
