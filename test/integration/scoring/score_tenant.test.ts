import { describe, expect, it } from 'vitest';
import { bin } from '../../../src/core/kql/bin.ts';
import { addMs, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { scorePartition } from '../../../src/scoring/score_windows.ts';
import { azureStores } from '../../../src/storage/azure/index.ts';
import type { DetectionRow } from '../../../src/storage/ports/detections.ts';
import type { ContributionRow, Partition } from '../../../src/storage/ports/hourly_counts.ts';
import type { Run } from '../../../src/storage/ports/runs.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { rowsOf } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { SyntheticTenant } from '../../fakes/synthetic_tenant.ts';
import { RequestLog } from '../../support/azure/policies.ts';
import { freshClients } from '../../support/azure/stores.ts';
import { fleetAt, NO_BASELINE } from '../../support/scoring/fleet.ts';
import { storedRows, storeRows } from '../../support/storage/counts.ts';

const P = '3' as Partition;
const AS_OF = '2026-11-20T12:00:00.0000000Z' as Timestamp;
const HOUR_MS = 3_600_000;
const SETTINGS = { rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90, detection: NO_BASELINE };
const SINKS = [
  {
    name: 'soc',
    since: AS_OF,
    disabledAt: null,
    settings: '',
    failures: 0,
    notBefore: 0,
    waitMs: 0,
  },
];
/** Of which the partition has 300, with some 900 rows. */
const GROUPS = 16 * 300;

/** Three runs over the same rows: the first, an hour on, and when the window has gone by. */
async function scored(stores: Stores): Promise<{ runs: Run[]; rows: DetectionRow[] }> {
  const runs: Run[] = [];
  for (const hours of [0, 1, 74]) {
    const asOf = addMs(AS_OF, hours * HOUR_MS);
    const message = { partition: P, asOf, oldestUnreadMs: 0, newestReport: asOf };
    const clock = () => Date.UTC(2026, 10, 20, 13);
    runs.push(await scorePartition(stores, SETTINGS, SINKS, message, clock, fleetAt(asOf)));
  }
  const rows = (await rowsOf(stores.detections.scan(P))).map(({ row }) => row);
  return { runs, rows };
}

async function rowsOfTenant(tenant: SyntheticTenant): Promise<ContributionRow[]> {
  const rows: ContributionRow[] = [];
  for (const { groupId, Timestamp } of await storedRows(tenant, P)) {
    for await (const own of tenant.ofGroup(bin(Timestamp, '1h'), groupId)) rows.push(...own);
  }
  return rows;
}

const requestsOf = (runs: readonly Run[]) => runs.reduce((sum, { requests }) => sum + (requests ?? 0), 0);

/** Requests to tables that the runs count: not those to files and queues, nor the row of the run and the making of its table, nor the reading at the end. */
function ofRuns(log: readonly string[]): number {
  return log.filter((request) => !/^PUT Runs| (?:notify|count-files|context)/.test(request)).length - 2;
}

describe('scorePartition over a synthetic tenant', () => {
  it('has equal results on Azurite, in memory, and over rows that are generated as they are read', async () => {
    const tenant = new SyntheticTenant(GROUPS, AS_OF);
    const rows = await rowsOfTenant(tenant);
    const log = new RequestLog();
    const onAzurite = azureStores(await freshClients({ policy: log.policy }));
    const inMemory = memoryStores();
    for (const { hourlyCounts } of [onAzurite, inMemory]) await storeRows(hourlyCounts, rows);
    const generated = { ...memoryStores(), hourlyCounts: tenant } as unknown as Stores;

    const wanted = await scored(generated);
    expect(
      wanted.runs.map(({ groups, detections, opened, resolved }) => [groups, detections, opened, resolved]),
    ).toEqual([
      [300, expect.any(Number), wanted.rows.length, 0],
      [expect.any(Number), expect.any(Number), 0, 0],
      [0, 0, 0, wanted.rows.length],
    ]);
    expect(wanted.rows.length).toBeGreaterThan(3);
    const comparable = ({ durationMs: _durationMs, requests: _requests, ...run }: Run) => run;
    for (const stores of [inMemory, onAzurite]) {
      log.take();
      const found = await scored(stores);
      expect(requestsOf(found.runs)).toBe(stores === onAzurite ? ofRuns(log.take()) : 0);
      expect(found.rows).toEqual(wanted.rows);
      expect(found.runs.map(comparable)).toEqual(wanted.runs.map(comparable));
    }
  });
});
