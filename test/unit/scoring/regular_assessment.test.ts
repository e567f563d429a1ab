import { beforeEach, describe, expect, it } from 'vitest';
import { regularityOf } from '../../../src/core/regularity/assessment.ts';
import { publicAddressOf } from '../../../src/core/regularity/public_address.ts';
import { regularAssessmentOf } from '../../../src/scoring/regular_assessment.ts';
import { T1 } from '../../contract/samples.ts';
import { at, group, hours, Tenant } from '../../support/scoring/tenant.ts';

const KEY = { source: 'defender', DeviceName: 'a', InitiatingProcessFileName: 'p', RemoteIP: '198.51.100.7' } as const;
const EVERY_HOUR = Array.from({ length: 72 }, (_, n) => ({ second: 3600 * n + 1800, count: 12 }));

/** A group with these counts, regular on so many devices in this run. */
function found(counts: typeof EVERY_HOUR, matchingDevices: number) {
  const assessment = regularityOf(counts, null);
  const beside = { matches: true, isInScope: true, assessment, place: publicAddressOf(KEY.RemoteIP), counts };
  const series = { Timestamp: [], ConnCounts: [], countHours: [], dropped: 0 };
  return { group: { groupId: '3'.repeat(32), key: KEY, series, beside }, matchingDevices };
}

const fleet = (regularDevices: number) => ({ many: 10, regularDevices: () => regularDevices });

describe('regularAssessmentOf(found, context, asOf)', () => {
  it('has the numbers, and the larger number of regular devices', () => {
    expect(regularAssessmentOf(found(EVERY_HOUR, 2), fleet(5), T1)).toMatchObject({
      ...{ way: 'score', regularity: 0.933, interval: 300, regularDevices: 5, addresses: 1, lastMatched: T1 },
    });
    expect(regularAssessmentOf(found(EVERY_HOUR, 7), fleet(5), T1)).toMatchObject({ regularDevices: 7 });
    expect(regularAssessmentOf(found(EVERY_HOUR, 2), null, T1)).toMatchObject({ regularDevices: 2 });
  });

  it('is none where it is common, by this run or the one before; without context nothing is common', () => {
    expect(regularAssessmentOf(found(EVERY_HOUR, 10), fleet(10), T1)).not.toBeNull();
    expect(regularAssessmentOf(found(EVERY_HOUR, 11), fleet(10), T1)).toBeNull();
    expect(regularAssessmentOf(found(EVERY_HOUR, 1), fleet(11), T1)).toBeNull();
    expect(regularAssessmentOf(found(EVERY_HOUR, 1), fleet(Number.POSITIVE_INFINITY), T1)).toBeNull();
    expect(regularAssessmentOf(found(EVERY_HOUR, 11), null, T1)).not.toBeNull();
  });

  it('is none where it does not match, or cannot be measured', () => {
    const uneven = EVERY_HOUR.map(({ second }, n) => ({ second, count: 1 + ((n * 37) % 90) }));
    expect(regularAssessmentOf(found(uneven, 0), fleet(0), T1)).toBeNull();
    expect(regularAssessmentOf(found(EVERY_HOUR.slice(0, 4), 0), fleet(0), T1)).toBeNull();
  });
});

describe('a run', () => {
  let tenant: Tenant;
  beforeEach(() => {
    tenant = new Tenant();
  });

  it('adds the assessment of regularity to what the KQL rule finds, and keeps the newest of the episode', async () => {
    const beacon = group(1);
    await tenant.reports(beacon, hours(0, 11));
    await tenant.run(12);
    const first = (await tenant.detection(beacon)).assessments.regularity;
    expect(first).toMatchObject({ way: 'session', interval: 60, regularDevices: 1, lastMatched: at(12) });
    for (const hour of hours(12, 23)) await tenant.reports(beacon, [hour], hour % 2 === 0 ? 20 : 400);
    await tenant.run(24);
    const { assessments } = await tenant.detection(beacon);
    expect(assessments['kql-rule']).toMatchObject({ lastMatched: at(24) });
    expect(assessments.regularity).toEqual(first);
  });
});
