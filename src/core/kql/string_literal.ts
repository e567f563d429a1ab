/**
 * A text as a KQL string literal in double quotes, safe in any query. Escapes the backslash and the quote; controls and
 * line breaks, which would end the literal; and unsafe characters (direction marks, zero-width ones), so that a person
 * reads the query that runs. Lone surrogates become U+FFFD, as in Kusto's ingestion.
 *
 * `string_literal('a"b\\')` is `"a\"b\\"`. Source: Kusto documentation, the string data type; the escapes that exist are
 * those of Kusto's own scanner (microsoft/Kusto-Query-Language, LexicalGrammar.cs): `\\ \" \' \a \b \f \n \r \t \v`,
 * `\uHHHH`, `\UHHHHHHHH`, `\xHH` and octal.
 */
export function string_literal(text: string): string {
  const escaped = text.toWellFormed().replace(/[\\"]/g, '\\$&').replace(UNSAFE, codeOf);
  return `"${escaped}"`;
}

const UNSAFE = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]/gu;

function codeOf(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
