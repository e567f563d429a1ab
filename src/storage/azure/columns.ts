import type { TableRow } from './table.ts';

/** What a text property holds at most is 64 KiB in UTF-16, 32,768 units; a little less, to be clear of it. */
const MAX_PART_LENGTH = 32_000;

interface Edm<Type extends string> {
  readonly value: string;
  readonly type: Type;
}

/** A whole number that may pass 2^31: bytes, milliseconds, totals. The wire has it as text, so nothing is rounded. */
export function int64(value: number): Edm<'Int64'> {
  if (!Number.isSafeInteger(value)) throw new RangeError(`no whole number: ${value}`);
  return { value: String(value), type: 'Int64' };
}

export function int32(value: number): { readonly value: number; readonly type: 'Int32' } {
  if (value !== (value | 0)) throw new RangeError(`no whole number of 32 bits: ${value}`);
  return { value, type: 'Int32' };
}

/** Infinite numbers and NaN would vanish without a word, so they are refused here. */
export function double(value: number): { readonly value: number; readonly type: 'Double' } {
  if (!Number.isFinite(value)) throw new RangeError(`no number that a row can hold: ${value}`);
  return { value, type: 'Double' };
}

/**
 * Text without lone surrogates: they have no UTF-8 form, and what a service makes of their escapes in JSON is not
 * documented. Kusto, too, holds UTF-8 only. Every other character is written as it is, U+0000 included.
 */
export function wellFormed(value: string): string {
  return value.toWellFormed();
}

/** A value as JSON whose strings are well-formed, like all text of a row. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'string' ? wellFormed(inner) : inner));
}

/**
 * Long text over as many columns as it takes: `<name>`, `<name>2`, …, and how many they are in `<name>Parts`, since a
 * merge leaves behind what an earlier, longer text had.
 */
export function longText(name: string, value: string): Record<string, string | ReturnType<typeof int32>> {
  const columns: Record<string, string | ReturnType<typeof int32>> = {};
  let parts = 0;
  for (let start = 0; start === 0 || start < value.length; start += MAX_PART_LENGTH) {
    parts++;
    columns[partName(name, parts)] = value.slice(start, start + MAX_PART_LENGTH);
  }
  return { ...columns, [`${name}Parts`]: int32(parts) };
}

export function readLongText(row: TableRow, name: string): string {
  let value = '';
  const parts = whole(row, `${name}Parts`);
  for (let part = 1; part <= parts; part++) value += text(row, partName(name, part));
  return value;
}

function partName(name: string, part: number): string {
  return part === 1 ? name : `${name}${part}`;
}

export function text(row: TableRow, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw foreign(row, name);
  return value;
}

/** Int32 comes as a number, Int64 as a bigint. */
export function whole(row: TableRow, name: string): number {
  const value = row[name];
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw foreign(row, name);
  return number as number;
}

export function wholeOrNull(row: TableRow, name: string): number | null {
  return row[name] === undefined || row[name] === null ? null : whole(row, name);
}

/** Text of a column that rows of before do not have: '' for those. */
export function textOrNone(row: TableRow, name: string): string {
  return row[name] === undefined || row[name] === null ? '' : text(row, name);
}

/** JSON in a column, or columns, that rows of before do not have: the default for those. */
export function jsonOr<T>(row: TableRow, name: string, byDefault: T): T {
  const isThere = row[`${name}Parts`] !== undefined && row[`${name}Parts`] !== null;
  return isThere ? (JSON.parse(readLongText(row, name)) as T) : byDefault;
}

export function fractionOr(row: TableRow, name: string, byDefault: number): number {
  return row[name] === undefined || row[name] === null ? byDefault : fraction(row, name);
}

export function fraction(row: TableRow, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') throw foreign(row, name);
  return value;
}

export function flag(row: TableRow, name: string): boolean {
  const value = row[name];
  if (typeof value !== 'boolean') throw foreign(row, name);
  return value;
}

/** Keys are hashes, times and names from settings: they may stand in an error, values may not. */
function foreign(row: TableRow, name: string): Error {
  return new Error(
    `no row of ours: ${row.partitionKey ?? ''} ${row.rowKey ?? ''}: ${name} is missing or of another type`,
  );
}
