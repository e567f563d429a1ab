import { type Timestamp, timestampFromMs, timestampOf } from '../kql/timestamp.ts';
import { type DateOrder, isoZoneOf, localeInstantOf } from './locale_instant.ts';

/** Facts about a field that its value does not show. */
export interface InstantHint {
  /** 'utc' (default): a text without a zone is UTC, as in Kusto. 'required': it is no instant, as the product writes local time. */
  readonly zone?: 'utc' | 'required';
  /** The order of day and month in the file. Without it `11/12/2026 …` is no instant. */
  readonly order?: DateOrder;
}

const ISO = /^(\d{4}-\d\d-\d\d)(?:T|\s+)(\d\d:\d\d:\d\d)(?:[.,](\d+))?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;
/** Seconds, milliseconds, microseconds or nanoseconds since 1970, of the years 2001 to 2286: the number of digits decides which. */
const EPOCH = /^(\d{10})(\d{3}|\d{6}|\d{9})?(?:\.(\d+))?$/;
/** Fewer digits are a number that a spreadsheet has rounded (`1.79516E+12`): its hour is lost. */
const WITH_EXPONENT = /^\d\.\d{7,}e\+?\d{1,2}$/i;
const POWERSHELL = /^\/Date\((\d{12,14})(?:[+-]\d{4})?\)\/$/;
/** No text of an instant is longer. */
const MAX_LENGTH = 64;

const NO_HINT: InstantHint = {};

/**
 * The instant of a value, in any form that needs no other part of its file; null if the value is no instant.
 *
 * - ISO 8601 with any number of fraction digits (cut off below 100 ns), `T` or a blank, `Z`, `+01:00`, `+0000` or `+00`.
 * - Time since 1970 as number or text: 10 digits are seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds, each with
 *   a fraction or without. Other lengths have another meaning: a FILETIME and .NET's ticks have 18.
 * - PowerShell's `/Date(1795172400137)/`, and its DateTime object (`{"value": …, "DateTime": "…"}`).
 * - The locale forms of `localeInstantOf`; those of two numbers only with the hint's order.
 */
export function readInstant(value: unknown, hint: InstantHint = NO_HINT): Timestamp | null {
  if (typeof value === 'string') {
    const canonical = hint.zone === 'required' ? null : timestampOf(value);
    return canonical ?? ofText(value, hint);
  }
  if (typeof value === 'number') return ofEpoch(String(value));
  if (typeof value !== 'object' || value === null || !('value' in value)) return null;
  return typeof value.value === 'object' ? null : readInstant(value.value, hint);
}

function ofText(text: string, hint: InstantHint): Timestamp | null {
  if (text.length > MAX_LENGTH) return null;
  const trimmed = text.trim();
  const iso = ISO.exec(trimmed);
  const needsZone = hint.zone === 'required';
  if (iso) {
    const [, day, time, fraction = '', zone = ''] = iso;
    if (needsZone && zone === '') return null;
    return timestampOf(`${day}T${time}${fraction && `.${fraction.slice(0, 7)}`}${isoZoneOf(zone)}`);
  }
  const powershell = POWERSHELL.exec(trimmed);
  if (powershell) return timestampFromMs(Number(powershell[1]));
  return ofEpoch(trimmed) ?? localeInstantOf(trimmed, hint.order, needsZone);
}

function ofEpoch(text: string): Timestamp | null {
  const digits = WITH_EXPONENT.test(text) ? String(Number(text)) : text;
  const parts = EPOCH.exec(digits);
  if (!parts) return null;
  const [, seconds, smaller = '', fraction = ''] = parts;
  const ticks = `${smaller}${fraction}`.padEnd(7, '0').slice(0, 7);
  return `${timestampFromMs(Number(seconds) * 1000).slice(0, 19)}.${ticks}Z` as Timestamp;
}
