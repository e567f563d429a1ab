import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tries } from '../../../support/effort.ts';
import { MISTAKES } from '../../../support/scoring/count_mistakes.ts';
import {
  anyActs,
  anySizes,
  dayEnds,
  freshStage,
  playActs,
  type Stage,
} from '../../../support/scoring/count_schedule.ts';

const schedules = (storesOf?: Stage['storesOf'], acts = anyActs) =>
  fc.asyncProperty(acts, anySizes, fc.scheduler(), async (played, sizes, scheduler) => {
    await playActs(freshStage(sizes, storesOf), played, scheduler);
  });

describe('count files, whatever happens at the same time', () => {
  it('show what the table holds', async () => {
    await fc.assert(schedules(), { numRuns: tries(100, 10_000) });
  });

  it.each(Object.entries(MISTAKES))('some schedule finds that %s', async (mistake, storesOf) => {
    const acts = mistake.startsWith('parts are made one') ? dayEnds : anyActs;
    const search = { numRuns: 2000, seed: 20_261_120, endOnFailure: true };
    const { failed, errorInstance } = await fc.check(schedules(storesOf, acts), search);
    expect(failed).toBe(true);
    expect(String(errorInstance)).toMatch(/lacks what was there|a quiet run lacks|invents/);
  });
});
