import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { AsTheService } from '../../support/azure/service.ts';
import { freshAccount } from '../../support/azurite.ts';
import { tries } from '../../support/effort.ts';
import { azureGround, memoryGround } from '../../support/ingest/grounds.ts';
import { EXPORT_MISTAKES } from '../../support/scoring/count_mistakes.ts';
import { anySizes, playActs, type Stage } from '../../support/scoring/count_schedule.ts';
import { newWorld, START_MS, stepwiseStores } from '../../support/scoring/count_world.ts';
import { ExportSide } from '../../support/scoring/export_actors.ts';
import { anyExportActs, scorersBesideIngest, sealedBesideIngest } from '../../support/scoring/export_schedule.ts';

const RUNS = tries(1_000, 10_000);
const AZURITE_RUNS = tries(20, 200);

/** The exports are read two days after the first one. */
const clockOf = () => ({ now: START_MS + 50 * 3_600_000 });

const schedules = (storesOf: Stage['storesOf'] = stepwiseStores, acts = anyExportActs) =>
  fc.asyncProperty(acts, anySizes, fc.scheduler(), async (played, sizes, scheduler) => {
    const clock = clockOf();
    const ground = memoryGround(() => clock.now);
    const world = newWorld(ground.stores, new ExportSide(ground, clock));
    await playActs({ world, storesOf, sizes }, played, scheduler);
  });

describe('count files over exports that are read meanwhile', () => {
  it(`show what the table holds: ${RUNS} schedules in memory`, { timeout: 60_000 + RUNS * 500 }, async () => {
    await fc.assert(schedules(), { numRuns: RUNS, endOnFailure: true });
  });

  it(`on Azurite: ${AZURITE_RUNS} schedules`, { timeout: 60_000 + AZURITE_RUNS * 30_000 }, async () => {
    const holds = fc.asyncProperty(anyExportActs, anySizes, fc.scheduler(), async (played, sizes, scheduler) => {
      const clock = clockOf();
      const options = { policy: new AsTheService(), retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
      const ground = azureGround(await freshAccount(inject('azurite')), () => clock.now, options);
      const world = newWorld(ground.stores, new ExportSide(ground, clock));
      await playActs({ world, storesOf: stepwiseStores, sizes }, played, scheduler);
    });
    await fc.assert(holds, { numRuns: AZURITE_RUNS, endOnFailure: true });
  });

  // The others are found by schedules without exports: test/unit/scoring/count_files/schedules.test.ts.
  const mistakes = Object.entries(EXPORT_MISTAKES);
  it.each(mistakes)('find that %s', { timeout: 600_000 }, async (mistake, storesOf) => {
    const acts = /sealed/.test(mistake) ? sealedBesideIngest : scorersBesideIngest;
    const search = { numRuns: 10_000, seed: 20_261_120, endOnFailure: true };
    const { failed, errorInstance } = await fc.check(schedules(storesOf, acts), search);
    expect(failed).toBe(true);
    expect(String(errorInstance)).toMatch(/lacks|invents/);
  });
});
