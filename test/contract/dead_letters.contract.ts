import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetter, DeadLetters } from '../../src/storage/ports/dead_letters.ts';
import { all, deadLetter } from './samples.ts';

/** What every DeadLetters does; two views on one empty store. */
export function deadLettersContract(make: () => Promise<readonly [DeadLetters, DeadLetters]>): void {
  let store: DeadLetters;
  let other: DeadLetters;
  beforeEach(async () => {
    [store, other] = await make();
  });

  const write = async (
    segment: string,
    letters: readonly DeadLetter[],
    { repeat = false, into = store } = {},
  ): Promise<void> => {
    const writer = into.open(segment, { repeat });
    for (const letter of letters) await writer.add(letter);
    await writer.close();
  };
  /** Bytes as Buffers, whatever they came as. */
  const comparable = (letters: readonly DeadLetter[]): object[] =>
    letters.map((letter) => ({ ...letter, bytes: Buffer.from(letter.bytes) }));
  const kept = async (): Promise<object[]> => comparable(await all(store.list()));
  const lettersAt = (...offsets: number[]): DeadLetter[] => offsets.map((offset) => deadLetter({ offset }));

  it('list where nothing is yet is empty', async () => {
    expect(await kept()).toEqual([]);
  });

  it('expire removes what was written before, and nothing else', async () => {
    await write('aa', lettersAt(1));
    await store.expire(Date.now() - 60_000);
    expect(await kept()).toEqual(lettersAt(1));
    await store.expire(Date.now() + 60_000);
    expect(await kept()).toEqual([]);
    await store.expire(Date.now() + 60_000);
  });

  it('list gives letters as they were added, segment by segment', async () => {
    await write('bb', lettersAt(3, 4));
    await write('aa', lettersAt(1, 2), { into: other });
    expect(await kept()).toEqual(lettersAt(1, 2, 3, 4));
  });

  it.each([
    ['a reason with a code', deadLetter({ reason: 'refused-row', code: 'EntityTooLarge', record: 17 })],
    ['a fault of a field', deadLetter({ reason: 'bad-field', field: 'System.Computer' })],
    ['the reports of a device over its limit', deadLetter({ reason: 'too-many-groups', reports: 480_001 })],
    ['a summary', deadLetter({ reason: 'not-kept', notKept: { 'bad-json': 3, 'bad-time': 1 } })],
    ['no bytes', deadLetter({ bytes: Buffer.alloc(0) })],
    ['bytes that are no UTF-8', deadLetter({ bytes: Buffer.from([0xff, 0xfe, 0, 0x80, 0x0a, 0xed, 0xa0, 0x80]) })],
    ['a byte order mark', deadLetter({ bytes: Buffer.from('\ufeff{}') })],
    ['newlines, U+2028 and U+0000', deadLetter({ bytes: Buffer.from('a\r\nb\u2028\u0000"\\') })],
    ['70 KiB of a line', deadLetter({ bytes: Buffer.alloc(70 * 1024, 0x01), length: 5_000_000 })],
    ['a hostile name', deadLetter({ export: { container: 'c', name: '"}\n{"日本語 #?' } })],
  ])('keeps %s', async (_what, letter) => {
    await write('aa', [letter, deadLetter()]);
    expect(await kept()).toEqual(comparable([letter, deadLetter()]));
  });

  it('keeps any bytes', async () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 5 }), async (many) => {
        const letters = many.map((each) => deadLetter({ bytes: each }));
        await write('aa', letters, { repeat: true });
        expect(await kept()).toEqual(comparable(letters));
      }),
      { numRuns: 25 },
    );
  });

  it('keeps letters of some megabytes, and what the caller does to their memory afterwards does not matter', async () => {
    const line = Buffer.alloc(64 * 1024);
    const writer = store.open('aa', { repeat: false });
    for (let n = 0; n < 60; n++) await writer.add(deadLetter({ offset: n, bytes: line.fill(n) }));
    line.fill(0xff);
    await writer.close();
    const letters = await all(store.list());
    expect(letters.map(({ offset }) => offset)).toEqual(Array.from({ length: 60 }, (_, n) => n));
    for (const { offset, bytes } of letters) expect(Buffer.alloc(64 * 1024, offset).equals(bytes)).toBe(true);
  });

  describe('close', () => {
    it('puts a repeat in place of the first writing, be it longer or shorter', async () => {
      const large = (offset: number): DeadLetter => deadLetter({ offset, bytes: Buffer.alloc(700_000, 'x') });
      await write('aa', [large(1), large(2), large(3)]);
      await write('aa', lettersAt(4), { repeat: true, into: other });
      expect(await kept()).toEqual(lettersAt(4));
      await write('aa', [large(1), large(2), large(3)], { repeat: true });
      await write('aa', [large(1), large(2), large(3)], { repeat: true, into: other });
      expect((await all(store.list())).map(({ offset }) => offset)).toEqual([1, 2, 3]);
    });

    it('of a repeat without letters removes the first writing, or does nothing', async () => {
      await write('aa', [], { repeat: true });
      await write('aa', []);
      await write('aa', lettersAt(1));
      await write('bb', lettersAt(2));
      await write('aa', [], { repeat: true });
      await write('aa', [], { repeat: true });
      expect(await kept()).toEqual(lettersAt(2));
    });

    it('is what makes letters visible', async () => {
      await write('aa', lettersAt(1));
      const writer = store.open('aa', { repeat: true });
      for (let n = 0; n < 3; n++) await writer.add(deadLetter({ bytes: Buffer.alloc(700_000, 'x') }));
      expect(await kept()).toEqual(lettersAt(1));
      await writer.abort();
      expect(await kept()).toEqual(lettersAt(1));
    });

    it('by two workers on one segment at once leaves its letters once', async () => {
      const letters = [1, 2, 3].map((offset) => deadLetter({ offset, bytes: Buffer.alloc(700_000, 'x') }));
      const writers = [store, other].map((worker) => worker.open('aa', { repeat: true }));
      for (const letter of letters) for (const writer of writers) await writer.add(letter);
      for (const writer of writers) await writer.close();
      expect((await all(store.list())).map(({ offset }) => offset)).toEqual([1, 2, 3]);
    });
  });
}
