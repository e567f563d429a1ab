import { expect, it } from 'vitest';
import { dayOf } from '../../../src/core/records/day.ts';
import { sealDay } from '../../../src/scoring/count_files/seal_day.ts';
import { whatIf } from '../../../src/scoring/what_if.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { at, BOTH, group, hours, RULE, Tenant, withCounts } from '../../support/scoring/tenant.ts';

const LOUD = group(1, '30000001');
const QUIET = group(2, '30000001');
const THREE_WEEKS = 21 * 24;

it('a window of three weeks ago, whose rows are gone, gives the same from its files alone', async () => {
  const tenant = new Tenant();
  await tenant.reports(LOUD, hours(0, 11), 90);
  await tenant.reports(QUIET, hours(0, 11), 50);
  const { stores } = tenant;
  const run = { settings: BOTH };
  for (const partition of PARTITIONS) await tenant.run(12, { ...run, message: { partition } });
  const higher = { ...RULE, minAverage: 60 };
  const [before, whatBefore] = [await tenant.run(12, run), await whatIf(stores, higher, at(12))];
  expect(before).toMatchObject({ groups: 2, detections: 2, rows: 24 });
  expect(whatBefore).toMatchObject({ groups: 2, detections: 1 });

  await tenant.reports(LOUD, hours(THREE_WEEKS, THREE_WEEKS + 11), 90);
  await tenant.run(THREE_WEEKS + 12, run);
  expect(await sealDay(stores, dayOf(at(0)))).toBe(true);
  expect(await stores.hourlyCounts.days()).toEqual([dayOf(at(THREE_WEEKS))]);

  let reads = 0;
  const counted = withCounts(stores, (base) => ({
    hour: (partition, hour) => {
      reads++;
      return base.hour(partition, hour);
    },
    day: (partition, day) => {
      reads++;
      return base.day(partition, day);
    },
  }));
  const { window, groups, detections } = whatBefore;
  expect(await whatIf(counted, higher, at(12))).toMatchObject({ window, groups, detections, gaps: [] });
  const again = await tenant.run(12, { ...run, stores: counted });
  expect(again).toMatchObject({ groups: 2, detections: 2, rows: before.rows });
  expect(reads).toBe(0);
});
