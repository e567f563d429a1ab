import { Buffer, isUtf8 } from 'node:buffer';
import type { Source } from '../core/records/report.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { EXPECTED, HEAD_BYTES } from '../reading/content_type.ts';
import { columnsIn } from '../reading/csv_dialect.ts';
import { utf16Of } from '../reading/encoding.ts';

/** Characters of the first line that are shown. */
const SHOWN = 80;

/**
 * Why a file without a record of a known format is refused, with what its first bytes show: the columns of an unknown table,
 * bytes that are not UTF-8, JSON that is invalid, or the begin of its first line.
 */
export function refusedText(head: Uint8Array | null, sources: readonly Source[]): string {
  const expected = `no record of an active source (SOURCES=${sources.join(',')}) at its head; expected ${EXPECTED}, or CSV`;
  const shown = head === null ? null : beginningOf(head);
  return shown === null ? expected : `${expected}. ${shown}`;
}

function beginningOf(head: Uint8Array): string | null {
  const columns = columnsIn(Buffer.from(head.subarray(0, HEAD_BYTES)).toString('utf8'));
  if (columns !== null) {
    const names = columns.map((name) => escapeForDisplay(name, 64)).join(', ');
    return `Its first line looks like the header of a CSV with ${names}: the names must be those of the product, see docs/sources.md`;
  }
  const first = utf16Of(head) === null ? firstLineOf(head) : null;
  if (first === null) return null;
  if (isBinary(first.text)) return 'Its first bytes are not text: if it is a container of another kind, unpack it';
  const begin = `Its first line begins with "${escapeForDisplay(first.text.slice(0, SHOWN), SHOWN)}"`;
  if (!first.isUtf8) return `${begin}, and is not UTF-8: convert it, such as with iconv -f WINDOWS-1252 -t UTF-8 FILE`;
  if (/^Record \d+$/.test(first.text)) return `${begin}: write JSON lines, with evtx_dump -o jsonl`;
  const isBroken = first.isWhole && /^[{[]/.test(first.text) && !isJson(first.text);
  return isBroken ? `${begin}, and is not valid JSON: cut off, or several objects in one line` : begin;
}

/** The first line that is not blank; null if there is none. `isWhole`: its end is among the bytes. */
function firstLineOf(head: Uint8Array): { text: string; isUtf8: boolean; isWhole: boolean } | null {
  const text = Buffer.from(head).toString('utf8').trimStart();
  if (text === '') return null;
  const lineEnd = text.indexOf('\n');
  const line = (lineEnd === -1 ? text : text.slice(0, lineEnd)).trimEnd();
  // A character that is cut off at the end of the bytes is no fault of the line.
  const isDecoded = isUtf8(head) || !line.slice(0, -1).includes('\ufffd');
  return { text: line, isUtf8: isDecoded, isWhole: lineEnd !== -1 || head.length < HEAD_BYTES };
}

/** Whether the text has a control character that no text file has. */
function isBinary(text: string): boolean {
  for (const char of text) if (char < ' ' && char !== '\t') return true;
  return false;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
