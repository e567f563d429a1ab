import { describe, inject, it } from 'vitest';
import { AsTheService } from '../../support/azure/service.ts';
import { freshAccount } from '../../support/azurite.ts';
import { azureGround, memoryGround } from '../../support/ingest/grounds.ts';
import { playAndShorten, playSchedule } from '../../support/ingest/model.ts';

/** `SOAK_RUNS=10000 SOAK_AZURITE_RUNS=200 SOAK_SEED=5 npx vitest run test/integration/ingest/model.test.ts` */
const RUNS = Number(process.env['SOAK_RUNS'] ?? 300);
const AZURITE_RUNS = Number(process.env['SOAK_AZURITE_RUNS'] ?? 5);
const FIRST_SEED = Number(process.env['SOAK_SEED'] ?? 1);

describe('ingest, whatever happens on the way, leaves the rows, dead letters and counters of a clean pass', () => {
  it(`in memory: ${RUNS} schedules`, { timeout: 60_000 + RUNS * 200 }, async () => {
    for (let n = 0; n < RUNS; n++) await playAndShorten(FIRST_SEED + n, memoryGround);
  });

  it(`on Azurite: ${AZURITE_RUNS} schedules`, { timeout: 60_000 + AZURITE_RUNS * 5_000 }, async () => {
    for (let n = 0; n < AZURITE_RUNS; n++) {
      const account = await freshAccount(inject('azurite'));
      const options = { policy: new AsTheService(), retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
      await playSchedule(FIRST_SEED + n, (clock) => azureGround(account, clock, options));
    }
  });
});
