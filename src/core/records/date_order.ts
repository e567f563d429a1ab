import type { Timestamp } from '../kql/timestamp.ts';
import { type DateOrder, dateOrderOf, localeInstantOf } from './locale_instant.ts';
import type { Reading, RecordFormat } from './reading.ts';

/**
 * The order of day and month in one file. `11/12/2026` alone does not show it, but a value above 12 anywhere in the file
 * does, as one product writes one form.
 */
export class DateOrders {
  #dayFirst: OpenDate | null = null;
  #monthFirst: OpenDate | null = null;
  #first: OpenDate | null = null;
  /** Records whose time needs the order. */
  records = 0;

  /** The formats, which note the dates of the records that they cannot read without the order. */
  noting(formats: readonly RecordFormat[]): readonly RecordFormat[] {
    return formats.map((format) => ({
      ...format,
      wraps: format,
      read: (record) => {
        const reading = format.read(record);
        const open = openDateIn(record, reading);
        if (open !== null) this.#note(open);
        return reading;
      },
    }));
  }

  /** The order that the noted dates have; else why they have none, with the first of them. */
  decide(): DateOrder | UnknownOrder {
    if (this.#dayFirst !== null && this.#monthFirst !== null)
      return { why: 'both', date: this.#dayFirst, other: this.#monthFirst };
    if (this.#dayFirst !== null) return 'day-first';
    if (this.#monthFirst !== null) return 'month-first';
    return { why: 'neither', date: this.#first as OpenDate };
  }

  #note(date: OpenDate): void {
    this.records++;
    this.#first ??= date;
    const order = dateOrderOf(date.value);
    if (order === 'day-first') this.#dayFirst ??= date;
    if (order === 'month-first') this.#monthFirst ??= date;
  }
}

/** A date, and the field that has it. */
export interface OpenDate {
  readonly field: string;
  readonly value: string;
}

/** Why a file has no order: no value is above 12, or values of both orders are. */
export type UnknownOrder =
  | { readonly why: 'neither'; readonly date: OpenDate }
  | { readonly why: 'both'; readonly date: OpenDate; readonly other: OpenDate };

/** Formats that read dates in this order. */
export function withDateOrder(formats: readonly RecordFormat[], dateOrder: DateOrder): readonly RecordFormat[] {
  return formats.map((format) => ({
    ...format,
    wraps: format,
    dateOrder,
    read: (record) => format.read(dated(record, dateOrder)),
  }));
}

/** Formats that read the records that need the order, and skip all that have been read without it. */
export function onlyWithDateOrder(formats: readonly RecordFormat[], dateOrder: DateOrder): readonly RecordFormat[] {
  return formats.map((format) => ({
    ...format,
    wraps: format,
    dateOrder,
    read: (record) => {
      const reading = format.read(record);
      if (openDateIn(record, reading) !== null) return format.read(dated(record, dateOrder));
      return reading.kind === 'unknown' ? reading : { kind: 'skipped' };
    },
  }));
}

/** The date that is the reason why the record has no time; null if the reason is another one. */
export function openDateIn(record: object, reading: Reading): OpenDate | null {
  if (reading.kind !== 'fault' || reading.fault !== 'bad-time' || reading.field === undefined) return null;
  const value = (record as Readonly<Record<string, unknown>>)[reading.field];
  return isOpen(value) ? { field: reading.field, value } : null;
}

function isOpen(value: unknown): value is string {
  if (typeof value !== 'string' || !BEGIN.test(value)) return false;
  const order = dateOrderOf(value);
  return order === 'either' || order === 'day-first' || order === 'month-first';
}

const BEGIN = /^\s*\d{1,2}[/.-]/;

/** Members that hold the time of a record, by any product. */
const TIMES = ['Timestamp', 'TimeGenerated', 'TimeCreated', 'EventTime', '@timestamp', 'timestamp', 'ts'];

/** The record with its dates in ISO 8601. A time without a zone stays one. */
function dated(record: object, order: DateOrder): object {
  const row = record as Readonly<Record<string, unknown>>;
  const open = TIMES.filter((name) => isOpen(row[name]));
  if (open.length === 0) return record;
  return { ...row, ...Object.fromEntries(open.map((name) => [name, isoOf(row[name] as string, order)])) };
}

function isoOf(text: string, order: DateOrder): string {
  return localeInstantOf(text, order, true) ?? withoutZone(localeInstantOf(text, order)) ?? text;
}

function withoutZone(instant: Timestamp | null): string | null {
  return instant === null ? null : instant.slice(0, -1);
}
