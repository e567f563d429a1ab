import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inRange, parseIpv4 } from '../../../../src/core/kql/ipv4.ts';
import { ipv4_is_private } from '../../../../src/core/kql/ipv4_is_private.ts';

const octet = fc.integer({ min: 0, max: 255 });
const octets = fc.tuple(octet, octet, octet, octet);

describe('parseIpv4(text)', () => {
  it.each([
    ['0.0.0.0', { address: 0, prefix: 32 }],
    ['255.255.255.255', { address: 0xff_ff_ff_ff, prefix: 32 }],
    ['192.0.2.77', { address: 0xc0_00_02_4d, prefix: 32 }],
    ['192.0.2.77/32', { address: 0xc0_00_02_4d, prefix: 32 }],
    ['192.0.2.77/31', { address: 0xc0_00_02_4c, prefix: 31 }],
    ['192.0.2.77/24', { address: 0xc0_00_02_00, prefix: 24 }],
    ['192.168.1.9/24', { address: 0xc0_a8_01_00, prefix: 24 }],
    ['192.0.2.77/1', { address: 0x80_00_00_00, prefix: 1 }],
    ['192.0.2.77/0', { address: 0, prefix: 0 }],
    ['010.001.000.255', { address: 0x0a_01_00_ff, prefix: 32 }],
  ])('%s', (text, expected) => {
    expect(parseIpv4(text)).toEqual(expected);
  });

  it.each([
    '',
    '-',
    '8',
    '8.8',
    '8.8.8',
    '8.8.8.',
    '.8.8.8',
    '8..8.8',
    '8.8.8.8.8',
    '8.8.8.256',
    '256.8.8.8',
    '999.8.8.8',
    '0008.8.8.8',
    '8.8.8.-8',
    '8.8.8.8/',
    '8.8.8.8/33',
    '8.8.8.8/99',
    '8.8.8.8/128',
    '8.8.8.8/-1',
    '8.8.8.8/x',
    ' 8.8.8.8',
    '8.8.8.8 ',
    '8.8.8.8\n',
    '8.8.8.8:443',
    '8x8x8x8',
    'a.b.c.d',
    '::1',
    '::',
    '2001:db8::1',
    '::ffff:8.8.8.8',
    '٨.٨.٨.٨',
  ])('%j is none', (text) => {
    expect(parseIpv4(text)).toBeNull();
    expect(ipv4_is_private(text)).toBeNull();
  });
});

/** 32 binary digits as text. */
const bits = (four: readonly number[]) => four.map((o) => o.toString(2).padStart(8, '0')).join('');

it('inRange(address, network) compares the leading bits', () => {
  fc.assert(
    fc.property(octets, octets, fc.integer({ min: 0, max: 32 }), fc.boolean(), (a, b, prefix, near) => {
      // Of two independent addresses hardly any share a prefix: let half of them differ in the last octet alone.
      const other = near ? [a[0], a[1], a[2], b[3]] : b;
      const network = parseIpv4(`${other.join('.')}/${prefix}`)!;
      expect(inRange(parseIpv4(a.join('.'))!.address, network)).toBe(
        bits(a).slice(0, prefix) === bits(other).slice(0, prefix),
      );
    }),
    { seed: 20_261_126, numRuns: 2000 },
  );
});

describe('ipv4_is_private(ip)', () => {
  it.each([
    ['9.255.255.255', false],
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['192.167.255.255', false],
    ['192.168.0.0', true],
    ['192.168.255.255', true],
    ['192.169.0.0', false],
    ['203.0.113.9', false],
    ['255.255.255.255', false],
    // Masked first, then tested: 10.0.0.0/4 is 0.0.0.0, and 172.31.0.0/11 is 172.0.0.0.
    ['10.0.0.0/4', false],
    ['172.31.0.0/11', false],
    ['172.31.0.0/12', true],
    ['192.168.9.9/0', false],
  ])('%s is %s', (ip, expected) => {
    expect(ipv4_is_private(ip)).toBe(expected);
  });
});
