/**
 * Circular autocorrelation of a series with the mean taken off: c[p] = Σ z[i]·z[(i+p) mod n], one sum per lag
 * p = 0 … n−1, in squared units of the series and without division. No zero padding, no correction for bias.
 *
 * Each sum runs with i ascending. The fast Fourier transform that gives the same numbers on paper rounds differently,
 * and then picks other periods on up to 0.6 % of short, nearly constant series, which is what beacons are. That is
 * also why the second half is summed although it mirrors the first: its last digits do not.
 *
 * The formula reproduces Kusto's period scores (oracle: detect-kubica, to one unit in the last place).
 */
export function autocorrelation(z: Float64Array): Float64Array {
  const n = z.length;
  const c = new Float64Array(n);
  // Two copies in a row, so that no index wraps; three more elements for the last group of four to read in vain.
  const twice = new Float64Array(2 * n + 3);
  twice.set(z, 0);
  twice.set(z, n);
  // Four lags abreast: each sum keeps its own order, and the additions need not wait for one another.
  for (let p = 0; p < n; p += 4) {
    let c0 = 0;
    let c1 = 0;
    let c2 = 0;
    let c3 = 0;
    for (let i = 0; i < n; i++) {
      const zi = z[i]!;
      c0 += zi * twice[i + p]!;
      c1 += zi * twice[i + p + 1]!;
      c2 += zi * twice[i + p + 2]!;
      c3 += zi * twice[i + p + 3]!;
    }
    // Writes past the end of a typed array are dropped.
    c[p] = c0;
    c[p + 1] = c1;
    c[p + 2] = c2;
    c[p + 3] = c3;
  }
  return c;
}
