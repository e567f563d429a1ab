import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { string_literal } from '../../../../src/core/kql/string_literal.ts';
import { HOSTILE_NAMES } from '../../../contract/samples.ts';
import { readLiteral } from './literals.ts';

describe('string_literal(text)', () => {
  it('escapes what would end the literal, and what acts instead of showing', () => {
    expect(string_literal('updater.exe')).toBe('"updater.exe"');
    expect(string_literal('')).toBe('""');
    expect(string_literal('a"b\\')).toBe('"a\\"b\\\\"');
    expect(string_literal("it's | // fine")).toBe(`"it's | // fine"`);
    expect(string_literal('a\r\nb\tc\u0000')).toBe('"a\\u000d\\u000ab\\u0009c\\u0000"');
    expect(string_literal('\u2028\u2029\u0085')).toBe('"\\u2028\\u2029\\u0085"');
    expect(string_literal('exe.\u202etxt\u200b')).toBe('"exe.\\u202etxt\\u200b"');
    expect(string_literal('\u{e0001}\u{1f600}')).toBe('"\\U000e0001\u{1f600}"');
    expect(string_literal('\ud800x')).toBe('"\ufffdx"');
  });

  it('reads back as the text by the rules of the language, whatever the text, and ends where it ends', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(fc.constantFrom('"', '\\', '\n', '\r', "'", '`', '\u2028', '\u0085', 'u0041', 'x', '@', ';'), {
          maxLength: 12,
        })
        .map((parts) => parts.join('')),
      fc.constantFrom(...HOSTILE_NAMES),
    );
    fc.assert(
      fc.property(text, fc.string(), (value, rest) => {
        const literal = string_literal(value);
        expect(readLiteral(`${literal} ${rest}`, 0)).toEqual({ value: value.toWellFormed(), end: literal.length });
      }),
      { numRuns: 2_000 },
    );
  });
});
