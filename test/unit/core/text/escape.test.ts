import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeForDisplay, escapeJson } from '../../../../src/core/text/escape.ts';

/** What acts, written down once more: by property of Unicode, and by name. */
const ACTING = [
  ...'\u0000\u0007\u0008\t\n\r\u001b\u007f\u0085\u009b',
  '\u00ad', // soft hyphen
  '\u034f', // combining grapheme joiner
  '\u061c', // Arabic letter mark
  '\u115f', // Hangul filler
  '\u180e', // Mongolian vowel separator
  ...'\u200b\u200c\u200d\u200e\u200f', // zero width, and the marks of direction
  ...'\u2028\u2029', // separators
  ...'\u202a\u202b\u202c\u202d\u202e', // embeddings and overrides
  ...'\u2060\u2066\u2067\u2068\u2069\u206f', // word joiner, isolates
  '\u3164', // Hangul filler
  '\ufe0f', // variation selector
  '\ufeff', // byte order mark
  ...'\ufff9\ufffa\ufffb', // interlinear annotation
  '\ud800', // half a pair
  '\udfff',
  '\u{e0001}', // tags
  '\u{e0041}',
  '\u{e0100}', // variation selector
];
const STILL_ACTS = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...ACTING),
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('a', '\\', '"', '😀'),
    ),
  )
  .map((parts) => parts.join(''));

describe('escapeForDisplay(text)', () => {
  it('is text without anything that acts', () => {
    fc.assert(
      fc.property(hostile, (text) => !STILL_ACTS.test(escapeForDisplay(text, 10_000))),
      { numRuns: 2000 },
    );
  });

  it.each(ACTING.map((character) => [JSON.stringify(character), character]))(
    'writes %s as its code',
    (_, character) => {
      const codes = character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      expect(escapeForDisplay(`a${character}b`)).toBe(`a${codes.join('')}b`);
    },
  );

  it.each(['updater.exe', 'Ünïcödé 漢字 العربية עברית', '😀', 'a\\b "c" \'d\'', 'e\u0301', '\ufffc\ufffd', ''])(
    'leaves %s as it is',
    (text) => {
      expect(escapeForDisplay(text)).toBe(text);
    },
  );

  it('cuts to the limit with an ellipsis as the last character, never through a surrogate pair', () => {
    expect(escapeForDisplay('abcdef', 6)).toBe('abcdef');
    expect(escapeForDisplay('abcdefg', 6)).toBe('abcde…');
    expect(escapeForDisplay('😀😀😀😀', 3)).toBe('😀😀…');
    expect(escapeForDisplay('😀😀😀', 3)).toBe('😀😀😀');
    expect(escapeForDisplay('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`);
    expect(escapeForDisplay('x'.repeat(200))).toBe('x'.repeat(200));
  });

  it('counts what a character is written as', () => {
    expect(escapeForDisplay('\u001b\u001b', 6)).toBe('\\u001…');
  });
});

describe('escapeJson(json)', () => {
  it('keeps the value and has no unsafe character', () => {
    // A member name without a backslash: after one such as "\\", V8 can read "\u202e" as "\\" (nodejs/node#63785).
    const name = hostile.filter((text) => !text.includes('\\'));
    const value = fc.dictionary(name, fc.oneof(hostile, fc.integer(), fc.array(hostile)));
    fc.assert(
      fc.property(value, (before) => {
        const json = escapeJson(JSON.stringify(before));
        expect(STILL_ACTS.test(json)).toBe(false);
        expect(JSON.parse(json)).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(ACTING.map((character) => [JSON.stringify(character), character]))(
    'keeps %s behind a backslash',
    (_, character) => {
      const json = escapeJson(JSON.stringify(`\\${character}\\\\`));
      expect(JSON.parse(json)).toBe(`\\${character}\\\\`);
    },
  );
});
