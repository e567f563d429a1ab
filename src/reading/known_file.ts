import { Buffer, isUtf8 } from 'node:buffer';
import { type IpRange, ipRangeOf } from '../core/detections/ip_range.ts';
import { KNOWN_LISTS, type KnownEntry, type KnownList, MAX_KNOWN_REASON } from '../core/detections/known.ts';
import { PROGRAM_HASH_FAULT, programHashIn } from '../core/detections/program_hash.ts';
import { dangerOf, faultOf } from '../core/detections/suppression.ts';
import { MAX_NAME_LENGTH } from '../core/records/report.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { groupedText } from '../core/text/numbers.ts';
import { DELIMITERS, type Delimiter, isDirective } from './csv_dialect.ts';
import { cellsOf, RowScanner } from './csv_row.ts';

export const MAX_KNOWN_BYTES = 1024 * 1024;
/** Each match is compared with all of them. */
export const MAX_KNOWN_ENTRIES = 10_000;

const COLUMNS = ['list', 'network', 'program', 'hash', 'reason'] as const;
type Column = (typeof COLUMNS)[number];

/** The operator's file of known networks and programs. */
export interface KnownFile {
  readonly entries: readonly KnownEntry[];
  /** The lines that are not used: `line 7: the reason is missing`. */
  readonly faults: readonly string[];
}

/** The whole file cannot be used. */
export class KnownFileError extends Error {
  override readonly name = 'KnownFileError';
}

/**
 * Reads a CSV with the columns list, network, program, hash and reason, in any order, of which `list` and `reason` must be
 * there. Empty lines, and lines that begin with `#`, are comments. A line that is no entry is a fault, and the rest goes on.
 * Throws a KnownFileError.
 */
export function readKnownFile(bytes: Uint8Array): KnownFile {
  checkKnownSize(bytes.length);
  if (!isUtf8(bytes)) throw new KnownFileError('it is not UTF-8 text');
  const entries: KnownEntry[] = [];
  const faults: string[] = [];
  let header: Header | null = null;
  for (const [index, line] of textOf(bytes).split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#') || isDirective(line)) continue;
    const place = `line ${index + 1}`;
    if (header === null) {
      header = headerOf(line, place);
      continue;
    }
    const entry = entryOf(line, header);
    if (typeof entry === 'string') faults.push(`${place}: ${entry}`);
    else if (entries.length < MAX_KNOWN_ENTRIES) entries.push(entry);
    else faults.push(`${place}: there are more than ${groupedText(MAX_KNOWN_ENTRIES)} entries`);
  }
  if (header === null) throw new KnownFileError(`it has no header: ${HEADER}`);
  return { entries, faults };
}

/** Throws a KnownFileError where a file of so many bytes is too large. */
export function checkKnownSize(bytes: number): void {
  if (bytes <= MAX_KNOWN_BYTES) return;
  const most = groupedText(MAX_KNOWN_BYTES);
  throw new KnownFileError(`it has ${groupedText(bytes)} bytes, and at most ${most} are read`);
}

const HEADER = `the first line must name the columns ${COLUMNS.join(', ')}`;

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

interface Header {
  readonly columns: readonly Column[];
  readonly delimiter: Delimiter;
}

function headerOf(line: string, place: string): Header {
  const delimiter = DELIMITERS.find((each) => line.includes(each)) ?? ',';
  const columns = rowOf(line, delimiter)?.map((cell) => cell.toLowerCase()) ?? [];
  const foreign = columns.find((name) => !COLUMNS.some((each) => each === name));
  if (foreign !== undefined) throw new KnownFileError(`${place}: ${HEADER}, got ${shown(foreign)}`);
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) throw new KnownFileError(`${place}: the column ${twice} is named twice`);
  if (!columns.includes('list') || !columns.includes('reason') || columns.length < 3) {
    throw new KnownFileError(`${place}: ${HEADER}; list, reason and one more are required`);
  }
  return { columns: columns as readonly Column[], delimiter };
}

/** The entry of a line, or why it is none. */
function entryOf(line: string, { columns, delimiter }: Header): KnownEntry | string {
  const cells = rowOf(line, delimiter);
  if (cells === null) return 'a quote is not balanced';
  if (cells.length > columns.length) {
    return `it has ${cells.length} cells and the header ${columns.length}: put a text with ${delimiter} into quotes`;
  }
  const cellOf = (name: Column) => cells[columns.indexOf(name)] ?? '';
  const [network, program, reason] = [cellOf('network'), cellOf('program'), cellOf('reason')];
  const list = listOf(cellOf('list'));
  if (list === null) return `list must be ${KNOWN_LISTS.join(' or ')}, got ${shown(cellOf('list'))}`;
  if (reason === '') return 'the reason is missing';
  if (reason.length > MAX_KNOWN_REASON) return `the reason must be at most ${MAX_KNOWN_REASON} characters`;
  const hash = cellOf('hash') === '' ? '' : programHashIn(cellOf('hash'));
  if (hash === null) return `hash ${PROGRAM_HASH_FAULT}, got ${shown(cellOf('hash'))}`;
  if (network === '' && program === '' && hash === '') return 'it must name a network, a program or a hash';
  if (program.length > MAX_NAME_LENGTH) return `program must be at most ${MAX_NAME_LENGTH} characters`;
  const criteria = { device: '', process: program, remote: network, hash, source: '', detector: '' };
  const fault = faultOf(criteria);
  if (fault !== null) {
    const got = fault.startsWith('process') ? program : network;
    return `${fault.replace(/^process/, 'program').replace(/^remote/, 'network')}, got ${shown(got)}`;
  }
  // An attacker chooses names: that of a LOLBin alone would make every use of it expected.
  const danger = list === 'expected' && program !== '' ? dangerOf(criteria) : null;
  if (danger !== null) return danger.replace('name a device or a remote address', 'name a network');
  return { list, reason, network: network === '' ? null : (ipRangeOf(network) as IpRange), program, hash };
}

function listOf(text: string): KnownList | null {
  return KNOWN_LISTS.find((each) => each === text.toLowerCase()) ?? null;
}

/** The cells of a line, without the spaces around them; null where a quote is not balanced. */
function rowOf(line: string, delimiter: Delimiter): string[] | null {
  const row = new RowScanner(delimiter).scan(Buffer.from(line), 0, true);
  return typeof row === 'string' ? null : cellsOf(line, delimiter).map((cell) => cell.trim());
}

function shown(text: string): string {
  return `"${escapeForDisplay(text, 80)}"`;
}
