/**
 * String literals by the language's own scanner: microsoft/Kusto-Query-Language, src/Kusto.Language/Parser,
 * TokenParser.cs (ScanStringLiteral) and LexicalGrammar.cs (Escape). Only those in double quotes, the only ones we write.
 */
const ESCAPE =
  /^\\(?:(?<plain>['"\\abfnrtv])|u(?<four>[0-9a-fA-F]{4})|U(?<eight>[0-9a-fA-F]{8})|x(?<two>[0-9a-fA-F]{2})|(?<octal>[0-3][0-7]{2}|[0-7]{1,2}))/;
const PLAIN: Record<string, string> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
/** TextFacts.IsLineBreakStart, and what else Unicode calls the end of a line: a literal must not hold it. */
const LINE_BREAK = /[\r\n\u0085\u2028\u2029]/;

/** The literal at this place and where it ends; null where it has no end of its own. */
export function readLiteral(query: string, start: number): { value: string; end: number } | null {
  let value = '';
  for (let at = start + 1; at < query.length; ) {
    const character = query[at] as string;
    if (character === '"') return { value, end: at + 1 };
    if (LINE_BREAK.test(character)) return null;
    if (character !== '\\') {
      value += character;
      at++;
      continue;
    }
    const found = ESCAPE.exec(query.slice(at, at + 10));
    if (found === null) return null;
    const { plain, four, eight, two, octal } = found.groups ?? {};
    const hex = four ?? eight ?? two;
    if (plain !== undefined) value += PLAIN[plain] ?? plain;
    else value += String.fromCodePoint(hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16));
    at += found[0].length;
  }
  return null;
}

/** The values of all literals, verbatim ones (`@'…'`) among them, and the query with each of them as `?`. */
export function withoutLiterals(query: string): { values: string[]; text: string } | null {
  const values: string[] = [];
  let text = '';
  for (let at = 0; at < query.length; ) {
    const verbatim = /^@'(?<content>(?:[^'\r\n]|'')*)'/.exec(query.slice(at));
    if (verbatim !== null) {
      values.push(verbatim.groups?.['content'] ?? '');
      text += '?';
      at += verbatim[0].length;
    } else if (query[at] === '"') {
      const literal = readLiteral(query, at);
      if (literal === null) return null;
      values.push(literal.value);
      text += '?';
      at = literal.end;
    } else {
      text += query[at];
      at++;
    }
  }
  return { values, text };
}
