/**
 * parse_json(x): what is already dynamic stays as it is, JSON text becomes the value it spells, and any other text
 * stays that text, whose members are then all null.
 *
 * So it serves both shapes of AdditionalFields: Defender exports the column as a string, Sentinel as an object.
 * `parse_json('{"a":1}')` is `{ a: 1 }`, `parse_json('a b')` is `'a b'`. Source: Kusto documentation, parse_json().
 */
export function parse_json(x: unknown): unknown {
  if (typeof x !== 'string') return x;
  try {
    return JSON.parse(x);
  } catch {
    // Of a string, JSON.parse throws nothing but a SyntaxError.
    return x;
  }
}
