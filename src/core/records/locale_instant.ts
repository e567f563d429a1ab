import { type Timestamp, timestampOf } from '../kql/timestamp.ts';

/** The order of day and month in a date that begins with two numbers. */
export type DateOrder = 'day-first' | 'month-first';

/**
 * A date and a time in the form of a country, as portals and spreadsheets export them:
 *
 * - `11/20/2026, 8:31:12.123 AM`, `20/11/2026 08:31:12`, `20.11.2026 08:31:12`, `20-11-2026 08:31`: one text alone does not
 *   show the order. With points, the day comes first in every country that writes them.
 * - `Nov 20, 2026 8:31:12 AM`, `Friday, November 20, 2026 8:31:12 AM`, `20 Nov 2026 08:31:12`, `Nov 20, 2026 @ 08:31:12.123`,
 *   `2026/11/20 08:31:12`: no order is needed.
 *
 * Names of months in English. White space is any (browsers write U+202F before AM).
 */
interface Parts {
  readonly year: string;
  /** If the order is open, day and month in the order of the text; else month, then day. */
  readonly first: number;
  readonly second: number;
  readonly order: DateOrder | 'open' | 'known';
  readonly time: string;
}

const NUMBERS = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})[,\sT]+(.+)$/;
const YEAR_FIRST = /^(\d{4})([/.-])(\d{1,2})\2(\d{1,2})[,\sT]+(.+)$/;
const MONTH_NAME = /^(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})[,\s@]+(.+)$/;
const DAY_THEN_NAME = /^(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[\s-]([A-Za-z]{3,9})\.?[\s-](\d{4})[,\s@]+(.+)$/;
const TIME = /^(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,](\d{1,9}))?\s*(?:([ap])\.?\s?m\.?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** Longer than any of these forms. */
const MAX_LENGTH = 64;

/**
 * The order of day and month that one text allows: one of the two; `either` if both are possible; `none` if it needs no
 * order; null if it is no date and time of this kind. Use it to decide the order of a whole file.
 */
export function dateOrderOf(text: string): DateOrder | 'either' | 'none' | null {
  const parts = partsOf(text);
  if (parts === null || timeOf(parts.time) === null) return null;
  if (parts.order === 'known') return 'none';
  if (parts.order !== 'open') return parts.order;
  if (parts.first > 12) return parts.second > 12 ? null : 'day-first';
  return parts.second > 12 ? 'month-first' : 'either';
}

/**
 * The instant of such a text; null if it is none, or if it needs an order and `order` is absent. Without a zone it is UTC,
 * the default of portals; with `needsZone` it is then null.
 */
export function localeInstantOf(text: string, order?: DateOrder, needsZone = false): Timestamp | null {
  const parts = partsOf(text);
  const time = parts && timeOf(parts.time);
  if (!parts || !time || (needsZone && !time.hasZone)) return null;
  const known = parts.order === 'open' ? order : parts.order;
  if (known === undefined) return null;
  const [month, day] = known === 'day-first' ? [parts.second, parts.first] : [parts.first, parts.second];
  if (month < 1 || month > 12) return null;
  return timestampOf(`${parts.year}-${twoDigits(month)}-${twoDigits(day)}T${time.text}`);
}

function partsOf(text: string): Parts | null {
  if (text.length > MAX_LENGTH) return null;
  const trimmed = text.trim();
  const numbers = NUMBERS.exec(trimmed) as Matched | null;
  if (numbers) {
    const [, first, separator, second, year, time] = numbers;
    const order = separator === '.' ? 'day-first' : 'open';
    return { year, first: Number(first), second: Number(second), order, time };
  }
  const yearFirst = YEAR_FIRST.exec(trimmed) as Matched | null;
  if (yearFirst) {
    const [, year, , month, day, time] = yearFirst;
    return { year, first: Number(month), second: Number(day), order: 'known', time };
  }
  const named = MONTH_NAME.exec(trimmed) as Matched | null;
  if (named) return withName(named[3], named[1], named[2], named[4]);
  const dayThenName = DAY_THEN_NAME.exec(trimmed) as Matched | null;
  return dayThenName && withName(dayThenName[3], dayThenName[2], dayThenName[1], dayThenName[4]);
}

/** A match in which every group matched. */
type Matched = readonly [string, string, string, string, string, string];

function withName(year: string, name: string, day: string, time: string): Parts | null {
  const lower = name.toLowerCase();
  const month = MONTHS.findIndex((each) => lower === each || (lower.startsWith(each) && FULL_NAME.test(lower))) + 1;
  return month === 0 ? null : { year, first: month, second: Number(day), order: 'known', time };
}

const FULL_NAME = /^(?:january|february|march|april|june|july|august|sept|september|october|november|december)$/;

/** The time of day in ISO 8601, with its zone if it has one. */
function timeOf(text: string): { readonly text: string; readonly hasZone: boolean } | null {
  const match = TIME.exec(text);
  if (!match) return null;
  const [, hours = '', minutes = '', seconds = '00', fraction = '', half = '', zone = ''] = match;
  const hour = half === '' ? Number(hours) : halfDayHour(Number(hours), half.toLowerCase());
  if (hour === null || hour > 23) return null;
  const ticks = fraction === '' ? '' : `.${fraction.slice(0, 7)}`;
  return { text: `${twoDigits(hour)}:${minutes}:${seconds}${ticks}${isoZoneOf(zone)}`, hasZone: zone !== '' };
}

/** 12 AM is 0, 12 PM is 12. */
function halfDayHour(hour: number, half: string): number | null {
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half === 'p' ? 12 : 0);
}

/** `+0100` as `+01:00`, a name of UTC as `Z`. */
export function isoZoneOf(zone: string): string {
  if (/^[+-]/.test(zone)) return `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  return zone === '' ? '' : 'Z';
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
