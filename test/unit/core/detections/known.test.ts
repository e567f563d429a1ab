import { describe, expect, it } from 'vitest';
import { ipRangeOf } from '../../../../src/core/detections/ip_range.ts';
import { type KnownEntry, type KnownFacts, knownPartOf, knownSentence } from '../../../../src/core/detections/known.ts';
import { knownMatcher } from '../../../../src/core/detections/known_matcher.ts';

const entry = (changes: Partial<KnownEntry>): KnownEntry =>
  Object.freeze({ list: 'expected', reason: 'ours', network: null, program: '', hash: '', ...changes });
const LAB = ipRangeOf('203.0.113.0/28');
const SHA1 = 'cb51e2a277e8cd74530915c7649d55e5cc4eb2eb';
const FACTS: KnownFacts = Object.freeze({
  InitiatingProcessFileName: 'Scanner.exe',
  programHash: 'cb51e2a277e8cd74',
  addresses: ['203.0.113.7'],
});
const of = (entries: readonly KnownEntry[], changes: Partial<KnownFacts> = {}) =>
  knownMatcher(entries)({ ...FACTS, ...changes });

describe('knownMatcher(entries)', () => {
  it.each<[string, Partial<KnownEntry>, Partial<KnownFacts>]>([
    ['a network', { network: LAB }, { addresses: ['203.0.113.16'] }],
    ['a name, whatever its case', { program: 'scanner.EXE' }, { InitiatingProcessFileName: 'scanner' }],
    ['a pattern', { program: 'scan*.exe' }, { InitiatingProcessFileName: 'xscan.exe' }],
    ['a hash', { hash: SHA1 }, { programHash: 'cb51e2a277e8cd75' }],
    ['a hash, where the telemetry has none', { hash: SHA1 }, { programHash: null }],
    ['all that it names', { network: LAB, hash: SHA1 }, { addresses: ['203.0.113.16'] }],
  ])('knows %s, and nothing else', (_what, criteria, other) => {
    expect(of([entry(criteria)])).toEqual({ list: 'expected', reason: 'ours' });
    expect(of([entry(criteria)], other)).toBeNull();
  });

  it('prefers an indicator, then the first entry', () => {
    const first = entry({ network: LAB, reason: 'first' });
    const second = entry({ network: LAB, reason: 'second' });
    const indicator = entry({ list: 'indicator', program: '*.exe', reason: 'INC-4711' });
    expect(of([first, second])?.reason).toBe('first');
    expect(of([first, second, indicator])).toEqual({ list: 'indicator', reason: 'INC-4711' });
  });

  it('needs one address of a process for an indicator, and all of them for what is expected', () => {
    const addresses = ['198.51.100.1', '203.0.113.7'];
    expect(of([entry({ network: LAB })], { addresses })).toBeNull();
    expect(of([entry({ network: LAB, list: 'indicator' })], { addresses })?.list).toBe('indicator');
    const cloud = entry({ network: ipRangeOf('198.51.100.0/24'), reason: 'cloud' });
    expect(of([entry({ network: LAB }), cloud], { addresses })?.reason).toBe('cloud');
    expect(of([entry({ network: LAB }), cloud], { addresses: [...addresses, ''] })).toBeNull();
  });

  it('knows nothing without an entry or an address', () => {
    expect(of([])).toBeNull();
    expect(of([entry({ program: '*.exe' })], { addresses: [] })).toBeNull();
  });
});

describe('knownPartOf(severityReason, known)', () => {
  const known = { list: 'indicator', reason: 'C2 of $& INC-4711.' } as const;

  it.each([null, 'low', 'medium', 'high'])('cuts the sentence out again: from %s', (from) => {
    const sentence = knownSentence(known, from);
    const part = knownPartOf(`One device. ${sentence} Attackers use this program.`, known);
    expect(part).toMatchObject({ label: 'Known indicator', rest: 'One device. Attackers use this program.' });
    expect(`${part?.label}: ${part?.value}.`).toBe(sentence);
  });

  it('finds nothing in another reason', () => {
    expect(knownPartOf('One device.', known)).toBeNull();
    expect(knownPartOf('One device.', null)).toBeNull();
  });
});
