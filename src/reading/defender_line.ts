import { type Buffer, isUtf8 } from 'node:buffer';
import { parse_json } from '../core/kql/parse_json.ts';
import { toint } from '../core/kql/toint.ts';
import { identityOfPlain } from '../core/records/identity.ts';
import { readInstant } from '../core/records/instant.ts';
import { type Facts, MAX_FACT_LENGTH, MAX_NAME_LENGTH, type Report } from '../core/records/report.ts';
import { isObject } from '../core/sources/row.ts';
import { isStored } from '../core/sources/stored_scope.ts';
import { RepeatedTexts } from './repeated_texts.ts';

/**
 * The report of a line exactly as the Streaming API writes it: one object without white space, whose `properties` is flat, with
 * every value that the rule needs. null for every other line, also one that is no JSON: the parser reads it. Names of products
 * hold signs such as `®`, so only what is kept has to be of ASCII.
 *
 * Of the facts it has those that a row of `score` needs. `JSON.parse` makes fifty values of a line, of which these are
 * twelve. A property test holds this reader against the parser.
 */
export function reportOfDefenderLine(bytes: Buffer): Report | null {
  kinds.fill(Kind.absent);
  isAscii = true;
  if (bytes[0] !== OPEN || endOfMembers(bytes, 1, ENVELOPE) !== bytes.length) return null;
  if (!isAscii && !isUtf8(bytes)) return null;
  if (kinds[Field.records] !== Kind.absent || kinds[Field.properties] !== Kind.object) return null;
  if (textOf(bytes, Field.category) !== CATEGORY) return null;

  const ActionType = textOf(bytes, Field.ActionType);
  const DeviceName = textOf(bytes, Field.DeviceName);
  const InitiatingProcessFileName = textOf(bytes, Field.InitiatingProcessFileName);
  const RemoteIP = textOf(bytes, Field.RemoteIP);
  if (!isName(DeviceName) || !isName(InitiatingProcessFileName) || !isName(RemoteIP)) return null;
  if (ActionType?.endsWith('AggregatedReport') !== true || !isStored(RemoteIP)) return null;
  const time = kinds[Field.Timestamp] === Kind.text ? ownTextOf(bytes, Field.Timestamp) : null;
  const Timestamp = time === null ? null : readInstant(time);
  const count = countOf(bytes);
  const ReportId = numberOf(bytes, Field.ReportId);
  if (Timestamp === null || count === null || ReportId === null) return null;
  if (!isOptional(Field.RemotePort, Kind.number)) return null;
  for (const field of OPTIONAL_TEXTS) if (!isOptional(field, Kind.text)) return null;

  const RemotePort = numberOf(bytes, Field.RemotePort);
  const DeviceId = textOf(bytes, Field.DeviceId);
  const LocalIP = textOf(bytes, Field.LocalIP);
  const parts = { DeviceId, DeviceName, Timestamp, ReportId, ActionType, RemotePort, LocalIP, count };
  return {
    source: 'defender',
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    Timestamp,
    count,
    identity: identityOfPlain(parts),
    facts: factsOf(bytes, ActionType, RemotePort),
  };
}

const CATEGORY = 'AdvancedHunting-DeviceNetworkEvents';

/** The kind of a member's value; `wide` is text with other bytes than ASCII. */
const Kind = { absent: 0, null: 1, number: 2, text: 3, escaped: 4, boolean: 5, object: 6, wide: 7 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

/** The members that are kept, by their place in `kinds`, `starts` and `ends`. */
const Field = {
  category: 0,
  properties: 1,
  records: 2,
  ActionType: 3,
  DeviceName: 4,
  InitiatingProcessFileName: 5,
  RemoteIP: 6,
  Timestamp: 7,
  AdditionalFields: 8,
  ReportId: 9,
  RemotePort: 10,
  DeviceId: 11,
  LocalIP: 12,
  InitiatingProcessSHA1: 13,
  InitiatingProcessSHA256: 14,
  RemoteUrl: 15,
} as const;
const NAMES = Object.keys(Field) as (keyof typeof Field)[];
const FIRST_PROPERTY = Field.ActionType;
const OPTIONAL_TEXTS = [
  Field.DeviceId,
  Field.LocalIP,
  Field.InitiatingProcessSHA1,
  Field.InitiatingProcessSHA256,
  Field.RemoteUrl,
];

/** Of the line that is being read. */
const kinds = new Uint8Array(NAMES.length);
const starts = new Int32Array(NAMES.length);
const ends = new Int32Array(NAMES.length);
let isAscii = true;

/** Finds a member by a hash of its name: `slots[hash & MASK]` is its place, or none. The name is compared afterwards. */
const MASK = 0xfff;
const NONE = -1;

interface Members {
  readonly slots: Int8Array;
  readonly isEnvelope: boolean;
}

const ENVELOPE = membersNamed(NAMES.slice(0, FIRST_PROPERTY), true);
const PROPERTIES = membersNamed(NAMES.slice(FIRST_PROPERTY), false);

function membersNamed(names: readonly (keyof typeof Field)[], isEnvelope: boolean): Members {
  const slots = new Int8Array(MASK + 1).fill(NONE);
  for (const name of names) {
    const slot = [...name].reduce((hash, character) => nextHash(hash, character.charCodeAt(0)), 0) & MASK;
    if (slots[slot] !== NONE) throw new Error(`${name} has the hash of another member: change the hash`);
    slots[slot] = Field[name];
  }
  return { slots, isEnvelope };
}

function nextHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

const [QUOTE, BACKSLASH, COLON, COMMA, OPEN, CLOSE] = [0x22, 0x5c, 0x3a, 0x2c, 0x7b, 0x7d];
const [SPACE, TILDE, DELETE, ZERO, NINE] = [0x20, 0x7e, 0x7f, 0x30, 0x39];
const WRONG = -1;

/**
 * Reads members up to the bracket that closes them, and notes those that are kept. Returns the place after that bracket, or
 * `WRONG` for what another reader has to read: white space, escapes in a name, a second member of a name, other nesting.
 */
function endOfMembers(bytes: Buffer, start: number, members: Members): number {
  for (let at = start; ; at++) {
    const nameEnd = bytes[at] === QUOTE ? endOfName(bytes, at + 1) : WRONG;
    if (nameEnd === WRONG || bytes[nameEnd + 1] !== COLON) return WRONG;
    const field = fieldOf(bytes, at + 1, nameEnd, members);
    if (field !== NONE && kinds[field] !== Kind.absent) return WRONG;
    const valueStart = nameEnd + 2;
    const isRow = members.isEnvelope && field === Field.properties;
    at = isRow ? endOfProperties(bytes, valueStart) : endOfValue(bytes, valueStart);
    if (at === WRONG) return WRONG;
    if (field !== NONE) {
      kinds[field] = kind;
      starts[field] = valueStart;
      ends[field] = at;
    }
    if (bytes[at] === CLOSE) return at + 1;
    if (bytes[at] !== COMMA) return WRONG;
  }
}

/** Of the name whose end was found last. */
let hash = 0;

/** The place of the quote behind a name. */
function endOfName(bytes: Buffer, start: number): number {
  let sum = 0;
  for (let at = start; ; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      hash = sum;
      return at;
    }
    // Also at the end of the line, where there is no byte.
    if (!isPlain(byte) || byte === BACKSLASH) return WRONG;
    sum = nextHash(sum, byte);
  }
}

function isPlain(byte: number): boolean {
  return byte >= SPACE && byte <= TILDE;
}

function fieldOf(bytes: Buffer, start: number, end: number, { slots }: Members): number {
  const slot = slots[hash & MASK] as number;
  return slot === NONE || !isNamed(bytes, start, end, slot) ? NONE : slot;
}

function isNamed(bytes: Buffer, start: number, end: number, field: number): boolean {
  const name = NAMES[field] as string;
  if (end - start !== name.length) return false;
  for (let n = 0; n < name.length; n++) if (bytes[start + n] !== name.charCodeAt(n)) return false;
  return true;
}

/** The kind of the value whose end was found last. */
let kind: Kind = Kind.absent;

function endOfProperties(bytes: Buffer, start: number): number {
  if (bytes[start] !== OPEN) return WRONG;
  const end = endOfMembers(bytes, start + 1, PROPERTIES);
  kind = Kind.object;
  return end;
}

/** The place after a value without brackets; `WRONG` for any other. */
function endOfValue(bytes: Buffer, start: number): number {
  const first = bytes[start] as number;
  if (first === QUOTE) return endOfText(bytes, start + 1);
  if (first >= ZERO && first <= NINE) return endOfNumber(bytes, start);
  if (isWord(bytes, start, 'null')) {
    kind = Kind.null;
    return start + 4;
  }
  kind = Kind.boolean;
  if (isWord(bytes, start, 'true')) return start + 4;
  return isWord(bytes, start, 'false') ? start + 5 : WRONG;
}

function endOfText(bytes: Buffer, start: number): number {
  kind = Kind.text;
  for (let at = start; ; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) {
      if (kind === Kind.text) kind = Kind.escaped;
      at++;
      if (!isEscaped(bytes[at])) return WRONG;
    } else if (byte > TILDE) {
      if (byte === DELETE) return WRONG;
      kind = Kind.wide;
      isAscii = false;
      // Also at the end of the line, where there is no byte.
    } else if (!(byte >= SPACE)) return WRONG;
  }
}

/** Whether the byte may follow a backslash. Text with `\u` is left to the parser. */
function isEscaped(byte: number | undefined): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}

/** Digits that a double holds exactly. */
const MAX_DIGITS = 15;

/** Of a whole number; what follows it decides whether it is one. */
function endOfNumber(bytes: Buffer, start: number): number {
  let end = start + 1;
  while ((bytes[end] as number) >= ZERO && (bytes[end] as number) <= NINE) end++;
  kind = Kind.number;
  return end - start > MAX_DIGITS || (bytes[start] === ZERO && end > start + 1) ? WRONG : end;
}

function isWord(bytes: Buffer, start: number, word: string): boolean {
  for (let n = 0; n < word.length; n++) if (bytes[start + n] !== word.charCodeAt(n)) return false;
  return true;
}

const texts = new RepeatedTexts();

/** null where the value is no text of ASCII, or has escapes. */
function textOf(bytes: Buffer, field: number): string | null {
  if (kinds[field] !== Kind.text) return null;
  return texts.of(bytes, (starts[field] as number) + 1, (ends[field] as number) - 1);
}

/** Of a text that no other line has. */
function ownTextOf(bytes: Buffer, field: number): string {
  return bytes.toString('latin1', (starts[field] as number) + 1, (ends[field] as number) - 1);
}

function numberOf(bytes: Buffer, field: number): number | null {
  if (kinds[field] !== Kind.number) return null;
  let number = 0;
  for (let at = starts[field] as number; at < (ends[field] as number); at++)
    number = number * 10 + (bytes[at] as number) - ZERO;
  return number;
}

/** Whether a member is absent, null, or of this kind. */
function isOptional(field: number, wanted: Kind): boolean {
  return kinds[field] === wanted || (kinds[field] as Kind) <= Kind.null;
}

function isName(text: string | null): text is string {
  return text !== null && text !== '' && text.length <= MAX_NAME_LENGTH;
}

/** `toint(parse_json(AdditionalFields).uniqueEventsAggregated)` of a text with escapes. */
function countOf(bytes: Buffer): number | null {
  const field = Field.AdditionalFields;
  if (kinds[field] !== Kind.escaped) return null;
  const [start, end] = [starts[field] as number, ends[field] as number];
  const count = plainCountOf(bytes, start, end);
  if (count !== null) return count;
  const text = JSON.parse(bytes.toString('latin1', start, end)) as string;
  const fields = parse_json(text);
  return isObject(fields) ? toint(fields['uniqueEventsAggregated']) : null;
}

const BEFORE_COUNT = '"{\\"uniqueEventsAggregated\\":';
/** Digits that a 32-bit integer always holds. */
const MAX_COUNT_DIGITS = 9;

/** Of a text with nothing but a count, as most reports have it; null for another one. */
function plainCountOf(bytes: Buffer, start: number, end: number): number | null {
  const first = start + BEFORE_COUNT.length;
  const after = end - 2;
  const digits = after - first;
  if (digits < 1 || digits > MAX_COUNT_DIGITS || bytes[after] !== CLOSE || !isWord(bytes, start, BEFORE_COUNT))
    return null;
  if (bytes[first] === ZERO && digits > 1) return null;
  let count = 0;
  for (let at = first; at < after; at++) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) return null;
    count = count * 10 + byte - ZERO;
  }
  return count;
}

/** The facts that a row of `score` has: see `contributionOf` and `OfflineRow`. */
function factsOf(bytes: Buffer, ActionType: string, RemotePort: number | null): Facts {
  const facts: { -readonly [K in keyof Facts]: Facts[K] } = { ActionType: ActionType.slice(0, MAX_FACT_LENGTH) };
  const sha1 = factOf(bytes, Field.InitiatingProcessSHA1);
  const sha256 = factOf(bytes, Field.InitiatingProcessSHA256);
  const url = factOf(bytes, Field.RemoteUrl);
  if (sha1 !== null) facts.InitiatingProcessSHA1 = sha1;
  if (sha256 !== null) facts.InitiatingProcessSHA256 = sha256;
  if (url !== null) facts.RemoteUrl = url;
  if (RemotePort !== null && RemotePort <= 65_535) facts.RemotePort = RemotePort;
  return facts;
}

function factOf(bytes: Buffer, field: number): string | null {
  const text = textOf(bytes, field);
  return text === null || text === '' ? null : text.slice(0, MAX_FACT_LENGTH);
}
