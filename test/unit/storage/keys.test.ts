import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupKey } from '../../../src/core/records/report.ts';
import { groupIdOf } from '../../../src/storage/keys.ts';

const hashOf = (parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

describe('groupIdOf(key)', () => {
  it('is 32 bits of a hash of source and address, and 96 bits of one of the whole key, for any names', () => {
    // Commas and digits: the names are joined for the memo. Names of few letters repeat, so that it is used.
    const name = fc.oneof(fc.string({ unit: fc.constantFrom('0', '1', ',', 'a'), maxLength: 4 }), fc.string());
    const key = fc.record({
      source: fc.constantFrom('defender', 'sysmon'),
      DeviceName: name,
      InitiatingProcessFileName: name,
      RemoteIP: fc.oneof(name, fc.string({ unit: 'binary', minLength: 250, maxLength: 260 })),
    });
    fc.assert(
      fc.property(key, (names) => {
        const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = names;
        const id =
          hashOf([source, RemoteIP]).slice(0, 8) +
          hashOf([source, DeviceName, InitiatingProcessFileName, RemoteIP]).slice(0, 24);
        expect(groupIdOf(names as GroupKey)).toBe(id);
      }),
      { numRuns: 2000 },
    );
  });
});
