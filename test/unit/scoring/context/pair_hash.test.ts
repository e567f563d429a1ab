import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  digestOf,
  digestOfIpv4Network,
  type NameDigest,
  numberOfDigest,
} from '../../../../src/scoring/context/pair_hash.ts';

function slowly(name: string): NameDigest {
  const bytes = createHash('sha256').update(name).digest();
  return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) };
}

it('digestOf(name) is that of SHA-256, however often names repeat or share a place', () => {
  // Names of the same length and ends come to the same place.
  const names = fc.array(fc.oneof(fc.string(), fc.constantFrom('', 'ab.exe', 'ac.exe', 'a.exe', 'aXb', 'aXc')));
  fc.assert(
    fc.property(names, (all) => {
      for (const name of [...all, ...all.toReversed()]) expect(digestOf(name)).toEqual(slowly(name));
    }),
  );
});

it('digestOfIpv4Network(network) is that of its text', () => {
  expect(digestOfIpv4Network(198 * 256 + 51)).toEqual(slowly('198.51.0.0/16'));
  expect(digestOfIpv4Network(255)).toEqual(slowly('0.255.0.0/16'));
});

it('numberOfDigest(digest) keeps 48 bits apart', () => {
  expect(numberOfDigest({ low: -1, high: -1 })).toBe(2 ** 48 - 1);
  expect(numberOfDigest({ low: 1, high: 0x30002 })).toBe(2 * 2 ** 32 + 1);
});
