import { describe, expect, it } from 'vitest';
import { ipv4_is_private } from '../../../../src/core/kql/ipv4_is_private.ts';
import { mean } from '../../../../src/core/kql/mean.ts';
import { period_candidates } from '../../../../src/core/kql/period_candidates.ts';
import { series_decompose } from '../../../../src/core/kql/series_decompose.ts';
import { series_outliers } from '../../../../src/core/kql/series_outliers.ts';
import { series_periods_detect } from '../../../../src/core/kql/series_periods_detect.ts';
import { series_seasonal } from '../../../../src/core/kql/series_seasonal.ts';
import { series_stats } from '../../../../src/core/kql/series_stats.ts';
import { toint } from '../../../../src/core/kql/toint.ts';
import * as oracle from './oracle.ts';

function expectSame(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    if (tolerance === 0) expect(actual[i], `element ${i}`).toBe(value);
    else expect(Math.abs(actual[i]! - value), `element ${i}: ${actual[i]}`).toBeLessThanOrEqual(tolerance);
  }
}

const titled = <T extends { readonly id: string; readonly source: string }>(cases: readonly T[]) =>
  cases.map((one) => [`${one.id} (${one.source})`, one] as const);

describe('series_outliers(series) scores what Kusto printed', () => {
  it.each(titled(oracle.seriesOutliers))('%s', (_, { input, expected, tolerance }) => {
    expectSame(series_outliers(Object.freeze(input)), expected, tolerance);
  });
});

describe('series_stats(series) is what Kusto printed', () => {
  it.each(titled(oracle.seriesStats))('%s', (_, { input, expected }) => {
    expect(series_stats(Object.freeze(input))).toEqual(expected);
  });

  it.each(titled(oracle.quotient))('its avg is a sum divided by a length: %s', (_, { input, expected }) => {
    const [sum, len] = input;
    expect(sum! / len!).toBe(expected);
    // The same division, through the function that does it.
    expect(mean([sum!, ...new Array<number>(len! - 1).fill(0)])).toBe(expected);
    expect(series_stats([sum!, ...new Array<number>(len! - 1).fill(0)])?.avg).toBe(expected);
  });
});

describe('series_periods_detect(series, min, max, num) finds what Kusto found', () => {
  it.each(titled(oracle.seriesPeriodsDetect))('%s', (_, { input, args, expected, tolerance }) => {
    const { periods, scores } = series_periods_detect(Object.freeze(input), ...args);
    expectSame(periods, expected.periods, 0);
    expectSame(scores, expected.scores, tolerance);
  });

  it('detect-doc60, to the digits the model gives: 0.840556, which the documentation cuts to 0.84', () => {
    const { scores } = series_periods_detect(oracle.seriesPeriodsDetect[0]!.input, 0, 50, 1);
    expect(scores[0]).toBeCloseTo(0.840556, 6);
  });
});

describe('period_candidates(series) holds the periods that series_periods_validate() scored, and no others', () => {
  it.each(titled(oracle.seriesPeriodsValidate))('%s', (_, { input, args, expected, tolerance }) => {
    const candidates = period_candidates(Object.freeze(input));
    const scores = args.map((period) => candidates.find((candidate) => candidate.period === period)?.score ?? 0);
    expectSame(scores, expected, tolerance);
  });
});

describe('series_decompose(series) takes the season that Kusto took', () => {
  it.each(titled(oracle.decomposePeriod))('%s', (_, { input, expected }) => {
    expect(series_decompose(Object.freeze(input)).period).toBe(expected);
  });
});

describe('series_seasonal(series, period) is what Kusto printed', () => {
  it.each(titled(oracle.seriesSeasonal))('%s', (_, { input, args, expected, tolerance }) => {
    expectSame(series_seasonal(Object.freeze(input), ...args), expected, tolerance);
  });
});

describe('ipv4_is_private(ip) answers as documented', () => {
  it.each(titled(oracle.ipv4IsPrivate))('%s', (_, { input, expected }) => {
    expect(ipv4_is_private(input)).toBe(expected);
  });
});

describe('toint(value) answers as documented', () => {
  it.each(titled(oracle.toint))('%s', (_, { input, expected }) => {
    expect(toint(input)).toBe(expected);
  });
});
