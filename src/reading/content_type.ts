/** What the bytes of a file are, by how they begin. */
export type ContentKind =
  /** JSON lines, or what is at least no other kind. */
  | 'lines'
  /** The Defender portal's CSV of advanced hunting; with `;` or tabs where a spreadsheet has saved it once more. */
  | 'csv'
  /** JSON over several lines: an array, objects, or `{"records":[…]}`. */
  | 'json'
  | 'gzip'
  /** Any of these in UTF-16, with its byte order mark: PowerShell and Excel write it. */
  | 'utf-16';

/** As many bytes as tell the kind, but of a list, whose first line may be longer: a CSV header is some 2,500. */
export const HEAD_BYTES = 16 * 1024;

/** How JSON over several lines begins, to the end of its first line. One that is cut off hardly ends there. */
const JSON_BEGIN = /^(?:\{|(?:\[|\{\s*"records"\s*:\s*\[)(?:\s*\{(?:.*\}\s*,)?)?|\[\s*\{.*\})$/;
const LIST_BEGIN = /^(?:\[\s*\{|\{\s*"records"\s*:\s*\[\s*\{)/;

export function contentKindOf(head: Uint8Array): ContentKind {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (utf16Of(head) !== null) return 'utf-16';
  const text = textOf(head);
  const line = firstLineOf(text);
  if (line === null) return 'lines';
  if (/^[{[]/.test(line)) return JSON_BEGIN.test(line) && goesOn(text.split('\n')) ? 'json' : 'lines';
  return delimiterIn(line) === null ? 'lines' : 'csv';
}

/** Which of the two UTF-16 it is, as TextDecoder calls them; null for neither. */
export function utf16Of(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : null;
}

/** What stands between the cells of a CSV. */
export function delimiterOf(head: Uint8Array): string {
  return delimiterIn(firstLineOf(textOf(head)) ?? '') ?? ',';
}

/** By which the header has the columns that it cannot be without; null where there is none. */
function delimiterIn(header: string): string | null {
  const isBetween = (delimiter: string) => {
    const columns = header.split(delimiter).map((column) => column.replace(/^"(.*)"$/, '$1'));
    return columns.includes('ActionType') && columns.includes('RemoteIP');
  };
  return [',', ';', '\t'].find(isBetween) ?? null;
}

/** Null where it is not there as a whole. */
function firstLineOf(text: string): string | null {
  const lineEnd = text.indexOf('\n');
  return lineEnd === -1 ? null : text.slice(0, lineEnd).trimEnd();
}

/**
 * Whether the lines behind the first are the rest of one JSON text. They are not where an object has another in its midst
 * without a name, or one follows another without a comma: then the first is a broken line among whole ones.
 */
function goesOn(head: readonly string[]): boolean {
  const lines = head.map((line) => line.trim()).filter((line) => line !== '');
  const [first = '', second = ''] = lines;
  if (first === '{' && !second.startsWith('"')) return false;
  return !lines.slice(1).some((line, index) => isObject(line) && !/[,:[]$/.test(lines[index] as string));
}

function isObject(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Whether it begins as a list of records does: an array, or `{"records":[…]}`. */
export function isList(head: Uint8Array): boolean {
  return LIST_BEGIN.test(textOf(head.subarray(0, HEAD_BYTES)));
}

/** A byte order mark is white space to trimStart. */
function textOf(head: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(head).trimStart();
}

/** What the formats are that can be read, for messages. */
export const EXPECTED =
  'JSON lines as Defender (Streaming API), Log Analytics (export rule), NXLog, winlogbeat or Elastic Agent write them';

/** Why a file of that kind cannot be read in a container, and what to do with it; null where it can. */
export function adviceOf(kind: ContentKind): string | null {
  switch (kind) {
    case 'lines':
      return null;
    case 'csv':
      return `the CSV of advanced hunting; that is for \`score\`, expected ${EXPECTED}`;
    case 'json':
      return `JSON over several lines; that is for \`score\`, or for one record a line (jq -c), expected ${EXPECTED}`;
    case 'gzip':
      return `gzip; that is for \`score\`, or to be unpacked, expected ${EXPECTED}`;
    case 'utf-16':
      return `UTF-16; that is for \`score\`, or for UTF-8 (iconv -f UTF-16 -t UTF-8), expected ${EXPECTED}`;
  }
}
