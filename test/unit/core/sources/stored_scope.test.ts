import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInScope } from '../../../../src/core/records/in_scope.ts';
import { isStored } from '../../../../src/core/sources/stored_scope.ts';

/** Addresses with the scope of the second detector, of another implementation. They are not kept in this repository. */
const FILE = fileURLToPath(new URL('../../../../../shared/regularity-vectors.json', import.meta.url));
const absent = !existsSync(FILE);
if (absent) console.log(`skipped: the scope of regularity, because ${FILE} is not there`);

interface Vectors {
  readonly scope: readonly { readonly address: string; readonly network: string | null }[];
}

describe.skipIf(absent)('isStored(remoteIP) of ../shared/regularity-vectors.json', () => {
  const { scope }: Vectors = absent ? { scope: [] } : JSON.parse(readFileSync(FILE, 'utf8'));

  it('is true for every address in the scope of the second detector', () => {
    const wanted = scope.filter(({ network }) => network !== null).map(({ address }) => address);
    expect(wanted.length).toBeGreaterThan(6);
    expect(wanted.filter((address) => !isStored(address))).toEqual([]);
  });

  it('is false for an address in the scope of none', () => {
    // The KQL rule scores multicast, broadcast and unspecified IPv4 addresses.
    const others = scope.filter(({ network, address }) => network === null && !isInScope(address));
    expect(others.length).toBeGreaterThan(12);
    expect(others.filter(({ address }) => isStored(address))).toEqual([]);
  });
});

describe('isStored(remoteIP)', () => {
  it('is the scope of the KQL rule for everything without a colon', () => {
    const octet = fc.nat(300);
    const text = fc.oneof(
      fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (address) => {
        if (!address.includes(':')) expect(isStored(address)).toBe(isInScope(address));
        else if (isInScope(address)) expect(isStored(address)).toBe(true);
      }),
    );
  });

  it.each(['::ffff:a00:1', '0:0:0:0:0:FFFF:7f00:1', 'fe80::1%eth0', 'FD00::1', ':', '1:2', `${'0:'.repeat(40)}1`])(
    'is false for %s',
    (address) => {
      expect(isStored(address)).toBe(false);
    },
  );
  it.each(['::ffff:cb00:7107', '64:ff9b::cb00:7107', '2002:cb00:7107::1'])('is true for %s', (address) => {
    expect(isStored(address)).toBe(true);
  });
});
