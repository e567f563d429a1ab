import type { TableRow } from './table.ts';

/** UTF-16 code units. A text property holds 32,768 (64 KiB); the margin is ours. */
const MAX_PART_LENGTH = 32_000;

interface Edm<Type extends string> {
  readonly value: string;
  readonly type: Type;
}

/** A whole number that may exceed 2^31: bytes, milliseconds, totals. The service transfers it as text, without rounding. */
export function int64(value: number): Edm<'Int64'> {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
  return { value: String(value), type: 'Int64' };
}

export function int32(value: number): { readonly value: number; readonly type: 'Int32' } {
  if (value !== (value | 0)) throw new RangeError(`not a 32-bit whole number: ${value}`);
  return { value, type: 'Int32' };
}

/** Throws a RangeError on NaN and infinities: the SDK would drop the property without an error. */
export function double(value: number): { readonly value: number; readonly type: 'Double' } {
  if (!Number.isFinite(value)) throw new RangeError(`not a finite number: ${value}`);
  return { value, type: 'Double' };
}

/**
 * Text without lone surrogates: they have no UTF-8 form, and the service does not document how it reads their JSON
 * escapes. Kusto also stores UTF-8 only. Every other character stays as it is, U+0000 included.
 */
export function wellFormed(value: string): string {
  return value.toWellFormed();
}

/** A value as JSON with well-formed strings. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'string' ? wellFormed(inner) : inner));
}

/**
 * Long text in several columns: `<name>`, `<name>2`, …, and their number in `<name>Parts`. A merge does not remove the
 * columns of an earlier, longer text, so that the number is needed.
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

/** The SDK gives Int32 as a number, Int64 as a bigint. */
export function whole(row: TableRow, name: string): number {
  const value = row[name];
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw foreign(row, name);
  return number as number;
}

export function wholeOrNull(row: TableRow, name: string): number | null {
  return row[name] === undefined || row[name] === null ? null : whole(row, name);
}

/** A nullable column is absent where it is null; one that a query selects may also arrive as null. */
export function textOrNull(row: TableRow, name: string): string | null {
  return row[name] === undefined || row[name] === null ? null : text(row, name);
}

/** The value of a `longText` that holds JSON. */
export function readLongJson<T>(row: TableRow, name: string): T {
  return JSON.parse(readLongText(row, name)) as T;
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

/** An error may show keys: they are hashes, times and names of settings. It never shows values. */
function foreign(row: TableRow, name: string): Error {
  return new Error(
    `unexpected row ${row.partitionKey ?? ''} ${row.rowKey ?? ''}: ${name} is missing or of another type`,
  );
}
