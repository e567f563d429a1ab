import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tries } from '../../../support/effort.ts';
import { MISTAKES } from '../../../support/scoring/count_mistakes.ts';
import {
  anyActs,
  anySizes,
  dayEnds,
  dayIsSealed,
  freshStage,
  playActs,
  type Stage,
  slowBesideSealing,
} from '../../../support/scoring/count_schedule.ts';

const schedules = (storesOf?: Stage['storesOf'], acts = anyActs) =>
  fc.asyncProperty(acts, anySizes, fc.scheduler(), async (played, sizes, scheduler) => {
    await playActs(freshStage(sizes, storesOf), played, scheduler);
  });

/** Schedules in which a mistake shows more often than in others. */
function actsFor(mistake: string) {
  if (mistake.startsWith('parts are made one')) return dayEnds;
  if (/written again|not marked/.test(mistake)) return slowBesideSealing;
  return /rows go|closed day/.test(mistake) ? dayIsSealed : anyActs;
}

describe('count files, whatever happens at the same time', () => {
  it('show what the table holds', async () => {
    await fc.assert(schedules(), { numRuns: tries(100, 10_000) });
  });

  it.each(Object.entries(MISTAKES))('some schedule finds that %s', async (mistake, storesOf) => {
    const search = { numRuns: 2000, seed: 20_261_120, endOnFailure: true };
    const { failed, errorInstance } = await fc.check(schedules(storesOf, actsFor(mistake)), search);
    expect(failed).toBe(true);
    expect(String(errorInstance)).toMatch(/lacks what was there|a quiet run lacks|invents/);
  });
});
