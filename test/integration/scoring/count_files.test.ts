import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { scorePartition } from '../../../src/scoring/score_windows.ts';
import { azureStores } from '../../../src/storage/azure/index.ts';
import { P3 } from '../../contract/samples.ts';
import { freshClients } from '../../support/azure/stores.ts';
import { tries } from '../../support/effort.ts';
import { anyActs, anySizes, playActs } from '../../support/scoring/count_schedule.ts';
import { at, newWorld, rowOf, stepwiseStores } from '../../support/scoring/count_world.ts';
import { NO_BASELINE } from '../../support/scoring/fleet.ts';
import { storeRows } from '../../support/storage/counts.ts';

const RUNS = tries(20, 200);

describe('a run after all count files were deleted', () => {
  it('on Azurite finds the same detections, and has the same files again', async () => {
    const stores = azureStores(await freshClients());
    const rows = [1, 2, 3].flatMap((group) =>
      Array.from({ length: 30 }, (_, hour) => ({
        ...rowOf({ group, hour: 10 + hour, number: 9 }),
        count: group === 3 ? 20 : 60 + (hour % 2),
      })),
    );
    await storeRows(stores.hourlyCounts, rows);
    const settings = { rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90, detection: NO_BASELINE };
    const message = { partition: P3, asOf: at(40), oldestUnreadMs: 0, newestReport: at(40) } as const;
    const run = async () => {
      const { groups, detections } = await scorePartition(stores, settings, [], message, () =>
        Date.UTC(2026, 10, 21, 17),
      );
      const found = (await Array.fromAsync(stores.detections.scan(P3))).flat();
      const files = (await Array.fromAsync(stores.countFiles.list())).flat();
      return {
        groups,
        detections,
        rows: found.map(({ row }) => row.detection),
        files: files.map(({ day, length }) => `${day} ${length}`),
      };
    };
    const first = await run();
    expect(first).toMatchObject({ groups: 3, detections: 2 });
    expect(first.files).toHaveLength(2);
    for (const page of await Array.fromAsync(stores.countFiles.list())) {
      for (const ref of page) await stores.countFiles.remove(ref);
    }
    expect(await run()).toEqual(first);
  });
});

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
