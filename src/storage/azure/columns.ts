import * as z from 'zod';
import { isTimestamp, type Timestamp } from '../../core/kql/timestamp.ts';
import { noteBadRow } from '../bad_rows.ts';
import { BadRowError, badRow } from '../ports/bad_row.ts';
import type { TableRow } from './table.ts';

/** UTF-16 code units. A text property holds 32,768 (64 KiB); the margin is ours. */
const MAX_PART_LENGTH = 32_000;
/** An entity has at most 252 properties of ours, and 1 MiB. */
const MAX_PARTS = 252;

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

/** The columns of a `longText` with at most so many parts: `partNames('Note', 2)` is Note, Note2, NoteParts. */
export function partNames(name: string, most: number): string[] {
  return [...Array.from({ length: most }, (_, index) => partName(name, index + 1)), `${name}Parts`];
}

function partName(name: string, part: number): string {
  return part === 1 ? name : `${name}${part}`;
}

/** Types of stored columns, for the schemas beside the codecs. Their errors never show a value. */
export const TEXT = z.string({ error: 'must be text' });
/** The SDK gives Int32 as a number, Int64 as a bigint. */
export const WHOLE = z
  .union([z.int(), z.bigint()], { error: 'must be a whole number' })
  .transform(Number)
  .refine(Number.isSafeInteger, { error: 'must be a whole number below 2^53' });
export const FRACTION = z.number({ error: 'must be a number' });
export const FLAG = z.boolean({ error: 'must be true or false' });
export const TIME = z.custom<Timestamp>((value) => typeof value === 'string' && isTimestamp(value), {
  error: 'must be a time with seven decimals in UTC',
});

/** A nullable column is absent where it is null; one that a query selects may also arrive as null. */
export function orNull<S extends z.ZodType>(column: S) {
  return column.nullish().transform((value) => value ?? null);
}

/** A text that holds JSON of this shape. */
export function jsonOf<S extends z.ZodType>(shape: S) {
  return TEXT.transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  }).pipe(shape);
}

/** Reads the columns of a row, or of `values`, by the schema of its table. Throws a BadRowError. */
export function readColumns<S extends z.ZodType>(
  table: string,
  columns: S,
  row: TableRow,
  values: Readonly<Record<string, unknown>> = row,
): z.infer<S> {
  const result = columns.safeParse(values);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badRowError(table, row, `${(issue?.path ?? []).join('.')} ${issue?.message ?? 'cannot be read'}`);
}

/**
 * The columns whose names begin with a prefix, each read by one schema, by the rest of its name; a null column is absent. Make the
 * schema once (`z.record`): zod compiles each new one. Throws a BadRowError.
 */
export function readPrefixed<V>(
  table: string,
  prefix: string,
  columns: z.ZodType<Record<string, V>>,
  row: TableRow,
): Record<string, V> {
  const names = Object.keys(row).filter((name) => name.startsWith(prefix) && row[name] !== null);
  if (names.length === 0) return {};
  const values = readColumns(table, columns, row, Object.fromEntries(names.map((name) => [name, row[name]])));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.slice(prefix.length), value]));
}

export function badRowError(table: string, row: TableRow, fault: string): BadRowError {
  return new BadRowError(badRow(table, row.partitionKey ?? '', row.rowKey ?? '', fault));
}

/** Decodes the rows of a page; skips and reports the bad ones. */
export function goodRows<T>(page: readonly TableRow[], decode: (row: TableRow) => T): T[] {
  const rows: T[] = [];
  for (const row of page) {
    try {
      rows.push(decode(row));
    } catch (error) {
      if (!(error instanceof BadRowError)) throw error;
      noteBadRow(error.row);
    }
  }
  return rows;
}

/** The row with the parts of each `longText` joined under its name; a text with a missing part is absent. */
export function joined(row: TableRow, names: readonly string[]): TableRow {
  const texts = names.map((name) => [name, joinedText(row, name)] as const);
  return { ...row, ...Object.fromEntries(texts) };
}

function joinedText(row: TableRow, name: string): string | undefined {
  const count = WHOLE.safeParse(row[`${name}Parts`]);
  if (!count.success || count.data > MAX_PARTS) return undefined;
  const parts = Array.from({ length: count.data }, (_, index) => row[partName(name, index + 1)]);
  return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined;
}
