import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownerText } from '../../../src/core/detections/owner.ts';
import { MAX_OWNER_BYTES, OwnerDatabaseError, ownerDatabase } from '../../../src/reading/owner_database.ts';
import { OWNERS_BLOB, OwnersBlob } from '../../../src/reading/stored_owners.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { tries } from '../../support/effort.ts';
import { mmdbOf } from '../../support/reading/mmdb.ts';

const FILE = mmdbOf({
  '203.0.113.0/24': { autonomous_system_number: 64_496, autonomous_system_organization: 'Example Hosting' },
  '198.51.100.0/25': { asn: 'AS64497', as_name: 'Example Cloud', country: 'Netherlands', country_code: 'NL' },
  '192.0.2.0/24': { country: { iso_code: 'DE' }, registered_country: { iso_code: 'FR' } },
  '192.88.99.0/24': { something: 'else' },
  '198.18.0.0/15': { asn: 'AS64498', name: 'x'.repeat(250) },
});

describe('ownerDatabase(bytes)', () => {
  const ownerOf = ownerDatabase(FILE);

  it.each([
    ['203.0.113.7', 'AS64496 Example Hosting'],
    ['198.51.100.7', 'AS64497 Example Cloud, NL'],
    ['192.0.2.1', 'DE'],
  ])('knows the owner of %s: %s', (address, wanted) => {
    const owner = ownerOf(address);
    expect(owner && ownerText(owner)).toBe(wanted);
  });

  it.each(['198.51.100.200', '10.0.0.1', '192.88.99.1', '*', '', 'x', '2001:db8::1'])(
    'knows no owner of %j',
    (address) => {
      expect(ownerOf(address)).toBeNull();
    },
  );

  it('cuts a long name', () => {
    expect(ownerOf('198.18.0.1')?.organisation).toHaveLength(200);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another file', Buffer.from('<!doctype html>'.repeat(100))],
    ['one without its end', FILE.subarray(0, FILE.length - 150)],
  ])('refuses %s', (_, bytes) => {
    expect(() => ownerDatabase(bytes)).toThrow(OwnerDatabaseError);
  });

  it('refuses a file that is too large, before it is read', () => {
    expect(() => ownerDatabase(Buffer.alloc(MAX_OWNER_BYTES + 1))).toThrow(/67108865 bytes/);
  });

  it('survives any damage: it refuses the file, or knows no owner', () => {
    const addresses = ['203.0.113.7', '198.51.100.7', '10.0.0.1'];
    const damage = fc.array(fc.tuple(fc.nat(FILE.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = Buffer.from(FILE);
        for (const [place, byte] of changes) bytes[place] = byte;
        try {
          const damaged = ownerDatabase(bytes);
          for (const address of addresses) damaged(address);
        } catch (error) {
          expect(error).toBeInstanceOf(OwnerDatabaseError);
        }
      }),
      { numRuns: tries(300, 5_000) },
    );
  });
});

describe('OwnersBlob', () => {
  const files = (open: (name: string) => Buffer | null) => {
    let opened = 0;
    return {
      count: () => opened,
      open: async (name: string) => {
        opened++;
        const bytes = open(name);
        return bytes && { version: '1', length: bytes.length, bytes };
      },
    };
  };

  it('reads the blob once', async () => {
    const store = files((name) => (name === OWNERS_BLOB ? FILE : null));
    const blob = new OwnersBlob(store);
    for (let n = 0; n < 3; n++) expect((await blob.owners())('203.0.113.7')?.asn).toBe(64_496);
    expect((await blob.get()).fault).toBe('');
    expect(store.count()).toBe(1);
  });

  it('has no owners where the blob is absent, damaged or too large, and says why', async () => {
    expect((await new OwnersBlob(files(() => null)).get()).fault).toBe('');
    const broken = new OwnersBlob(files(() => Buffer.from('x')));
    const { fault } = await broken.get();
    expect(fault).toBe('owners.mmdb in the container context is not used: it is no MMDB file, or it is damaged');
    expect((await broken.owners())('203.0.113.7')).toBeNull();
    const large = { open: async () => ({ version: '1', length: MAX_OWNER_BYTES + 1, bytes: FILE }) };
    expect((await new OwnersBlob(large).get()).fault).toContain('at most 67108864 are read');
  });

  it('has none where storage fails, and tries again', async () => {
    let isDown = true;
    const blob = new OwnersBlob(
      files(() => {
        if (isDown) throw new StoreError('context: reading');
        return FILE;
      }),
    );
    await expect(blob.get()).rejects.toThrow(StoreError);
    expect((await blob.owners())('203.0.113.7')).toBeNull();
    isDown = false;
    expect((await blob.owners())('203.0.113.7')).not.toBeNull();
  });
});
