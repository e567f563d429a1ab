import { describe, expect, it } from 'vitest';
import {
  type FleetFacts,
  isAbove,
  isOfRuleSigns,
  ruleSeverityOf,
  type SeverityFactors,
  severityInFleet,
} from '../../../../src/core/detections/severity.ts';

const ALL: SeverityFactors = { devices: 1, few: 3, many: 19, spread: 0, average: 60, minAverage: 45, grain: 'hour' };

describe('ruleSeverityOf(signs)', () => {
  it.each<[string, Partial<SeverityFactors>, string]>([
    ['all three signs', {}, 'high'],
    ['the most devices that are rare', { devices: 3 }, 'high'],
    ['the widest spread that is regular', { spread: 0.2 }, 'high'],
    ['the lowest average that is clear', { average: 56.25 }, 'high'],
    ['an address that is not rare', { devices: 4 }, 'medium'],
    ['a rare address in a shared network', { isShared: true }, 'medium'],
    ['hours that are not regular', { spread: 0.2 + Number.EPSILON }, 'medium'],
    ['an average slightly above the threshold', { average: 56.24 }, 'medium'],
    ['the most devices that are not common', { devices: 19 }, 'medium'],
    ['a common address, whatever else', { devices: 20 }, 'low'],
    ['as many devices as are rare in a small fleet', { devices: 2, few: 1 }, 'medium'],
    ['one sign', { devices: 4, spread: 1 }, 'low'],
    ['none', { devices: 4, spread: 1, average: 46 }, 'low'],
    ['a line of 0, which every average is clearly over', { average: 0.1, minAverage: 0 }, 'high'],
  ])('of %s', (_what, changes, severity) => {
    expect(ruleSeverityOf({ ...ALL, ...changes }).severity).toBe(severity);
  });

  it('says why in one sentence, with the numbers', () => {
    expect(ruleSeverityOf(ALL).severityReason).toBe(
      'One device connects to a rare address; regular hours (spread 0 %); 60 per hour, clearly above the threshold of 45.',
    );
    expect(ruleSeverityOf({ ...ALL, devices: 25, spread: 0.336, average: 46.27 }).severityReason).toBe(
      '25 devices connect to a common address; irregular hours (spread 34 %); ' +
        '46.3 per hour, slightly above the threshold of 45.',
    );
    expect(ruleSeverityOf({ ...ALL, devices: 7 }).severityReason).toContain('7 devices connect to an address;');
    expect(ruleSeverityOf({ ...ALL, isShared: true }).severityReason).toContain(
      'One device connects to an address in a network that this process often uses;',
    );
  });
});

const REGULAR: NonNullable<FleetFacts['regularity']> = {
  ...{ score: 0.75, way: 'score', interval: 300, onlyFailed: false, isActive: true, isHidden: false },
};
const RULE: NonNullable<FleetFacts['kqlRule']> = { severity: 'medium', severityReason: 'Signs.', isHidden: false };
const KNOWN: FleetFacts = {
  ...{ kqlRule: null, regularity: REGULAR, regularDevices: 1, few: 3, many: 10 },
  ...{ isNew: false, isEstablished: true, isShared: false, known: null },
};

describe('isOfRuleSigns(severityReason)', () => {
  it('knows every reason of ruleSeverityOf, and no other', () => {
    for (const devices of [1, 3, 4, 1200])
      for (const spread of [0, 0.336])
        for (const average of [46.27, 8648.4])
          for (const grain of ['hour', 'report'] as const)
            expect(isOfRuleSigns(ruleSeverityOf({ ...ALL, devices, spread, average, grain }).severityReason)).toBe(
              true,
            );
    const { severityReason } = ruleSeverityOf(ALL);
    expect(isOfRuleSigns(`${severityReason} Expected: lab.`)).toBe(false);
    expect(isOfRuleSigns('No other device is as regular (at most 3 is rare); the score is 0.75.')).toBe(false);
  });
});

describe('severityInFleet(facts, isRipe)', () => {
  it.each<[string, Partial<FleetFacts>, string]>([
    ['of a pair that few devices use', {}, 'medium'],
    ['of a shared pair', { isShared: true }, 'low'],
    ['of a shared pair with a score that chance does not explain', scored(0.8, 'score'), 'medium'],
    ['of a shared pair, a session', scored(0.9, 'session'), 'low'],
    ['of a shared pair that is new', { isShared: true, isNew: true, isEstablished: false }, 'medium'],
    ['of a shared pair without history', { isShared: true, isEstablished: false }, 'medium'],
    ['of as many regular devices as are few', { regularDevices: 3, kqlRule: RULE }, 'medium'],
    ['of more than few', { regularDevices: 4, kqlRule: RULE }, 'low'],
    ['of more than few, in files', { regularDevices: 4, kqlRule: RULE, isEstablished: false }, 'medium'],
  ])('%s', (_what, changes, severity) => {
    expect(severityInFleet({ ...KNOWN, ...changes }, true).severity).toBe(severity);
  });

  it.each<[NonNullable<FleetFacts['known']>['list'], boolean, string, string]>([
    ['indicator', true, 'high', '0.75. Known indicator: INC-4711; so one severity higher than medium.'],
    ['indicator', false, 'medium', 'shown enough. Known indicator: INC-4711; so one severity higher than low.'],
    ['expected', true, 'low', '0.75. Expected: INC-4711; so one severity lower than medium.'],
    ['expected', false, 'low', 'shown enough. Expected: INC-4711.'],
  ])('with what is %s, ripe: %s, is %s', (list, isRipe, severity, end) => {
    const judged = severityInFleet({ ...KNOWN, known: { list, reason: 'INC-4711.' } }, isRipe);
    expect(judged.severity).toBe(severity);
    expect(judged.severityReason.endsWith(end)).toBe(true);
  });

  it('leaves a known indicator that is high as it is', () => {
    const kqlRule = { ...RULE, severity: 'high' } as const;
    const known = { list: 'indicator', reason: 'INC-4711' } as const;
    expect(severityInFleet({ ...KNOWN, kqlRule, known }, true)).toEqual({
      severity: 'high',
      severityReason: 'Signs. Known indicator: INC-4711.',
    });
  });

  it('names the number that decides', () => {
    expect(severityInFleet({ ...KNOWN, isShared: true }, true).severityReason).toBe(
      'Recorded: more than 3 devices use this process in this network, so below 0.8 it can be chance; the score is 0.75.',
    );
    expect(severityInFleet({ ...KNOWN, regularDevices: 4, kqlRule: RULE }, true).severityReason).toBe(
      '4 devices are as regular (more than 3), and this is not new in the fleet.',
    );
  });
});

function scored(score: number, way: 'score' | 'session'): Partial<FleetFacts> {
  return { isShared: true, regularity: { ...REGULAR, score, way } };
}

describe('isAbove(severity, other)', () => {
  it('is the order low, medium, high', () => {
    const levels = ['low', 'medium', 'high'] as const;
    for (const [n, one] of levels.entries()) {
      for (const [m, other] of levels.entries()) expect(isAbove(one, other)).toBe(n > m);
    }
  });
});
