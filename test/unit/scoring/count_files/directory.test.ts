import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeDirectory,
  encodeDirectory,
  framesOf,
  type UnplacedPart,
} from '../../../../src/scoring/count_files/directory.ts';
import { tries } from '../../../support/effort.ts';

const groupId = fc.nat(40).map((n) => `3${n.toString(16).padStart(31, '0')}`);
const frame = fc.record({
  first: groupId,
  length: fc.nat(2 ** 24),
  checksum: fc.nat(2 ** 32 - 1),
  rows: fc.nat(4096),
});
const part: fc.Arbitrary<UnplacedPart> = fc.record({
  hour: fc.nat(24),
  id: fc.constantFrom('', 'ab'.repeat(12)),
  blocks: fc.nat(50_000),
  frames: fc.array(frame, { maxLength: 5 }),
});
const directory = fc.record({
  day: fc.constantFrom('2026-11-20', '2026-12-31'),
  partition: fc.constantFrom('0', 'f'),
  parts: fc.array(part, { maxLength: 4 }),
});
const bytesOf = (parts: readonly UnplacedPart[]) =>
  parts.flatMap(({ frames }) => frames).reduce((sum, { length }) => sum + length, 0);

describe('a directory', () => {
  it('gives back what was written, and where each frame begins, from the beginning of the file alone', () => {
    const round = fc.property(directory, fc.uint8Array(), (written, more) => {
      const bytes = encodeDirectory(written);
      const fileBytes = bytes.length + bytesOf(written.parts);
      const reading = decodeDirectory(Buffer.concat([bytes, more]), fileBytes);
      let start = 0;
      const parts = written.parts.map((each) => ({
        ...each,
        frames: each.frames.map((one) => {
          start += one.length;
          return { ...one, start: start - one.length };
        }),
      }));
      expect(reading).toEqual({ ok: true, directory: { ...written, parts }, length: bytes.length });
    });
    fc.assert(round, { numRuns: tries(200, 5000) });
  });

  it('that does not end within the bytes says how many are needed', () => {
    const bytes = encodeDirectory({ day: '2026-11-20', partition: '3', parts: [] });
    for (let end = 16; end < bytes.length; end++) {
      const cut = decodeDirectory(bytes.subarray(0, end), bytes.length);
      expect(cut).toEqual({ ok: false, reason: 'longer', length: bytes.length });
    }
  });

  it('with any byte changed, cut anywhere, or of a file of another length is never read', () => {
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 255 }));
    const broken = fc.property(directory, change, (written, [place, flip]) => {
      const bytes = encodeDirectory(written);
      const fileBytes = bytes.length + bytesOf(written.parts);
      const at = Math.min(bytes.length - 1, Math.floor(place * bytes.length));
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ flip;
      expect(decodeDirectory(flipped, fileBytes).ok).toBe(false);
      expect(decodeDirectory(bytes.subarray(0, at), at).ok).toBe(false);
      expect(decodeDirectory(bytes, fileBytes + flip).ok).toBe(false);
    });
    fc.assert(broken, { numRuns: tries(300, 10_000) });
  });

  it('distinguishes a foreign file from a damaged one, for any bytes', () => {
    const foreign = fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeDirectory(Buffer.from(bytes), bytes.length).ok).toBe(false);
    });
    fc.assert(foreign, { numRuns: tries(100, 5000) });
    const reasonOf = (bytes: Buffer) => decodeDirectory(bytes, bytes.length);
    expect(reasonOf(Buffer.from('PAR1 of another program, some bytes'))).toMatchObject({ reason: 'foreign' });
    expect(reasonOf(Buffer.alloc(0))).toMatchObject({ reason: 'foreign' });
    expect(reasonOf(Buffer.from('BWCF'))).toMatchObject({ reason: 'bad' });
    const other = encodeDirectory({ day: '2026-11-20', partition: '3', parts: [] });
    other.writeUInt32LE(2, 4);
    expect(reasonOf(other)).toMatchObject({ reason: 'foreign' });
  });
});

describe('framesOf(part, groupId)', () => {
  it('gives every frame that can hold rows of the group, and at most one that does not', () => {
    const ids = fc.array(fc.array(groupId, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    const finds = fc.property(ids, groupId, (groups, wanted) => {
      const flat = groups.flat().sort();
      // The groups of each frame, some of which go on in the next one.
      const frames = groups.map(({ length }) => flat.splice(0, length));
      const one = {
        hour: 0,
        id: '',
        blocks: 0,
        frames: frames.map((held, n) => ({ first: held[0] as string, start: n, length: 1, checksum: 0, rows: 1 })),
      };
      const found = framesOf(one, wanted).map(({ start }) => start);
      const holding = frames.flatMap((held, n) => (held.includes(wanted) ? [n] : []));
      expect(found).toEqual(expect.arrayContaining(holding));
      expect(found.length).toBeLessThanOrEqual(holding.length + 1);
    });
    fc.assert(finds, { numRuns: tries(300, 5000) });
  });
});
