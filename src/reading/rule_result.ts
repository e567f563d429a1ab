import { Buffer } from 'node:buffer';
import type { AnswerRow } from '../core/scoring/difference.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { counted } from '../core/text/numbers.ts';
import { anyHeaderOf } from './csv_dialect.ts';
import { readCsv } from './csv_reader.ts';
import { utf16Of } from './encoding.ts';
import { MAX_LINE_BYTES } from './line_reader.ts';

/** The answer of the rule's query cannot be read. The message says where, and what to do. */
export class RuleResultError extends Error {
  override readonly name = 'RuleResultError';
}

const NAMES = ['DeviceName', 'InitiatingProcessFileName', 'RemoteIP'] as const;
const NUMBERS = ['count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'] as const;
const ADVICE = 'export the result of the query that `beaconwatch kql` prints';

/**
 * Reads the answer of the rule's query: the CSV of the Defender or Log Analytics portal, JSON lines, a JSON array, or the
 * `Results` of the hunting API. Other columns are ignored. Throws a RuleResultError.
 */
export async function readRuleResult(bytes: Buffer): Promise<AnswerRow[]> {
  const encoding = utf16Of(bytes);
  const utf8 = encoding === null ? bytes : Buffer.from(new TextDecoder(encoding).decode(bytes));
  const text = utf8.toString('utf8').replace(/^\ufeff/, '');
  if (text.trim() === '')
    throw new RuleResultError(`it is empty. An answer without rows has a header, or is []. ${ADVICE}`);
  const isJson = /^\s*[[{]/.test(text);
  const records = isJson ? jsonRecords(text) : await csvRecords(utf8);
  const [first] = records;
  if (first === undefined && isJson) return [];
  const there = first ?? Object.fromEntries(headerIn(text).map((name) => [name, '']));
  const columns = [...NAMES, ...NUMBERS];
  const missing = columns.filter((column) => !Object.hasOwn(renamed(there), column));
  if (missing.length > 0) {
    const found = Object.keys(there)
      .slice(0, 20)
      .map((name) => escapeForDisplay(name, 64))
      .join(', ');
    throw new RuleResultError(
      `${counted(missing.length, 'column')} missing: ${missing.join(', ')}; found ${found}. ${ADVICE}`,
    );
  }
  return records.map((record, index) => rowOf(renamed(record), index + 1));
}

/** The cells of the first line. The query's columns need no quotes within quotes. */
function headerIn(text: string): readonly string[] {
  const [line = ''] = text.trimStart().split('\n', 1);
  return line.split(/[,;\t]/).map((cell) => cell.trim().replaceAll('"', ''));
}

type RawRow = Readonly<Record<string, unknown>>;

/** The names as the query has them: the Log Analytics portal adds the zone to columns of times. */
function renamed(record: RawRow): RawRow {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name.replace(/\[UTC\]\s*$/, '').trim(), value]),
  );
}

function rowOf(record: RawRow, number: number): AnswerRow {
  const name = (column: (typeof NAMES)[number]) => String(record[column] ?? '');
  const whole = (column: (typeof NUMBERS)[number]) => {
    const text = String(record[column] ?? '').trim();
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw new RuleResultError(
      `row ${number}: ${column} must be a whole number, got "${escapeForDisplay(text)}". ${ADVICE}`,
    );
  };
  return {
    DeviceName: name('DeviceName'),
    InitiatingProcessFileName: name('InitiatingProcessFileName'),
    RemoteIP: name('RemoteIP'),
    count_of_hours: whole('count_of_hours'),
    inliner_count: whole('inliner_count'),
    outlier_count: whole('outlier_count'),
    avg_conn_count: whole('avg_conn_count'),
  };
}

function jsonRecords(text: string): RawRow[] {
  const whole = parsed(text);
  const value =
    whole ??
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line, index) => {
        const record = parsed(line);
        if (record === null) throw new RuleResultError(`line ${index + 1} is not JSON. ${ADVICE}`);
        return record;
      });
  const rows = Array.isArray(value) ? value : ((value['Results'] ?? value['results'] ?? [value]) as unknown);
  if (!Array.isArray(rows) || rows.some((row) => typeof row !== 'object' || row === null))
    throw new RuleResultError(`not a list of rows. ${ADVICE}`);
  return rows as RawRow[];
}

/** An object or array; null for other text. */
function parsed(text: string): Record<string, unknown> | unknown[] | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' ? (value as Record<string, unknown> | unknown[] | null) : null;
  } catch {
    return null;
  }
}

async function csvRecords(bytes: Buffer): Promise<RawRow[]> {
  const records: RawRow[] = [];
  for await (const batch of readCsv([bytes], { maxLineBytes: MAX_LINE_BYTES }, anyHeaderOf)) {
    const bad = batch.malformed.kept[0] ?? batch.tooLong[0];
    if (bad !== undefined) throw new RuleResultError(`the row at byte ${bad.offset} is no row of the CSV. ${ADVICE}`);
    for (const line of batch.hits) records.push(JSON.parse(line.bytes.toString('utf8')) as RawRow);
  }
  return records;
}
