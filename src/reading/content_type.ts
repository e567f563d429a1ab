import { holdsListMember } from '../core/records/envelope.ts';
import { isCsv } from './csv_dialect.ts';
import { utf16Of } from './encoding.ts';
import { type Container, isUnread, signatureOf, type Unread, unreadText } from './signature.ts';
import { isEventsXml } from './xml_reader.ts';
import { isZeekLog } from './zeek_log_reader.ts';

/** The kind of a file, by its first bytes. */
export type ContentKind =
  | Container
  | Unread
  /** JSON lines, and everything that is no other kind. */
  | 'lines'
  /** A table with a header that we know, cells separated by commas, semicolons or tabs. */
  | 'csv'
  /** Zeek's own log format, with `#fields`. */
  | 'zeek-log'
  /** JSON over several lines: an array, objects, or `{"records":[…]}`. */
  | 'json'
  /** XML of Windows events, indented or several in one line. */
  | 'xml'
  /** Any of these in UTF-16, as PowerShell and Excel write it. */
  | 'utf-16';

/** Bytes that decide the kind; a CSV header has about 2,500. The first line of a JSON list may be longer. */
export const HEAD_BYTES = 16 * 1024;

/** The first line of JSON over several lines. A truncated record hardly ends this way. */
const JSON_BEGIN = /^(?:\{|(?:\[|\{\s*"records"\s*:\s*\[)(?:\s*\{(?:.*\}\s*,)?)?|\[\s*\{.*\})$/;
const LIST_BEGIN = /^\[\s*\{/;

export function contentKindOf(head: Uint8Array): ContentKind {
  const signature = signatureOf(head);
  if (signature !== null) return signature;
  if (utf16Of(head) !== null) return 'utf-16';
  const text = textOf(head);
  if (text.startsWith('<') || text.startsWith('Record ')) return isEventsXml(text) ? 'xml' : 'lines';
  const line = firstLineOf(text);
  if (line === null) return 'lines';
  if (isZeekLog(text)) return 'zeek-log';
  if (/^[{[]/.test(line)) return beginsJson(line, text) && goesOn(text.split('\n')) ? 'json' : 'lines';
  return isCsv(text) ? 'csv' : 'lines';
}

/** null where the head does not contain the whole line. */
function firstLineOf(text: string): string | null {
  const lineEnd = text.indexOf('\n');
  return lineEnd === -1 ? null : text.slice(0, lineEnd).trimEnd();
}

/**
 * Whether the lines of the head are one JSON text, or several below each other. They are not where an object contains
 * another without a name, or follows another without a comma: then the first line is a broken record among whole ones.
 */
function goesOn(head: readonly string[]): boolean {
  const lines = head.map((line) => line.trim()).filter((line) => line !== '');
  let open: readonly string[] = [];
  for (const [index, line] of lines.slice(0, -1).entries()) {
    const next = lines[index + 1] as string;
    const stillOpen = openBrackets(line, open);
    // No string of JSON has a line end in it.
    if (stillOpen === null || !canFollow(line, stillOpen.at(-1), next)) return false;
    if (isObject(next) && !/[,:[]$/.test(line)) return false;
    open = stillOpen;
  }
  return true;
}

/** Whether a text of JSON can go on with the next line, as far as the last character of one and the first of the other show. */
function canFollow(line: string, innermost: string | undefined, next: string): boolean {
  if (line.endsWith(':')) return !/^[,:}\]]/.test(next);
  const isBeforeItem = /[,{[]$/.test(line);
  // An empty object; as a whole text, it would be no record.
  if (line.endsWith('{') && next.startsWith('}')) return line !== '{';
  if (innermost === '{') return isBeforeItem ? next.startsWith('"') : /^[,}]/.test(next);
  if (innermost === '[') return isBeforeItem ? !/^[,:}]/.test(next) : /^[,\]]/.test(next);
  return true;
}

/** The brackets that are open at the end of a line, from the outermost on; null where a string is open. */
function openBrackets(line: string, openBefore: readonly string[] = []): readonly string[] | null {
  const open = [...openBefore];
  const withoutStrings = line.replace(STRINGS, '');
  if (withoutStrings.includes('"')) return null;
  for (const [bracket] of withoutStrings.matchAll(/[[\]{}]/g)) {
    if (bracket === '{' || bracket === '[') open.push(bracket);
    else open.pop();
  }
  return open;
}

const STRINGS = /"(?:[^"\\]|\\.)*"/g;

function isObject(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Whether the line is the first of JSON over several lines. An envelope that ends with the line is a record of its own. */
function beginsJson(line: string, text: string): boolean {
  const next = text.slice(text.indexOf('\n')).trimStart();
  if (JSON_BEGIN.test(line) || next.startsWith(',')) return true;
  return openBrackets(line)?.length !== 0 && (line.startsWith('[') || holdsListMember(line));
}

/** Whether it starts like a list of records: an array, or an envelope. */
export function isList(head: Uint8Array): boolean {
  const text = textOf(head.subarray(0, HEAD_BYTES));
  return LIST_BEGIN.test(text) || (text.startsWith('{') && holdsListMember(firstLineOf(text) ?? text));
}

/** trimStart also removes a byte order mark. */
function textOf(head: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(head).trimStart();
}

/** The readable formats, for messages. */
export const EXPECTED =
  'JSON lines as Defender (Streaming API), Log Analytics (export rule), NXLog, winlogbeat or Elastic Agent write them';

/** The reason why a file of this kind cannot be read from a container, and the remedy; null where it can. */
export function adviceOf(kind: ContentKind): string | null {
  if (isUnread(kind)) return `${unreadText(kind)}; expected ${EXPECTED}`;
  switch (kind) {
    case 'lines':
      return null;
    case 'csv':
      return `it is a CSV, which only \`score\` reads; expected ${EXPECTED}`;
    case 'zeek-log':
      return `it is a Zeek log with tabs, which only \`score\` reads; let Zeek write JSON (LogAscii::use_json=T)`;
    case 'json':
      return `it is JSON over several lines, which only \`score\` reads; convert it to one record per line (jq -c); expected ${EXPECTED}`;
    case 'xml':
      return `it is XML with events over several lines, or with several in one line, which only \`score\` reads; write one <Event> per line; expected ${EXPECTED}`;
    case 'zip':
      return `it is a zip archive, which only \`score\` reads; unpack it; expected ${EXPECTED}`;
    case 'avro':
      return `it is Avro, as Event Hubs Capture writes it, which only \`score\` reads; let the exporter write to storage directly; expected ${EXPECTED}`;
    case 'parquet':
      return `it is Parquet, which only \`score\` reads; let the export write JSON lines; expected ${EXPECTED}`;
    case 'gzip':
      return `it is gzip, which only \`score\` reads; unpack it; expected ${EXPECTED}`;
    case 'utf-16':
      return `it is UTF-16, which only \`score\` reads; convert it (iconv -f UTF-16 -t UTF-8); expected ${EXPECTED}`;
  }
}
