import { beforeEach, describe, expect, it } from 'vitest';
import { regularityOf } from '../../../src/core/regularity/assessment.ts';
import { regularAssessmentOf, regularityFactsOf } from '../../../src/scoring/regular_assessment.ts';
import { T1 } from '../../contract/samples.ts';
import { at, BOTH, group, hours, Tenant } from '../../support/scoring/tenant.ts';

const EVERY_HOUR = Array.from({ length: 72 }, (_, n) => ({ second: 3600 * n + 1800, count: 12 }));

const UNEVEN = EVERY_HOUR.map(({ second }, n) => ({ second, count: 1 + ((n * 37) % 90) }));

/** What the detector finds of these counts. */
function found(counts: typeof EVERY_HOUR, onlyFailed = false) {
  return { assessment: regularityOf(counts, null), onlyFailed };
}

describe('regularAssessmentOf(found, regularDevices, asOf, threshold)', () => {
  it('has the numbers', () => {
    expect(regularAssessmentOf(found(EVERY_HOUR), 5, T1, 0.6)).toMatchObject({
      ...{
        way: 'score',
        threshold: 0.6,
        regularity: 0.933,
        interval: 300,
        regularDevices: 5,
        addresses: 1,
        lastMatched: T1,
      },
    });
  });

  it('is none where it does not match, or cannot be measured', () => {
    expect(regularAssessmentOf(found(UNEVEN), 0, T1, 0.6)).toBeNull();
    expect(regularAssessmentOf(found(EVERY_HOUR.slice(0, 4)), 0, T1, 0.6)).toBeNull();
    expect(regularAssessmentOf(undefined, 0, T1, 0.6)).toBeNull();
  });
});

describe('regularityFactsOf(found, flags)', () => {
  const flags = { isActive: true, isHidden: false };

  it('has what the decision needs, also of what does not match', () => {
    const facts = { score: 0.933, way: 'score', interval: 300, onlyFailed: true, ...flags };
    expect(regularityFactsOf(found(EVERY_HOUR, true), flags)).toEqual(facts);
    expect(regularityFactsOf(found(UNEVEN), flags)).toMatchObject({ way: null, onlyFailed: false });
  });

  it('is none where nothing can be measured', () => {
    expect(regularityFactsOf(found(EVERY_HOUR.slice(0, 4)), flags)).toBeNull();
    expect(regularityFactsOf(undefined, flags)).toBeNull();
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
    const thresholds = { match: 0.55, ripe: 0.7 };
    await tenant.run(12, { settings: { ...BOTH, detection: { ...BOTH.detection, thresholds } } });
    const first = (await tenant.detection(beacon)).assessments.regularity;
    expect(first).toMatchObject({
      way: 'session',
      threshold: 0.55,
      interval: 60,
      regularDevices: 1,
      lastMatched: at(12),
    });
    for (const hour of hours(12, 23)) await tenant.reports(beacon, [hour], hour % 2 === 0 ? 20 : 400);
    await tenant.run(24, { settings: BOTH });
    const { assessments } = await tenant.detection(beacon);
    expect(assessments['kql-rule']).toMatchObject({ lastMatched: at(24) });
    expect(assessments.regularity).toEqual(first);
  });
});
