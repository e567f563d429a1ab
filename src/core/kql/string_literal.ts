/**
 * A text as a KQL string literal in double quotes, safe in whatever query it stands. The backslash and the quote are
 * escaped; so are controls and line breaks, which would end the literal, and every character that acts instead of showing
 * (marks that turn the direction of writing, zero-width ones), so that a person reads what runs. Halves of surrogate
 * pairs become U+FFFD, as Kusto makes them when it takes data in.
 *
 * `string_literal('a"b\\')` is `"a\"b\\"`. Source: Kusto documentation, the string data type; the escapes that exist are
 * those of Kusto's own scanner (microsoft/Kusto-Query-Language, LexicalGrammar.cs): `\\ \" \' \a \b \f \n \r \t \v`,
 * `\uHHHH`, `\UHHHHHHHH`, `\xHH` and octal.
 */
export function string_literal(text: string): string {
  const escaped = text.toWellFormed().replace(/[\\"]/g, '\\$&').replace(UNSHOWN, codeOf);
  return `"${escaped}"`;
}

const UNSHOWN = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]/gu;

function codeOf(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
