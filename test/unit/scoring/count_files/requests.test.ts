import { describe, expect, it } from 'vitest';
import { hourlyRuns } from '../../../support/scoring/hourly_runs.ts';

describe('a run at 250 devices', () => {
  it('with nothing new reads no row, and a usual one a twentieth of a scan with at most 60 requests', async () => {
    const { quiet, usual, begin, processes, scanned } = await hourlyRuns(250);
    expect(quiet.rows).toBe(0);
    expect(usual.rows).toBeGreaterThan(scanned / 80);
    expect(usual.rows).toBeLessThanOrEqual(scanned / 20);
    expect(usual.requests).toBeLessThanOrEqual(60);
    expect(quiet.requests).toBeLessThanOrEqual(30);
    // Once for all partitions: each partial is read by one request, by the sum and by the process view.
    expect(begin.byOperation).toMatchObject({ 'context.open': 16, 'context.put': 2 });
    expect(processes.byOperation['context.open']).toBe(18);
  });
});
