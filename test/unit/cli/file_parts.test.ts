import fc from 'fast-check';
import { expect, it } from 'vitest';
import { filePartsOf } from '../../../src/cli/file_parts.ts';

it('filePartsOf(files, threads) has every file once, in order, and parts of about as many bytes', () => {
  const sizes = fc.array(fc.nat(1000), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 2, max: 8 }), (bytes, threads) => {
      const files = bytes.map((size, n) => ({ path: `${n}`, bytes: size }));
      const parts = filePartsOf(files, threads);
      expect(parts.flat()).toEqual(files);
      const sizeOf = (part: typeof files) => part.reduce((sum, file) => sum + file.bytes, 0);
      const wanted = sizeOf(files) / (16 * threads);
      for (const part of parts) if (part.length > 1) expect(sizeOf(part)).toBeLessThanOrEqual(1.5 * wanted + 1000 / 2);
      for (const part of parts) expect(part.length).toBeGreaterThan(0);
    }),
  );
});

it('filePartsOf(many equal files, 2 threads) has sixteen parts for each thread', () => {
  const files = Array.from({ length: 320 }, (_, n) => ({ path: `${n}`, bytes: 10 }));
  expect(filePartsOf(files, 2).map((part) => part.length)).toEqual(new Array(32).fill(10));
});
