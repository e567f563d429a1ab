import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it, vi } from 'vitest';
import { lolbinOf } from '../../../../src/core/detections/lolbins.ts';
import {
  candidateOf,
  criteriaMatcher,
  dangerOf,
  faultOf,
  type Suppressible,
  type Suppression,
  type SuppressionCriteria,
  suppressionMatcher,
} from '../../../../src/core/detections/suppression.ts';
import type { Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { suppression, T0, T1, T2 } from '../../../contract/samples.ts';

const ONE: Suppressible = Object.freeze({
  source: 'defender',
  assessments: { 'kql-rule': {}, regularity: null },
  DeviceName: 'wks-0417.corp.example',
  InitiatingProcessFileName: 'Updater.exe',
  RemoteIP: '203.0.113.77',
  programHash: 'cb51e2a277e8cd74',
});

const criteria = (changes: Partial<SuppressionCriteria> = {}): SuppressionCriteria =>
  Object.freeze({ device: '', process: '', remote: '', hash: '', source: '', detector: '', ...changes });

const fits = (one: SuppressionCriteria, detection: Suppressible) => criteriaMatcher(one)(candidateOf(detection));
const suppressedBy = (entries: readonly Suppression[], detection: Suppressible, now: Timestamp) =>
  suppressionMatcher(entries, now)(detection);

/** Each criterion with a value that fits, and one that does not. */
const VALUES: Readonly<Record<keyof SuppressionCriteria, readonly [fitting: string, other: string]>> = {
  device: ['WKS-0417.corp.EXAMPLE', 'wks-0417'],
  process: ['updater.EXE', 'updater'],
  remote: ['203.0.113.64/26', '203.0.113.0/26'],
  hash: ['CB51E2A277E8CD74530915C7649D55E5CC4EB2EB', 'cb51e2a277e8cd75530915c7649d55e5cc4eb2eb'],
  source: ['defender', 'sysmon'],
  detector: ['kql-rule', 'other'],
};
const NAMES = Object.keys(VALUES) as (keyof SuppressionCriteria)[];

describe('criteriaMatcher(criteria)', () => {
  it('where everything that is named fits, and something is named', () => {
    const choice = fc.constantFrom('' as const, 'fitting' as const, 'other' as const);
    fc.assert(
      fc.property(fc.tuple(choice, choice, choice, choice, choice, choice), (choices) => {
        const named = NAMES.map((name, n) => [
          name,
          choices[n] === '' ? '' : VALUES[name][choices[n] === 'fitting' ? 0 : 1],
        ]);
        const wanted = choices.some((each) => each !== '') && !choices.includes('other');
        expect(fits(criteria(Object.fromEntries(named)), ONE)).toBe(wanted);
      }),
    );
  });

  it.each([
    [{ remote: '203.0.113.77' }, true],
    [{ remote: '203.0.113.78' }, false],
    [{ remote: 'no address' }, false],
    [{ process: 'updater.exe ' }, false],
    [{ process: '*' }, false],
    [{ process: 'UPD*' }, true],
    [{ process: '*.exe' }, true],
    [{ process: '*dat*' }, true],
    [{ process: 'upd*.exe' }, true],
    [{ process: '*upd' }, false],
    [{ device: 'wks-*', process: '*er.EXE', remote: '203.0.113.0/24' }, true],
    [{ device: 'srv-*', process: '*er.EXE' }, false],
    // What names nothing hides nothing, however it came into the table.
    [{}, false],
  ])('%o: %s', (changes, wanted) => {
    expect(fits(criteria(changes), ONE)).toBe(wanted);
  });

  it('never by an address, where the telemetry names none', () => {
    for (const RemoteIP of ['', '-', 'example.com']) {
      expect(fits(criteria({ remote: '203.0.113.0/24' }), { ...ONE, RemoteIP })).toBe(false);
    }
  });
});

describe('suppressionMatcher(suppressions, now)', () => {
  const LATER = '2026-12-31T00:00:00.0000000Z' as Timestamp;

  it('is null without an entry, or with none that fits', () => {
    expect(suppressedBy([], ONE, T1)).toBeNull();
    expect(suppressedBy([suppression({ process: 'other.exe' })], ONE, T1)).toBeNull();
  });

  it('is the entry until it expires, and not from then on', () => {
    const entry = suppression({ createdAt: T0, expires: T1 });
    expect(suppressedBy([entry], ONE, T0)).toBe(entry);
    expect(suppressedBy([entry], ONE, T1)).toBeNull();
    expect(suppressedBy([entry], ONE, T2)).toBeNull();
  });

  it('is of several the one that hides it longest, whatever their order', () => {
    const entries = [
      suppression({ id: 'a', expires: T2 }),
      suppression({ id: 'd', expires: LATER }),
      suppression({ id: 'c', expires: LATER }),
      suppression({ id: 'b', expires: LATER, process: 'other.exe' }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
        expect(suppressedBy(shuffled, ONE, T1)?.id).toBe('c');
      }),
    );
  });
});

it('suppressionMatcher parses each entry once, and the address of each detection once', () => {
  const parses = vi.spyOn(ipaddr.IPv4, 'isValidFourPartDecimal');
  const entries = Array.from({ length: 50 }, (_, n) =>
    suppression({ id: `s-${n}`, process: '', remote: `198.51.100.${n}/32`, expires: T2 }),
  );
  const entryOf = suppressionMatcher(entries, T1);
  expect(parses).toHaveBeenCalledTimes(50);
  for (let n = 0; n < 40; n++) expect(entryOf({ ...ONE, RemoteIP: `203.0.113.${n}` })).toBeNull();
  expect(parses).toHaveBeenCalledTimes(90);
  expect(entryOf({ ...ONE, RemoteIP: '198.51.100.49' })?.id).toBe('s-49');
  parses.mockRestore();
});

describe('faultOf(criteria)', () => {
  it.each<[Partial<SuppressionCriteria>, RegExp]>([
    [{}, /at least one of device, process, remote, hash, source and detector/],
    [{ remote: '203.0.113' }, /address or CIDR/],
    [{ process: '*' }, /process must be one name; \* is any text/],
    [{ device: '**', process: 'a' }, /device must be one name/],
    [{ device: 'wks-1', remote: 'example.com' }, /address or CIDR/],
    [{ remote: '203.0.113.0/7' }, /no wider than \/8/],
    [{ remote: '0.0.0.0/0' }, /no wider than \/8/],
    [{ device: 'wks-1', remote: '2001:db8::/15' }, /no wider than \/16/],
  ])('of %o says why', (changes, reason) => {
    expect(faultOf(criteria(changes))).toMatch(reason);
  });

  it.each([
    { device: 'wks-1' },
    { source: 'defender' },
    { remote: '203.0.0.0/8' },
    { remote: '203.0.113.7' },
    { remote: '2001::/16' },
  ])('of %o is null', (changes) => {
    expect(faultOf(criteria(changes))).toBeNull();
  });
});

describe('dangerOf(criteria)', () => {
  it.each<[Partial<SuppressionCriteria>, RegExp]>([
    [
      { process: 'rundll32.exe' },
      /attackers use this program \(LOLBin, MITRE ATT&CK T1218.*a device or a remote address/,
    ],
    [{ process: 'PowerShell.EXE' }, /T1059/],
    [{ process: 'svchost.exe', source: 'defender', detector: 'kql-rule' }, /T1055/],
    [{ source: 'defender' }, /every detection of the source defender/],
    [{ process: 'Power*' }, /also matches powershell.exe \(LOLBin, MITRE ATT&CK T1059/],
    [{ process: '*.exe' }, /also matches rundll32.exe/],
    [{ device: 'wks-*' }, /every detection of the devices wks-\*/],
    [{ device: 'wks-*', process: 'mshta.exe' }, /T1218/],
    [{ detector: 'kql-rule' }, /every detection of the detector kql-rule/],
    [{ source: 'defender', detector: 'kql-rule' }, /every detection of the source defender/],
  ])('of %o says why', (changes, reason) => {
    expect(dangerOf(criteria(changes))).toMatch(reason);
  });

  it.each([
    { process: 'updater.exe' },
    { process: 'updater*' },
    { device: 'wks-*', process: 'acme*' },
    { device: 'wks-*', remote: '203.0.113.7' },
    { process: 'rundll32.exe', device: 'wks-1' },
    { process: 'rundll32.exe', remote: '203.0.113.7' },
    { device: 'wks-1' },
    { remote: '203.0.113.0/24' },
  ])('of %o is null', (changes) => {
    expect(dangerOf(criteria(changes))).toBeNull();
  });
});

describe('lolbinOf(process)', () => {
  it.each(
    (
      'rundll32 powershell pwsh mshta wscript cscript regsvr32 msbuild installutil certutil bitsadmin svchost explorer ' +
      'python cmd curl'
    ).split(' '),
  )('knows %s, in any case, with .exe and without', (name) => {
    for (const written of [name, `${name}.exe`, name.toUpperCase(), ` ${name}.EXE `]) {
      expect(lolbinOf(written)?.technique ?? null).toMatch(/^T1\d{3}(\.\d{3})?$/);
    }
  });

  it.each(['python3', 'python3.11', 'python3.11.exe', 'perl5.36.0'])('knows %s by its version', (name) => {
    expect(lolbinOf(name)?.technique ?? null).toMatch(/^T1059/);
  });

  it.each(['', 'updater.exe', 'mypowershell.exe', 'rundll.exe', 'cmd.exe.exe', '3.11', 'constructor', 'teams.exe'])(
    'does not know %j',
    (name) => {
      expect(lolbinOf(name)?.technique ?? null).toBeNull();
    },
  );
});
