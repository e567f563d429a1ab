import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { PARTITIONS } from '../../src/keys.ts';
import type { DeadLetter, ExportState, Stores } from '../../src/ports.ts';
import type { Fate } from './author.ts';
import { readSlowly } from './oracle.ts';

/** One content that an export has had: what was put there, and how it grew. */
export interface Version {
  bytes: Buffer;
  /** Each length it had, and since when (ms). */
  readonly grown: { readonly length: number; readonly at: number }[];
  /** When another was put in its place. */
  replacedAt?: number;
}

/** A stretch of a content that was read, and committed. */
export interface Stretch {
  readonly version: Version;
  readonly start: number;
  readonly end: number;
}

export class Violation extends Error {
  override readonly name = 'Violation';
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}

/**
 * The ends of a finished export: they cover it whole, and each stands behind a line end, behind a whole JSON value, or
 * where the export had ended for a day.
 */
export function checkEnds(
  state: ExportState,
  version: Version,
  replaced: readonly Version[],
  maxBytes: number,
  now: number,
  slackMs: number,
): void {
  const { bytes } = version;
  const name = `${state.name}, ends ${state.ends.join(' ')} of ${bytes.length}`;
  check(state.applied === state.ends.length, `${name}: applied ${state.applied}`);
  check(state.claimedAt === null && state.claimedBy === '', `${name}: still claimed`);
  check(!state.refused && state.reason === '' && state.failures === 0, `${name}: ${state.reason || 'refused'}`);
  check((state.ends.at(-1) ?? 0) === bytes.length, `${name}: not read to its end`);
  let start = 0;
  for (const end of state.ends) {
    check(end > start, `${name}: no progress at ${end}`);
    const lineStart = Math.max(start, bytes.lastIndexOf(10, end - 2) + 1);
    const isLine = bytes[end - 1] === 10 || isJson(bytes.subarray(lineStart, end).toString('utf8'));
    // A content that begins as the one before it is that one, grown.
    const same = [version, ...replaced].filter((other) => startsWith(other.bytes, bytes.subarray(0, end)));
    check(isLine || same.some((each) => restedAt(each, end, now, slackMs)), `${name}: a line is cut at ${end}`);
    const isOneLine = bytes.subarray(start, end - 1).indexOf(10) === -1;
    check(end - start <= maxBytes || isOneLine, `${name}: too long up to ${end}`);
    start = end;
  }
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text.trim()) === 'object';
  } catch {
    return false;
  }
}

function startsWith(bytes: Buffer, head: Buffer): boolean {
  return bytes.subarray(0, head.length).equals(head);
}

/** Whether the export had this length for a day. */
function restedAt({ grown, replacedAt }: Version, length: number, now: number, slackMs: number): boolean {
  return grown.some((step, index) => {
    const until = grown[index + 1]?.at ?? replacedAt ?? now;
    return step.length === length && until - step.at > 24 * 3_600_000 - slackMs;
  });
}

export interface Finished {
  readonly stores: Stores;
  readonly fateOf: (model: number) => Fate;
  /** Reports no newer than this (ms) may have a row or not: they were kept when they were read. */
  readonly expiredAt: number;
  readonly exports: readonly {
    readonly state: ExportState;
    readonly current: Version;
    readonly replaced: readonly Version[];
    /** What was committed of the replaced ones. */
    readonly committed: readonly Stretch[];
  }[];
}

/**
 * The rows are those of a clean pass over what the exports hold now, and over what was committed of contents that were
 * replaced. Others only of what a replaced content held (it was read, and not committed), or of what has expired by now.
 */
export async function checkRows({ stores, fateOf, exports, expiredAt }: Finished): Promise<void> {
  const wanted = new Map<number, string>();
  const allowed = new Map<number, string>();
  const add = (bytes: Buffer, ends: readonly number[], into: Map<number, string>): void => {
    let start = 0;
    for (const end of ends) {
      for (const [model, { row, timeMs }] of readSlowly(bytes, start, end, fateOf).rows) {
        (timeMs > expiredAt ? into : allowed).set(model, row);
      }
      start = end;
    }
  };
  for (const { state, current, replaced, committed } of exports) {
    add(current.bytes, state.ends, wanted);
    for (const { version, start, end } of committed) add(version.bytes.subarray(start, end), [end - start], wanted);
    for (const version of replaced) add(version.bytes, [version.bytes.length], allowed);
  }
  const found = tally(await rowsOf(stores));
  const least = tally(wanted.values());
  const most = tally(new Map([...allowed, ...wanted]).values());
  for (const [row, count] of least) check((found.get(row) ?? 0) >= count, `row missing: ${row}`);
  for (const [row, count] of found) check((most.get(row) ?? 0) >= count, `row too many: ${row}`);
}

export async function rowsOf(stores: Stores): Promise<string[]> {
  const rows: string[] = [];
  for (const partition of PARTITIONS) {
    for await (const page of stores.hourlyCounts.scan(partition)) {
      for (const { DeviceName, InitiatingProcessFileName, RemoteIP, Timestamp, count } of page) {
        rows.push(JSON.stringify([DeviceName, InitiatingProcessFileName, RemoteIP, Timestamp, count]));
      }
    }
  }
  return rows;
}

/**
 * The dead letters are those of a clean pass over what the exports hold now, by their cuts; and, of contents that were
 * replaced, only such as stood there. The counters say the same.
 */
export async function checkLettersAndCounters({ stores, fateOf, exports }: Finished): Promise<void> {
  const letters = Map.groupBy(await Array.fromAsync(stores.deadLetters.list()), (letter) => letter.export.name);
  for (const { state, current, replaced } of exports) {
    const counters = { lines: 0, records: 0, reports: 0, skipped: 0, excluded: 0, deadLetters: 0 };
    const wanted: string[] = [];
    let start = 0;
    for (const end of state.ends) {
      const expected = readSlowly(current.bytes, start, end, fateOf);
      wanted.push(...expected.letters);
      for (const name of Object.keys(counters) as (keyof typeof counters)[]) counters[name] += expected.counters[name];
      start = end;
    }
    const kept = letters.get(state.name) ?? [];
    const found = tally(kept.map(textOf));
    for (const [letter, count] of tally(wanted)) {
      check((found.get(letter) ?? 0) >= count, `${state.name}: dead letter missing: ${letter}`);
    }
    const spare = tally(wanted);
    // Those first that are of no replaced content: a line of one content can begin with what is a line of the other.
    const wasThere = (letter: DeadLetter) => replaced.some(({ bytes }) => stoodIn(letter, bytes, fateOf));
    for (const letter of kept.toSorted((a, b) => Number(wasThere(a)) - Number(wasThere(b)))) {
      const text = textOf(letter);
      const left = spare.get(text) ?? 0;
      const isCurrent = left > 0 && stoodIn(letter, current.bytes, fateOf);
      if (isCurrent) spare.set(text, left - 1);
      check(isCurrent || wasThere(letter), `${state.name}: dead letter too many: ${text}`);
    }
    check(
      [...spare.values()].every((left) => left === 0),
      `${state.name}: dead letters of another content`,
    );
    const { reports, expired, ...others } = state.counters;
    const got = { ...others, reports: reports + expired };
    for (const name of Object.keys(counters) as (keyof typeof counters)[]) {
      check(got[name] === counters[name], `${state.name}: ${got[name]} ${name}, not ${counters[name]}`);
    }
  }
}

function textOf({ offset, length, record, reason, code }: DeadLetter): string {
  return `${offset} ${length} ${record} ${reason}${code === undefined ? '' : ` ${code}`}`;
}

/** Whether a letter is of this content: at its place stands its line, or a record that is refused or of the future. */
function stoodIn(letter: DeadLetter, content: Buffer, fateOf: (model: number) => Fate): boolean {
  const { offset, length, reason } = letter;
  if (offset + length > content.length) return false;
  if (reason !== 'refused-row' && reason !== 'time-in-future') {
    // A second letter of the same line may leave the bytes to the first.
    return content.subarray(offset, offset + length).includes(Buffer.from(letter.bytes));
  }
  return readSlowly(content, offset, offset + length, fateOf).letters.some((each) => each.includes(reason));
}

export function tally(items: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** SHA-256, hex, of the last ≤ 1 KiB before `end`. */
export function tailHash(bytes: Buffer, end: number): string {
  return createHash('sha256')
    .update(bytes.subarray(Math.max(0, end - 1024), end))
    .digest('hex');
}
