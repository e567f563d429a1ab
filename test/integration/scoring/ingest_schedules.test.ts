import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { AsTheService } from '../../support/azure/service.ts';
import { freshAccount } from '../../support/azurite.ts';
import { tries } from '../../support/effort.ts';
import { azureGround, memoryGround } from '../../support/ingest/grounds.ts';
import { EXPORT_MISTAKES, MISTAKES } from '../../support/scoring/count_mistakes.ts';
import { anySizes, playActs, type Stage } from '../../support/scoring/count_schedule.ts';
import { newWorld, START_MS, stepwiseStores } from '../../support/scoring/count_world.ts';
import { anyDirected, type Directed } from '../../support/scoring/directed_schedule.ts';
import { ExportSide } from '../../support/scoring/export_actors.ts';
import { anyExportActs } from '../../support/scoring/export_schedule.ts';
import { heldSteps } from '../../support/scoring/held_steps.ts';

const RUNS = tries(1_000, 10_000);
const AZURITE_RUNS = tries(20, 200);

/** The exports are read two days after the first one. */
const clockOf = () => ({ now: START_MS + 50 * 3_600_000 });

/** Calls in any order, and calls in an order that shows a mistake. */
const anySchedule: fc.Arbitrary<Directed> = fc.oneof(
  anyExportActs.map((acts) => ({ acts, holds: [] })),
  anyDirected,
);

const schedules = (storesOf: Stage['storesOf'] = stepwiseStores) =>
  fc.asyncProperty(anySchedule, anySizes, fc.scheduler(), async ({ acts, holds }, sizes, scheduler) => {
    const clock = clockOf();
    const ground = memoryGround(() => clock.now);
    const world = newWorld(ground.stores, new ExportSide(ground, clock));
    await playActs({ world, storesOf, sizes }, acts, heldSteps(scheduler, holds));
  });

describe('count files over exports that are read meanwhile', () => {
  it(`show what the table holds: ${RUNS} schedules in memory`, { timeout: 60_000 + RUNS * 500 }, async () => {
    await fc.assert(schedules(), { numRuns: RUNS, endOnFailure: true });
  });

  it(`on Azurite: ${AZURITE_RUNS} schedules`, { timeout: 60_000 + AZURITE_RUNS * 30_000 }, async () => {
    const right = fc.asyncProperty(anySchedule, anySizes, fc.scheduler(), async ({ acts, holds }, sizes, scheduler) => {
      const clock = clockOf();
      const options = { policy: new AsTheService(), retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
      const ground = azureGround(await freshAccount(inject('azurite')), () => clock.now, options);
      const world = newWorld(ground.stores, new ExportSide(ground, clock));
      await playActs({ world, storesOf: stepwiseStores, sizes }, acts, heldSteps(scheduler, holds));
    });
    await fc.assert(right, { numRuns: AZURITE_RUNS, endOnFailure: true });
  });

  const mistakes = Object.entries({ ...MISTAKES, ...EXPORT_MISTAKES });
  it.each(mistakes)('find in 1,000 schedules that %s', { timeout: 600_000 }, async (_mistake, storesOf) => {
    const search = { numRuns: 1_000, seed: 20_261_120, endOnFailure: true };
    const { failed, errorInstance } = await fc.check(schedules(storesOf), search);
    expect(failed).toBe(true);
    expect(String(errorInstance)).toMatch(/lacks|invents/);
  });
});
