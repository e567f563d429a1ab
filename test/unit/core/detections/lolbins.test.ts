import { describe, expect, it } from 'vitest';
import { NOT_LOLBINS } from '../../../../src/core/detections/lolbin_list.ts';
import { lolbinNames, lolbinOf, lolbinThatFits, withLolbin } from '../../../../src/core/detections/lolbins.ts';

describe('lolbinOf(process)', () => {
  it.each([
    ['mshta.exe', 'T1218.005'],
    ['MSHTA', 'T1218.005'],
    ['python3.11.exe', 'T1059.006'],
    ['certutil.exe', 'T1105'],
  ])('%s has %s', (process, technique) => {
    expect(lolbinOf(process)?.technique).toBe(technique);
  });

  it.each(['updater.exe', '', '.exe', 'mshta.exe.exe', 'constructor', 'msedge.exe'])('%j is none', (process) => {
    expect(lolbinOf(process)).toBeNull();
  });
});

describe('lolbinThatFits(fits)', () => {
  it('names the first that fits, with .exe', () => {
    expect(lolbinThatFits((name) => name.startsWith('power'))).toMatchObject({ name: 'powershell.exe' });
    expect(lolbinThatFits(() => false)).toBeNull();
  });
});

describe('the list', () => {
  it('has well-formed names, each once and in one list only', () => {
    const others = Object.values(NOT_LOLBINS).flatMap((names) => names.trim().split(/\s+/));
    const all = [...lolbinNames(), ...others];
    expect(new Set(all).size).toBe(all.length);
    for (const name of all) expect(name).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
    for (const name of lolbinNames()) expect(lolbinOf(name)?.technique).toMatch(/^T\d{4}(\.\d{3})?$/);
  });
});

describe('withLolbin(reason, process)', () => {
  it('adds a sentence for a LOLBin, once', () => {
    const reason = withLolbin('Two signs.', 'MSHTA.exe');
    expect(reason).toBe('Two signs. Attackers use this program (T1218.005).');
    expect(withLolbin(reason, 'mshta.exe')).toBe(reason);
    expect(withLolbin('Two signs.', 'updater.exe')).toBe('Two signs.');
  });
});
