"""python3 series.py FILE numpy|stl COUNT: groups per second over float64 series of 72 points, one after the other.

numpy: floor/series.ts, vectorised over all groups. stl: statsmodels' STL of 24 points and quartile fences, a group at a
time, as notebooks of analysts have it.
"""

import json
import sys
import time

import numpy as np

POINTS, LAGS, FENCE = 72, 36, 0.5409


def vectorised(series):
    mean = series.mean(axis=1, keepdims=True)
    over = mean[:, 0] > 45
    z = series[over] - mean[over]
    power = (z * z).sum(axis=1)
    best = np.zeros(len(z), dtype=int)
    best_sum = 0.6 * power
    for lag in range(4, LAGS + 1):
        sums = (z[:, :-lag] * z[:, lag:]).sum(axis=1)
        better = sums > best_sum
        best_sum = np.where(better, sums, best_sum)
        best = np.where(better, lag, best)
    for lag in np.unique(best[best > 0]):
        chosen = best == lag
        part = z[chosen]
        for phase in range(lag):
            part[:, phase::lag] -= part[:, phase::lag].mean(axis=1, keepdims=True)
        z[chosen] = part
    low, high = np.percentile(z, [10, 90], axis=1)
    margin = FENCE * (high - low)
    return int(((z > (high + margin)[:, None]) | (z < (low - margin)[:, None])).sum())


def stl(series):
    from statsmodels.tsa.seasonal import STL

    outliers = 0
    for one in series:
        rest = STL(one, period=24).fit().resid
        low, high = np.percentile(rest, [25, 75])
        margin = 1.5 * (high - low)
        outliers += int(((rest > high + margin) | (rest < low - margin)).sum())
    return outliers


method = {"numpy": vectorised, "stl": stl}[sys.argv[2]]
series = np.fromfile(sys.argv[1]).reshape(-1, POINTS)[: int(sys.argv[3])]
method(series[:10])
started = time.perf_counter()
outliers = method(series)
print(json.dumps({"outliers": outliers, "groupsPerSecond": len(series) / (time.perf_counter() - started)}))
