import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { msOf, timestampFromMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { publicAddressOf } from '../../../../src/core/regularity/public_address.ts';
import { publicIpv4Of } from '../../../../src/core/regularity/public_ipv4.ts';
import { wholeSecondOf } from '../../../../src/core/regularity/whole_second.ts';
import { tries } from '../../../support/effort.ts';

const RUNS = { seed: 20_261_120, numRuns: tries(300, 20_000) };

describe('wholeSecondOf(timestamp) reads what the clock of the language reads', () => {
  const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  // Year 0 to 9999; many of our days, and those around the borders of months and leap years.
  const ms = fc.oneof(
    fc.integer({ min: -62_167_219_200_000, max: LAST_MS }),
    fc.integer({ min: Date.UTC(2023, 0, 1), max: Date.UTC(2029, 0, 1) }),
    fc.constantFrom('0000-02-29', '0099-12-31', '1900-02-28', '2000-02-29', '2100-03-01').map((day) => Date.parse(day)),
  );

  it('of any instant', () => {
    fc.assert(
      fc.property(ms, (each) => {
        const timestamp = timestampFromMs(each);
        expect(wholeSecondOf(timestamp)).toBe(Math.floor(msOf(timestamp) / 1000));
        expect(wholeSecondOf(timestamp)).toBe(Math.floor(each / 1000));
      }),
      RUNS,
    );
  });

  it('of each day of four years, more than it keeps', () => {
    const first = Date.UTC(2023, 0, 1);
    for (let day = 0; day < 1_461; day++) {
      const seconds = first / 1000 + day * 86_400 + 3_661;
      expect(wholeSecondOf(timestampFromMs(seconds * 1000))).toBe(seconds);
    }
  });

  it('with the fraction cut off, also before 1970', () => {
    for (const text of ['2026-11-20T08:59:58.9999999Z', '1969-12-31T23:59:59.9999999Z']) {
      expect(wholeSecondOf(timestampOf(text)!)).toBe(Math.floor(Date.parse(text) / 1000));
    }
  });
});

describe('publicIpv4Of(text) answers as a parser of addresses does', () => {
  const octet = fc.oneof(
    fc.integer({ min: 0, max: 255 }).map(String),
    fc.constantFrom('0', '10', '127', '169', '172', '192', '224', '239', '240', '255'),
    fc.constantFrom('', '00', '01', '256', '1e2', '-1', '0x7f', ' 1', '1 ', '١', '999', '1000'),
  );
  const second = fc.oneof(octet, fc.constantFrom('15', '16', '31', '32', '168', '254'));
  const texts = fc.oneof(
    fc.tuple(octet, second, octet, octet).map((parts) => parts.join('.')),
    fc.array(octet, { maxLength: 6 }).map((parts) => parts.join('.')),
    fc.string(),
    fc.ipV4(),
    fc.ipV6(),
  );
  const EXCLUDED = ['private', 'loopback', 'linkLocal', 'multicast', 'broadcast', 'unspecified'];

  it.each([0, 15, 16, 31, 32, 168, 169, 253, 254, 255])('of n.%i.0.1, whatever n', (next) => {
    for (let n = 0; n < 256; n++) {
      const text = `${n}.${next}.0.1`;
      const isExcluded = EXCLUDED.includes(ipaddr.IPv4.parse(text).range());
      expect(publicIpv4Of(text)).toEqual(isExcluded ? null : { address: text, network: `${n}.${next}.0.0/16` });
    }
  });

  it.each([
    '',
    '8',
    '8.8.8',
    '8.8.8.',
    '.8.8.8',
    '8..8.8',
    '8.8.8.8.',
    '8.8.8.8.8',
    '8.8.8.256',
    '8.8.08.8',
    '8.8.8.8 ',
  ])('not of %j', (text) => expect(publicIpv4Of(text)).toBe('other'));

  it('of any text', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(texts, (text) => {
        const fast = publicIpv4Of(text);
        seen.add(fast === null ? 'excluded' : fast === 'other' ? 'other' : 'public');
        const isAddress = ipaddr.IPv4.isValidFourPartDecimal(text);
        // It leaves to the slow reader what it does not know; what it knows it must know rightly.
        if (!isAddress) expect(fast).toBe('other');
        if (fast === 'other') return;
        const isExcluded = EXCLUDED.includes(ipaddr.IPv4.parse(text).range());
        const [first, next] = text.split('.');
        const slow = isExcluded ? null : { address: text, network: `${first}.${next}.0.0/16` };
        expect(fast).toEqual(slow);
        // The mapped form takes the slow way.
        expect(publicAddressOf(`::ffff:${text}`)).toEqual(slow);
      }),
      RUNS,
    );
    expect(seen).toEqual(new Set(['excluded', 'other', 'public']));
  });
});
