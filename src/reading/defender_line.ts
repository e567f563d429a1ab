import { type Buffer, isUtf8 } from 'node:buffer';
import { parse_json } from '../core/kql/parse_json.ts';
import { toint } from '../core/kql/toint.ts';
import { identityOfPlain } from '../core/records/identity.ts';
import { readInstant } from '../core/records/instant.ts';
import { jsonValueOf } from '../core/records/json_value.ts';
import { type Facts, MAX_FACT_LENGTH, MAX_NAME_LENGTH, type Report } from '../core/records/report.ts';
import { isObject } from '../core/sources/row.ts';
import { isStored } from '../core/sources/stored_scope.ts';
import { MAX_PATTERN_LENGTH } from './line_layout.ts';
import { RepeatedTexts } from './repeated_texts.ts';

/**
 * Reads reports of lines as the Streaming API writes them: one object without white space, whose `properties` is flat, with
 * every value that the rule needs. Such lines name the same members in the same order, so one pattern of all their names reads
 * them in half the time of `JSON.parse`, which makes fifty values of a line. The pattern is made of a line that the parser has
 * read, and every step of it is anchored: a line of any other form does not match, and goes to the parser.
 *
 * Of the facts a report has those that a row of `score` needs. A property test holds this reader against the parser.
 */
export class DefenderLines {
  readonly #layouts: Layout[] = [];
  readonly #texts = new RepeatedTexts();
  #attempts = 0;

  /** null for a line of an unknown form, also one that is no JSON. */
  reportOf(bytes: Buffer): Report | null {
    if (bytes.length > MAX_LENGTH) return null;
    // Other bytes than those of ASCII can only stand where nothing is kept.
    const line = bytes.toString('latin1');
    for (const [index, layout] of this.#layouts.entries()) {
      const found = layout.pattern.exec(line);
      if (found === null) continue;
      if (index > 0) this.#layouts.unshift(...this.#layouts.splice(index, 1));
      return isUtf8(bytes) ? this.#reportIn(found, layout.groups) : null;
    }
    return null;
  }

  /** Notes the members of a line that the parser has read, so that lines like it are read here. */
  learn(text: string): void {
    if (this.#layouts.length === MAX_LAYOUTS || this.#attempts === MAX_ATTEMPTS) return;
    this.#attempts++;
    const layout = layoutOf(jsonValueOf(text));
    if (layout === null || this.#layouts.some(({ pattern }) => pattern.source === layout.pattern.source)) return;
    this.#layouts.push(layout);
  }

  #reportIn(found: RegExpExecArray, groups: Groups): Report | null {
    const ActionType = this.#textIn(found, groups.ActionType);
    const DeviceName = this.#textIn(found, groups.DeviceName);
    const InitiatingProcessFileName = this.#textIn(found, groups.InitiatingProcessFileName);
    const RemoteIP = this.#textIn(found, groups.RemoteIP);
    if (!isName(DeviceName) || !isName(InitiatingProcessFileName) || !isName(RemoteIP)) return null;
    if (ActionType?.endsWith('AggregatedReport') !== true || !isStored(RemoteIP)) return null;
    const Timestamp = readInstant(found[groups.Timestamp]);
    const count = countIn(found, groups.AdditionalFields);
    if (Timestamp === null || count === null) return null;

    const ReportId = Number(found[groups.ReportId]);
    const port = found[groups.RemotePort];
    const RemotePort = port === undefined ? null : Number(port);
    const DeviceId = this.#textIn(found, groups.DeviceId);
    const LocalIP = this.#textIn(found, groups.LocalIP);
    const parts = { DeviceId, DeviceName, Timestamp, ReportId, ActionType, RemotePort, LocalIP, count };
    const facts: Writable<Facts> = { ActionType: ActionType.slice(0, MAX_FACT_LENGTH) };
    const sha1 = this.#textIn(found, groups.InitiatingProcessSHA1);
    const sha256 = this.#textIn(found, groups.InitiatingProcessSHA256);
    const url = this.#textIn(found, groups.RemoteUrl);
    if (sha1) facts.InitiatingProcessSHA1 = sha1.slice(0, MAX_FACT_LENGTH);
    if (sha256) facts.InitiatingProcessSHA256 = sha256.slice(0, MAX_FACT_LENGTH);
    if (url) facts.RemoteUrl = url.slice(0, MAX_FACT_LENGTH);
    if (RemotePort !== null && RemotePort <= 65_535) facts.RemotePort = RemotePort;
    const key = { DeviceName, InitiatingProcessFileName, RemoteIP };
    return { source: 'defender', ...key, Timestamp, count, identity: identityOfPlain(parts), facts };
  }

  /** null where the value is null, or the lines have no such member. */
  #textIn(found: RegExpExecArray, group: number): string | null {
    const text = found[group];
    return text === undefined ? null : this.#texts.of(text);
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The pattern needs memory for each escape of a value, and fails with some millions of them. A report has some 2 KB. */
const MAX_LENGTH = 64 * 1024;
/** A sender chooses the members of its lines: each layout costs a few milliseconds, and each one that does not fit some more. */
const MAX_LAYOUTS = 8;
const MAX_ATTEMPTS = 64;

interface Layout {
  readonly pattern: RegExp;
  readonly groups: Groups;
}

const CATEGORY = 'AdvancedHunting-DeviceNetworkEvents';
const ASCII = '[^"\\\\\\x00-\\x1f\\x7f-\\uffff]';
const UNESCAPED = '[^"\\\\\\x00-\\x1f]';
/** Text with `\u` is left to the parser. */
const ESCAPED = `${UNESCAPED}*(?:\\\\["\\\\/bfnrt]${UNESCAPED}*)*`;
/** A whole number that a double holds exactly. */
const NUMBER = '(?:0|[1-9]\\d{0,14})';
const ANY = `(?:null|"${ESCAPED}"|${NUMBER}|true|false)`;

const TEXT = `"(${ASCII}*)"`;
const TEXT_OR_NULL = `(?:null|"(${ASCII}*)")`;
/** A count of at most nine digits alone, as most reports have it; or any text. */
const COUNT = `"(?:\\{\\\\"uniqueEventsAggregated\\\\":(0|[1-9]\\d{0,8})\\}|(${ESCAPED}))"`;

/** Patterns of the values that are kept, by member of `properties`. */
const NEEDED = {
  ActionType: TEXT,
  DeviceName: TEXT,
  InitiatingProcessFileName: TEXT,
  RemoteIP: TEXT,
  Timestamp: TEXT,
  AdditionalFields: COUNT,
  ReportId: `(${NUMBER})`,
} as const;
const OPTIONAL = {
  RemotePort: `(?:null|(${NUMBER}))`,
  DeviceId: TEXT_OR_NULL,
  LocalIP: TEXT_OR_NULL,
  InitiatingProcessSHA1: TEXT_OR_NULL,
  InitiatingProcessSHA256: TEXT_OR_NULL,
  RemoteUrl: TEXT_OR_NULL,
} as const;
const KEPT: ReadonlyMap<string, string> = new Map(Object.entries({ ...NEEDED, ...OPTIONAL }));

/** The number of the group that holds the value; of `AdditionalFields` the first of two. `NO_GROUP`: no such member. */
type Groups = Readonly<Record<keyof typeof NEEDED | keyof typeof OPTIONAL, number>>;
/** No match has as many groups. */
const NO_GROUP = 999;

/** null for a record that no such line can hold. */
function layoutOf(record: unknown): Layout | null {
  if (!isObject(record) || record['category'] !== CATEGORY || 'records' in record) return null;
  const { properties } = record;
  if (!isObject(properties) || Object.keys(NEEDED).some((name) => !Object.hasOwn(properties, name))) return null;
  if (![...Object.keys(record), ...Object.keys(properties)].every(isPlainName)) return null;
  const groups: Record<string, number> = Object.fromEntries([...KEPT.keys()].map((name) => [name, NO_GROUP]));
  let group = 1;
  const row = membersOf(properties, (name) => {
    const kept = KEPT.get(name);
    if (kept === undefined) return ANY;
    groups[name] = group;
    group += kept === COUNT ? 2 : 1;
    return kept;
  });
  const source = membersOf(record, (name) =>
    name === 'properties' ? row : name === 'category' ? `"${CATEGORY}"` : ANY,
  );
  if (source.length > MAX_PATTERN_LENGTH) return null;
  return { pattern: new RegExp(`^${source}$`), groups: groups as Groups };
}

function isPlainName(name: string): boolean {
  return /^[\w .:-]+$/.test(name);
}

function membersOf(object: object, patternOf: (name: string) => string): string {
  const members = Object.keys(object).map((name) => `"${name.replaceAll('.', '\\.')}":${patternOf(name)}`);
  return `\\{${members.join(',')}\\}`;
}

function isName(text: string | null): text is string {
  return text !== null && text !== '' && text.length <= MAX_NAME_LENGTH;
}

/** `toint(parse_json(AdditionalFields).uniqueEventsAggregated)` */
function countIn(found: RegExpExecArray, group: number): number | null {
  const alone = found[group];
  if (alone !== undefined) return Number(alone);
  const text = found[group + 1] as string;
  // Without an escape it holds no member. What the parser makes of other signs is its own affair.
  if (!text.includes('\\') || !/^[ -~]*$/.test(text)) return null;
  const fields = parse_json(JSON.parse(`"${text}"`));
  return isObject(fields) ? toint(fields['uniqueEventsAggregated']) : null;
}
