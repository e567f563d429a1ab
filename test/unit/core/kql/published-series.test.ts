import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { series_decompose_anomalies } from '../../../../src/core/kql/series_decompose_anomalies.ts';

/**
 * 840 hours of bytes sent with Kusto's own score, baseline and flag for each: microsoft/msticpy,
 * docs/notebooks/data/TimeSeriesDemo.csv (MIT), made by the query in TimeSeriesAnomaliesVisualization.ipynb with
 * series_decompose_anomalies(TotalBytesSent, 3, -1, 'linefit'). It is not kept in this repository.
 */
const FILE = fileURLToPath(new URL('../../../../../shared/msticpy-TimeSeriesDemo.csv', import.meta.url));
const absent = !existsSync(FILE);
if (absent) console.log(`skipped: the 840 published rows, because ${FILE} is not there`);

/** Columns without the time: TotalBytesSent, baseline, score, anomalies. */
function readRows(): number[][] {
  const [, ...lines] = readFileSync(FILE, 'utf8').trim().split(/\r?\n/);
  return lines.map((line) => line.replaceAll('"', '').split(',').slice(1).map(Number));
}

const title = absent ? `skipped, as ${FILE} is absent` : 'microsoft/msticpy TimeSeriesDemo.csv';

describe(`series_decompose_anomalies on 840 rows of Kusto output (${title})`, () => {
  const rows = absent ? [] : readRows();
  const bytes = Object.freeze(rows.map(([sent]) => sent!));
  const answer = series_decompose_anomalies(bytes, 3, -1, 'linefit');

  it.skipIf(absent)('reads all rows', () => {
    expect(rows).toHaveLength(840);
    expect(rows.flat().every(Number.isFinite)).toBe(true);
  });

  it.skipIf(absent)('tsd-period: finds the week', () => {
    expect(answer.period).toBe(168);
  });

  it.skipIf(absent)('tsd-score: every score to 1e-12', () => {
    for (const [i, [, , score]] of rows.entries()) {
      expect(Math.abs(answer.ad_score[i]! - score!), `row ${i}`).toBeLessThanOrEqual(1e-12);
    }
  });

  it.skipIf(absent)('tsd-baseline: every baseline, truncated as tolong() does', () => {
    expect(answer.baseline.map(Math.trunc)).toEqual(rows.map(([, baseline]) => baseline));
  });

  it.skipIf(absent)('tsd-flags: every flag at the threshold of 3', () => {
    expect(answer.ad_flag).toEqual(rows.map(([, , , flag]) => flag));
    expect(answer.ad_flag.some((flag) => flag !== 0)).toBe(true);
  });
});
