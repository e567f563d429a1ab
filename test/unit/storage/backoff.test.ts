import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/storage/backoff.ts';

const BACKOFF = { firstMs: 100, longestMs: 1000 };

describe('backoffMs({ firstMs, longestMs }, failures, jitter)', () => {
  it('doubles with each failure, up to the longest', () => {
    expect([0, 1, 2, 3, 4, 5, 5000].map((failures) => backoffMs(BACKOFF, failures))).toEqual([
      100, 100, 200, 400, 800, 1000, 1000,
    ]);
  });

  it('with jitter is in the upper half of that', () => {
    expect(backoffMs(BACKOFF, 2, 0)).toBe(100);
    expect(backoffMs(BACKOFF, 2, 0.5)).toBe(150);
    expect(backoffMs(BACKOFF, 2, 0.999)).toBe(200);
  });
});
