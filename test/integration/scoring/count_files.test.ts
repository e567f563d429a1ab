import fc from 'fast-check';
import { describe, it } from 'vitest';
import { azureStores } from '../../../src/storage/azure/index.ts';
import { freshClients } from '../../support/azure/stores.ts';
import { tries } from '../../support/effort.ts';
import { anyActs, anySizes, playActs } from '../../support/scoring/count_schedule.ts';
import { newWorld, stepwiseStores } from '../../support/scoring/count_world.ts';

const RUNS = tries(20, 200);

describe('count files on Azurite, whatever happens at the same time', () => {
  it(`show what the table holds: ${RUNS} schedules`, { timeout: 60_000 + RUNS * 20_000 }, async () => {
    const holds = fc.asyncProperty(anyActs, anySizes, fc.scheduler(), async (acts, sizes, scheduler) => {
      const stores = azureStores(await freshClients());
      await playActs({ world: newWorld(stores), storesOf: stepwiseStores, sizes }, acts, scheduler);
    });
    // What is in flight at the same time decides too: a seed alone does not repeat it.
    await fc.assert(holds, { numRuns: RUNS, endOnFailure: true });
  });
});
