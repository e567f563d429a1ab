import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipAddressOf, ipRangeMatcher, ipRangeOf, ipRangeText } from '../../../../src/core/detections/ip_range.ts';

const textOf = (text: string): string | null => {
  const range = ipRangeOf(text);
  return range && ipRangeText(range);
};

describe('ipRangeOf(text)', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7/32', '203.0.113.7'],
    ['203.0.113.7/24', '203.0.113.0/24'],
    ['203.0.113.255/25', '203.0.113.128/25'],
    ['203.0.113.7/0', '0.0.0.0/0'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['::/0', '::/0'],
  ])('%s is %s', (text, range) => {
    expect(textOf(text)).toBe(range);
  });

  it.each([
    '',
    '-',
    '10',
    '203.0.113',
    '203.0.113.7.9',
    '203.0.113.256',
    '0x7f.0.0.1',
    '0313.0.113.7',
    '203.0.113.07',
    '203.0.113.7/33',
    '203.0.113.7/',
    '203.0.113.7/-1',
    '203.0.113.7/1e1',
    ' 203.0.113.7',
    '203.0.113.7\n',
    '203.0.113.0/24/24',
    'fe80::1%eth0',
    '2001:db8::1::2',
    '2001:db8::/129',
    'example.com',
    ':',
  ])('%j names none', (text) => {
    expect(ipRangeOf(text)).toBeNull();
  });
});

describe('ipRangeMatcher(range)', () => {
  const isIn = (address: string, text: string) => {
    const range = ipRangeOf(text);
    if (!range) throw new Error(`no range: ${text}`);
    return ipRangeMatcher(range)(ipAddressOf(address));
  };

  it.each([
    ['203.0.113.7', '203.0.113.0/24', true],
    ['203.0.114.7', '203.0.113.0/24', false],
    ['::ffff:203.0.113.7', '203.0.113.0/24', true],
    ['2001:db8::7', '2001:db8::/32', true],
    ['2001:db9::7', '2001:db8::/32', false],
    ['203.0.113.7', '::/16', false],
    ['::cb00:7107', '203.0.113.7', false],
    ['203.0.113.0/25', '203.0.113.0/24', false],
    ['', '203.0.113.0/24', false],
    ['-', '::/16', false],
  ])('%s in %s: %s', (address, range, wanted) => {
    expect(isIn(address, range)).toBe(wanted);
  });

  it('of any two IPv4 addresses says what their first bits say', () => {
    const uint32 = fc.nat(0xffff_ffff);
    const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
    const bitsOf = (value: number) => value.toString(2).padStart(32, '0');
    fc.assert(
      fc.property(uint32, fc.nat(32), fc.nat(32), uint32, (network, prefix, shared, other) => {
        // Addresses that share more or fewer of their first bits, around the prefix.
        const address = Number.parseInt(bitsOf(network).slice(0, shared) + bitsOf(other).slice(shared), 2);
        const wanted = bitsOf(address).slice(0, prefix) === bitsOf(network).slice(0, prefix);
        expect(isIn(dotted(address), `${dotted(network)}/${prefix}`)).toBe(wanted);
      }),
    );
  });
});

it('ipRangeMatcher(range) of any two IPv6 addresses compares their first bits', () => {
  const group = fc.nat(0xffff);
  const address = fc.array(group, { minLength: 8, maxLength: 8 });
  const textOfGroups = (groups: readonly number[]) => groups.map((each) => each.toString(16)).join(':');
  const bitsOf = (groups: readonly number[]) => groups.map((each) => each.toString(2).padStart(16, '0')).join('');
  fc.assert(
    fc.property(address, address, fc.nat(128), fc.nat(128), (network, other, prefix, shared) => {
      const bits = bitsOf(network).slice(0, shared) + bitsOf(other).slice(shared);
      const mixed = Array.from({ length: 8 }, (_, n) => Number.parseInt(bits.slice(16 * n, 16 * n + 16), 2));
      // Mapped addresses are IPv4.
      fc.pre(![network, mixed].some((each) => textOfGroups(each).startsWith('0:0:0:0:0:ffff')));
      const range = ipRangeOf(`${textOfGroups(network)}/${prefix}`);
      const wanted = bits.slice(0, prefix) === bitsOf(network).slice(0, prefix);
      expect(range && ipRangeMatcher(range)(ipAddressOf(textOfGroups(mixed)))).toBe(wanted);
    }),
  );
});
