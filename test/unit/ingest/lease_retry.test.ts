import { expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { leaseRetryMs } from '../../../src/ingest/export_state.ts';

const LEASE_MS = 10 * MINUTE_MS;

it.each<[string, number, number]>([
  ['of a lease that was just taken is half a second', 0, 500],
  ['is as long as the lease has been held', 7_000, 7_000],
  ['is no later than a second after its end', 9 * MINUTE_MS, MINUTE_MS + 1_000],
  ['of a lease that has ended is a second', 11 * MINUTE_MS, 1_000],
])('leaseRetryMs(leaseEnds, now) %s', (_, heldMs, expected) => {
  expect(leaseRetryMs(LEASE_MS, heldMs)).toBe(expected);
});

it('leaseRetryMs meets a worker that died at most twelve times', () => {
  let now = 0;
  let tries = 0;
  for (; now < LEASE_MS; tries++) now += leaseRetryMs(LEASE_MS, now);
  expect(tries).toBeLessThanOrEqual(12);
});
