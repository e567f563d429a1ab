import { describe, expect, it } from 'vitest';
import { fitsNumbers, readSearch } from '../../../src/detections/search_text.ts';
import { detection } from '../../contract/samples.ts';

describe('readSearch(text)', () => {
  it('reads parameters, names with spaces, numbers, and a bare word as part of the process', () => {
    expect(readSearch('rundll device:wks-* process:"a b.exe" interval:<120 devices:1')).toMatchObject({ ok: false });
    expect(readSearch('process:"a b.exe" device:wks-* interval:<120 devices:1 spread:>0.5')).toEqual({
      ok: true,
      parameters: { process: 'a b.exe', device: 'wks-*' },
      numbers: [
        { member: 'interval', relation: '<', value: 120 },
        { member: 'devices', relation: '=', value: 1 },
        { member: 'spread', relation: '>', value: 0.5 },
      ],
    });
    expect(readSearch('rundll')).toMatchObject({ parameters: { process: '*rundll*' } });
    expect(readSearch('remote:2001:db8::/32')).toMatchObject({ parameters: { remote: '2001:db8::/32' } });
    expect(readSearch(' ')).toEqual({ ok: true, parameters: {}, numbers: [] });
  });

  it.each([
    ['colour:red', 'colour', /^must be one of state, device/],
    ['constructor:1', 'constructor', /^must be one of/],
    ['interval:fast', 'interval', /^must be a number/],
    ['device:a device:b', 'device', /once/],
  ])('refuses %s', (text, name, message) => {
    expect(readSearch(text)).toEqual({ ok: false, faults: [{ name, message: expect.stringMatching(message) }] });
  });
});

it('fitsNumbers(tests, detection) compares each number; a detection without it does not fit', () => {
  const one = detection({ devices: 1, average: 120, spread: 0.1, interval: { seconds: 30, deviation: 1 } });
  const fits = (text: string, changes: object = {}) => {
    const read = readSearch(text);
    return read.ok && fitsNumbers(read.numbers, { ...one, ...changes });
  };
  expect(fits('interval:<31 devices:1 average:>119 spread:<0.2')).toBe(true);
  expect(fits('interval:<30')).toBe(false);
  expect(fits('devices:>1')).toBe(false);
  expect(fits('score:>0')).toBe(false);
  expect(fits('interval:>0', { assessments: { 'kql-rule': null, regularity: null } })).toBe(false);
});
