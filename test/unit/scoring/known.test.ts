import { describe, expect, it } from 'vitest';
import { knownMatcher } from '../../../src/core/detections/known_matcher.ts';
import type { ScoreSettings } from '../../../src/scoring/score_windows.ts';
import { suppression } from '../../contract/samples.ts';
import { at, group, hours, SETTINGS, sinkState, Tenant } from '../../support/scoring/tenant.ts';

const BEACON = group(1);
const [OLD, NEW] = ['cb51e2a277e8cd74', 'ab51e2a277e8cd74'];
const SHA1 = `${OLD}530915c7649d55e5cc4eb2eb`;
const SINKS = [sinkState('soc', { minSeverity: 'medium' })];

describe('a suppression by hash', () => {
  it('hides a detection while its newest program is that one, and no longer', async () => {
    const tenant = new Tenant();
    await tenant.stores.suppressions.insert(
      suppression({ id: 's-hash', process: '', remote: '', hash: SHA1, expires: at(1000) }),
    );
    const suppressedBy = async () => (await tenant.detection(BEACON)).suppressedBy;
    await tenant.reports(BEACON, hours(0, 3), 60, { programHash: OLD });
    await tenant.decided(4, { sinks: SINKS });
    expect(await tenant.detection(BEACON)).toMatchObject({ programHash: OLD, suppressedBy: 's-hash' });
    // A report without a hash says nothing of another program.
    await tenant.reports(BEACON, [4, 5]);
    await tenant.run(6, { sinks: SINKS });
    expect(await suppressedBy()).toBe('s-hash');
    // Nothing matches at 20: the row says which program it was.
    await tenant.fresh(20, { sinks: SINKS });
    expect(await suppressedBy()).toBe('s-hash');
    expect(await tenant.pending()).toEqual([]);

    await tenant.reports(BEACON, hours(20, 24), 60, { programHash: NEW });
    await tenant.run(25, { sinks: SINKS });
    expect(await tenant.detection(BEACON)).toMatchObject({ programHash: NEW, suppressedBy: '' });
    expect(await tenant.pending()).toHaveLength(1);
  });

  it('does not hide what has no hash', async () => {
    const tenant = new Tenant();
    await tenant.stores.suppressions.insert(
      suppression({ id: 's-hash', process: '', remote: '', hash: SHA1, expires: at(1000) }),
    );
    await tenant.reports(BEACON, hours(0, 3));
    await tenant.run(4);
    expect((await tenant.detection(BEACON)).suppressedBy).toBe('');
  });
});

describe('what the operator knows', () => {
  const settings = (list: 'expected' | 'indicator', hash: string): ScoreSettings => ({
    ...SETTINGS,
    knownOf: knownMatcher([{ list, reason: 'INC-4711', network: null, program: 'updater.exe', hash }]),
  });

  it.each([
    ['indicator', SHA1, 'high', 1],
    ['expected', '', 'low', 0],
  ] as const)('changes the severity of the decision: %s', async (list, hash, severity, sent) => {
    const tenant = new Tenant();
    await tenant.reports(BEACON, hours(0, 3), 60, { programHash: OLD });
    await tenant.run(4, { settings: settings(list, hash), sinks: SINKS });
    // It has just opened.
    expect(await tenant.detection(BEACON)).toMatchObject({ severity: 'low', known: { list } });
    await tenant.fresh(5, { settings: settings(list, hash), sinks: SINKS });
    const { known, severityReason, ...decided } = await tenant.detection(BEACON);
    expect(decided).toMatchObject({ severity, lastMatched: at(5) });
    expect(known).toEqual({ list, reason: 'INC-4711' });
    expect(severityReason).toContain('INC-4711; so one severity ');
    expect(await tenant.pending()).toHaveLength(sent);
  });

  it('is medium without it', async () => {
    const tenant = new Tenant();
    await tenant.reports(BEACON, hours(0, 3), 60, { programHash: OLD });
    await tenant.decided(4, { settings: { ...settings('indicator', `f${SHA1.slice(1)}`) } });
    expect(await tenant.detection(BEACON)).toMatchObject({ severity: 'medium', known: null });
  });
});
