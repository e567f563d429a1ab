import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteReader } from '../../../../src/scoring/count_files/byte_reader.ts';
import { ByteWriter } from '../../../../src/scoring/count_files/byte_writer.ts';

const units = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 80 }));
/** As long as the longest that is written unit by unit, and one more. */
const edges = fc.constantFrom('x'.repeat(64), 'x'.repeat(65), `${'x'.repeat(63)}é`, '\x7f', '\x80', '');

it('ByteReader reads the numbers of six bytes that a ByteWriter wrote, as Buffer does', () => {
  const numbers = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.constantFrom(2 ** 32, 2 ** 32 - 1, 0)),
  );
  fc.assert(
    fc.property(numbers, (all) => {
      const writer = new ByteWriter();
      for (const number of all) writer.uint48(number);
      const bytes = Buffer.from(writer.view());
      const reader = new ByteReader(bytes);
      for (const [at, number] of all.entries()) {
        expect(bytes.readUIntLE(6 * at, 6)).toBe(number);
        expect(reader.uint48()).toBe(number);
      }
      expect(() => reader.uint48()).toThrow('the bytes end too early');
    }),
  );
});

it('ByteReader reads the texts that a ByteWriter wrote, and what stands between them', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(units, edges)), (texts) => {
      const writer = new ByteWriter();
      for (const text of texts) {
        writer.text(text);
        writer.varint(text.length);
      }
      const reader = new ByteReader(Buffer.from(writer.view()));
      for (const text of texts) {
        expect(reader.text()).toBe(text.toWellFormed());
        expect(reader.varint()).toBe(text.length);
      }
      expect(reader.isAtEnd).toBe(true);
    }),
  );
});
