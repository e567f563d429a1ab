import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { bin } from '../../../src/core/kql/bin.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import type { DeadLetter } from '../../../src/storage/ports/dead_letters.ts';
import type { ExportState } from '../../../src/storage/ports/export_states.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { storedRows } from '../storage/counts.ts';
import { type Expected, type Oracle, readSlowly } from './oracle.ts';

/** One content that an export has had: what was put there, and how it grew. */
export interface Version {
  bytes: Buffer;
  /** Each length it had, and since when (ms). */
  readonly grown: { readonly length: number; readonly at: number }[];
  /** When another was put in its place. */
  replacedAt?: number;
}

/** A segment that was leased. */
export interface ClaimedSegment {
  /** The contents that it may be of: mostly one. */
  readonly versions: readonly Version[];
  readonly generation: number;
  readonly start: number;
  readonly end: number;
  committed: boolean;
  /** Whether raw events of it are stored. */
  hasRaw: boolean;
}

export class Violation extends Error {
  override readonly name = 'Violation';
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}

/**
 * The ends of a finished export that is not refused: they cover it whole, and each stands behind a line end, behind a whole JSON value, or
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
  check(state.leasedAt === null && state.leasedBy === '', `${name}: still leased`);
  check(state.failures === 0, `${name}: ${state.reason}`);
  if (state.refused) return;
  check(state.reason === '', `${name}: ${state.reason}`);
  check(state.applied === state.ends.length, `${name}: applied ${state.applied}`);
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
  readonly oracle: Oracle;
  /** Reports no newer than this (ms) may have a row or not: they were kept when they were read. */
  readonly expiredAt: number;
  readonly exports: readonly {
    readonly state: ExportState;
    readonly current: Version;
    readonly replaced: readonly Version[];
    readonly segments: readonly ClaimedSegment[];
    /** Generations that were left although raw events of them had been counted. */
    readonly forced: ReadonlySet<number>;
  }[];
}

/**
 * The rows are those of a clean pass over all segments that were committed: of what the exports hold now, and of contents
 * that were replaced. Others only of reports that a replaced content held, of raw events of segments that were leased
 * and never committed in a generation where that was known, or of what has expired by now.
 */
export async function checkRows({ stores, oracle, exports, expiredAt }: Finished): Promise<void> {
  const bounds = new Bounds(expiredAt);
  for (const { state, current, replaced, segments, forced } of exports) {
    for (const segment of segments) {
      const { generation, committed } = segment;
      const isKnown = committed || forced.has(generation) || (state.refused && generation === state.generation);
      bounds.addSegment(segment, oracle, isKnown);
    }
    // Of what is refused, too, a worker that comes late may read reports before it finds out.
    for (const { bytes } of state.refused ? [current, ...replaced] : replaced) {
      bounds.addReports(readSlowly(bytes, 0, bytes.length, oracle), false);
    }
    if (state.refused) continue;
    for (const [index, end] of state.ends.entries()) {
      bounds.addReports(readSlowly(current.bytes, state.ends[index - 1] ?? 0, end, oracle), true);
    }
  }
  const found = tally(await rowsOf(stores));
  for (const [row, count] of bounds.least()) check((found.get(row) ?? 0) >= count, `row missing: ${row}`);
  const most = bounds.most();
  for (const [row, count] of found) check((most.get(row) ?? 0) >= count, `row too many: ${row}`);
}

/** Every stored row is announced, by an entry for its hour or for its group in that hour. */
export async function checkAnnounced({ hourlyCounts }: Pick<Stores, 'hourlyCounts'>): Promise<void> {
  for (const day of await hourlyCounts.days()) {
    for (const partition of PARTITIONS) {
      const rows = (await Array.fromAsync(hourlyCounts.day(partition, day))).flat();
      const entries = (await Array.fromAsync(hourlyCounts.touched(partition, day))).flat();
      const announced = new Set(entries.map(({ hour, groupId }) => `${hour} ${groupId}`));
      for (const { Timestamp, groupId } of rows) {
        const hour = bin(Timestamp, '1h');
        const isAnnounced = announced.has(`${hour} null`) || announced.has(`${hour} ${groupId}`);
        check(isAnnounced, `a row that nothing announces: ${groupId} at ${Timestamp}`);
      }
    }
  }
}

/** Which rows there must be, and which there may be. */
class Bounds {
  readonly #expiredAt: number;
  /** By their number: each is one row, however often it is read. */
  readonly #wanted = new Map<number, string>();
  readonly #allowed = new Map<number, string>();
  /** Each is a row of its own. */
  readonly #wantedHours: string[] = [];
  readonly #allowedHours: string[] = [];

  constructor(expiredAt: number) {
    this.#expiredAt = expiredAt;
  }

  /** `isKnown`: that there may be rows of its raw events. */
  addSegment({ versions, start, end, committed }: ClaimedSegment, oracle: Oracle, isKnown: boolean): void {
    // Where it may be of more than one content it is not known which.
    const isSure = committed && versions.length === 1;
    for (const { bytes } of versions) {
      const reading = readSlowly(bytes, start, end, oracle);
      this.addReports(reading, isSure);
      if (isKnown) this.#addHours(reading, isSure);
    }
  }

  addReports({ rows }: Expected, isSure: boolean): void {
    for (const [model, { row, timeMs }] of rows) {
      (isSure && timeMs > this.#expiredAt ? this.#wanted : this.#allowed).set(model, row);
    }
  }

  #addHours({ hours }: Expected, isSure: boolean): void {
    for (const { row, timeMs } of hours) {
      (isSure && timeMs > this.#expiredAt ? this.#wantedHours : this.#allowedHours).push(row);
    }
  }

  least(): Map<string, number> {
    return tally([...this.#wanted.values(), ...this.#wantedHours]);
  }

  most(): Map<string, number> {
    const reports = new Map([...this.#allowed, ...this.#wanted]).values();
    return tally([...reports, ...this.#wantedHours, ...this.#allowedHours]);
  }
}

export async function rowsOf(stores: Stores): Promise<string[]> {
  const rows: string[] = [];
  for (const partition of PARTITIONS) {
    for (const row of await storedRows(stores.hourlyCounts, partition)) {
      const { source, DeviceName, InitiatingProcessFileName, RemoteIP, Timestamp, count } = row;
      rows.push(JSON.stringify([source, DeviceName, InitiatingProcessFileName, RemoteIP, Timestamp, count]));
    }
  }
  return rows;
}

/**
 * The dead letters are those of a clean pass over what the exports hold now, by their cuts; and, of contents that were
 * replaced, only such as stood there. The counters say the same.
 */
export async function checkLettersAndCounters({ stores, oracle, exports }: Finished): Promise<void> {
  const letters = Map.groupBy(await Array.fromAsync(stores.deadLetters.list()), (letter) => letter.export.name);
  for (const { state, current, replaced } of exports) {
    const kept = letters.get(state.name) ?? [];
    const wasThere = (letter: DeadLetter) => replaced.some(({ bytes }) => stoodIn(letter, bytes, oracle));
    if (state.refused) check(kept.every(wasThere), `${state.name}: dead letters of an export that is refused`);
    else checkOne(state, current, kept, wasThere, oracle);
  }
}

function checkOne(
  state: ExportState,
  current: Version,
  kept: readonly DeadLetter[],
  wasThere: (letter: DeadLetter) => boolean,
  oracle: Oracle,
): void {
  const counters = { lines: 0, records: 0, reports: 0, skipped: 0, excluded: 0, deadLetters: 0 };
  const wanted: string[] = [];
  for (const [index, end] of state.ends.entries()) {
    const expected = readSlowly(current.bytes, state.ends[index - 1] ?? 0, end, oracle);
    wanted.push(...expected.letters);
    for (const name of Object.keys(counters) as (keyof typeof counters)[]) counters[name] += expected.counters[name];
  }
  const found = tally(kept.map(textOf));
  for (const [letter, count] of tally(wanted)) {
    check((found.get(letter) ?? 0) >= count, `${state.name}: dead letter missing: ${letter}`);
  }
  const spare = tally(wanted);
  // Those first that are of no replaced content: a line of one content can begin with what is a line of the other.
  for (const letter of kept.toSorted((a, b) => Number(wasThere(a)) - Number(wasThere(b)))) {
    const text = textOf(letter);
    const left = spare.get(text) ?? 0;
    const isCurrent = left > 0 && stoodIn(letter, current.bytes, oracle);
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

function textOf({ offset, length, record, reason, code }: DeadLetter): string {
  return `${offset} ${length} ${record} ${reason}${code === undefined ? '' : ` ${code}`}`;
}

/** Whether a letter is of this content: at its place stands its line, or a record that is refused or of the future. */
function stoodIn(letter: DeadLetter, content: Buffer, oracle: Oracle): boolean {
  const { offset, length, reason } = letter;
  if (offset + length > content.length) return false;
  if (reason !== 'refused-row' && reason !== 'time-in-future') {
    // A second letter of the same line may leave the bytes to the first.
    return content.subarray(offset, offset + length).includes(Buffer.from(letter.bytes));
  }
  return readSlowly(content, offset, offset + length, oracle).letters.some((each) => each.includes(reason));
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
