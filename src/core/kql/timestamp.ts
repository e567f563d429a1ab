import { MINUTE_MS } from './timespan.ts';

/**
 * An instant in UTC to the tick (100 ns), in one canonical text: `YYYY-MM-DDTHH:MM:SS.fffffffZ`, always 28 characters.
 *
 * Text, because 100 ns ticks since 1970 no longer fit a double; canonical, so that plain string order is time order:
 * windows, sorting and row keys need nothing else. It is also how Kusto prints a datetime inside a dynamic.
 */
export type Timestamp = string & { readonly __unit: 'timestamp' };

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(Z|z|[+-]\d\d:\d\d)?$/;
/** UTC, on a day that every month has: nine of ten times that products write. */
const PLAIN = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?[Zz]?$/;
/** The length of whole seconds, `2026-11-20T08:59:58`. */
const SECONDS_LENGTH = 19;
const ZERO = 48;
const MS_OF_400_YEARS = 146_097 * 86_400_000;
const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/;

/**
 * Parses an ISO 8601 instant with 0 to 7 fraction digits into its canonical text. null for other text: another form, a
 * day that does not exist, or more digits than a Kusto datetime holds. Without a zone it is UTC, as in Kusto.
 *
 * `timestampOf('2026-11-20T08:59:58.9931Z')` is `'2026-11-20T08:59:58.9931000Z'`.
 */
export function timestampOf(text: string): Timestamp | null {
  if (PLAIN.test(text)) return canonicalOf(text);
  const parts = ISO.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = parts;
  const wholeSecond = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const ms = Date.parse(`${wholeSecond}.000Z`);
  // Date.parse takes 24:00:00, and carries 30 February into March: a time that changes on the way is not an instant.
  if (Number.isNaN(ms) || hour === '24' || (Number(day) > 28 && !isoOf(ms)?.startsWith(wholeSecond))) return null;
  const offset = offsetMinutes(zone);
  if (offset === null) return null;
  const utc = offset === 0 ? wholeSecond : isoOf(ms - offset * MINUTE_MS)?.slice(0, 19);
  return utc === undefined ? null : (`${utc}.${fraction.padEnd(7, '0')}Z` as Timestamp);
}

/** A plain time in the canonical form; nine of ten times of Defender have it already, and other products write milliseconds. */
function canonicalOf(text: string): Timestamp {
  if (text.length === 28 && text[10] === 'T' && text[27] === 'Z') return text as Timestamp;
  if (text.length === 24 && text[10] === 'T' && text[23] === 'Z') return `${text.slice(0, 23)}0000Z` as Timestamp;
  const hasZone = text.endsWith('Z') || text.endsWith('z');
  const fraction = text.slice(SECONDS_LENGTH + 1, hasZone ? -1 : undefined);
  return `${text.slice(0, 10)}T${text.slice(11, SECONDS_LENGTH)}.${fraction.padEnd(7, '0')}Z` as Timestamp;
}

/** Whether the text is a Timestamp as `timestampOf` writes it: for keys read from a table. */
export function isTimestamp(text: string): text is Timestamp {
  return CANONICAL.test(text) && timestampOf(text) === text;
}

/** The instant `ms` milliseconds after the Unix epoch. Throws a RangeError outside the years 0 to 9999. */
export function timestampFromMs(ms: number): Timestamp {
  const iso = isoOf(ms);
  if (iso === null) throw new RangeError(`not an instant between the years 0 and 9999: ${ms} ms`);
  return `${iso.slice(0, 23)}0000Z` as Timestamp;
}

/**
 * Milliseconds since the Unix epoch; ticks below a millisecond are cut off. It reads the digits, since `Date.parse` takes ten
 * times as long.
 */
export function msOf(timestamp: Timestamp): number {
  const two = (at: number): number => timestamp.charCodeAt(at) * 10 + timestamp.charCodeAt(at + 1) - 11 * ZERO;
  const year = two(0) * 100 + two(2);
  const ms = two(20) * 10 + timestamp.charCodeAt(22) - ZERO;
  // 400 years later: `Date.UTC` takes the years 0 to 99 for those of the last century.
  return Date.UTC(year + 400, two(5) - 1, two(8), two(11), two(14), two(17), ms) - MS_OF_400_YEARS;
}

/** The instant `ms` milliseconds later (earlier where negative), ticks kept. */
export function addMs(timestamp: Timestamp, ms: number): Timestamp {
  return `${timestampFromMs(msOf(timestamp) + ms).slice(0, 23)}${timestamp.slice(23)}` as Timestamp;
}

function offsetMinutes(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** ISO text with milliseconds, or null outside the years 0 to 9999 (where ISO needs a sign and six digits). */
function isoOf(ms: number): string | null {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return null;
  const iso = new Date(ms).toISOString();
  return iso.length === 24 ? iso : null;
}
