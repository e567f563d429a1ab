import { hash } from 'node:crypto';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { isFailure, programHashOf } from '../core/records/contribution.ts';
import { type GroupKey, isRaw, type Report, type Source } from '../core/records/report.ts';
import { copyOf } from '../core/text/remembered.ts';
import type { ExportRef } from './ports/exports.ts';
import type { ContributionRow, Partition } from './ports/hourly_counts.ts';

/**
 * The id of a group, 128 bits in hex: 32 bits of SHA-256(source, RemoteIP), then 96 bits of SHA-256(source, DeviceName,
 * InitiatingProcessFileName, RemoteIP). So the groups of one address are adjacent in key order, and a key contains no
 * name, which an attacker may choose. Frozen: a change needs a new table.
 */
export function groupIdOf(key: GroupKey): string {
  let known = knownIds.get(key.source);
  if (known === undefined) {
    known = new KnownIds(key.source);
    knownIds.set(key.source, known);
  }
  return known.of(key);
}

const MOST_IDS = 20_000;
/** Longer names are remembered by no product: their ids are worked out each time, so that a sender cannot fill the memory. */
const MAX_NAMES = 256;

/**
 * The ids of the last groups of a source. Two hashes take longer than all else that is done for a report, and most reports are of
 * a group that was seen before. Maps in maps: to join the names takes as long as to find them.
 */
class KnownIds {
  readonly #source: Source;
  readonly #devices = new Map<string, Map<string, Map<string, string>>>();
  #size = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  of({ DeviceName, InitiatingProcessFileName, RemoteIP }: Omit<GroupKey, 'source'>): string {
    const known = this.#devices.get(DeviceName)?.get(InitiatingProcessFileName)?.get(RemoteIP);
    if (known !== undefined) return known;
    const group = [this.#source, DeviceName, InitiatingProcessFileName, RemoteIP];
    // A copy, since a joined text keeps its parts.
    const id = copyOf(sha256([this.#source, RemoteIP]).slice(0, 8) + sha256(group).slice(0, 24));
    if (DeviceName.length + InitiatingProcessFileName.length + RemoteIP.length > MAX_NAMES) return id;
    if (this.#size === MOST_IDS) this.#forget();
    this.#size++;
    memberOf(memberOf(this.#devices, DeviceName), InitiatingProcessFileName).set(copyOf(RemoteIP), id);
    return id;
  }

  #forget(): void {
    this.#devices.clear();
    this.#size = 0;
  }
}

const knownIds = new Map<Source, KnownIds>();

/** The map at a key; a new one where there is none. */
function memberOf<K, V>(maps: Map<string, Map<K, V>>, key: string): Map<K, V> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(copyOf(key), map);
  }
  return map;
}

/** The id of a process on a device as a whole, whose servers rotate: 128 bits of SHA-256(source, DeviceName, process, `*`). Frozen too. */
export function processIdOf({ source, DeviceName, InitiatingProcessFileName }: Omit<GroupKey, 'RemoteIP'>): string {
  return sha256([source, DeviceName, InitiatingProcessFileName, '*']).slice(0, 32);
}

/** The partition that holds a group: the first hex digit of its id. */
export function partitionOf(groupId: string): Partition {
  return groupId.slice(0, 1) as Partition;
}

export const PARTITIONS: readonly Partition[] = [...'0123456789abcdef'] as Partition[];

/** The row of a report; its contribution is 64 bits of a hash of its identity. Frozen too. */
export function contributionOf(report: Report, identity: string): ContributionRow {
  return rowOf(report, report.Timestamp, sha256(identity).slice(0, 16), report.count);
}

/**
 * The row of the raw events of one block, group and hour (`start`): `event` is one of them, `failed` whether all of them
 * failed.
 */
export function eventsRowOf(
  event: Report,
  start: Timestamp,
  { events, failed, block }: { readonly events: number; readonly failed: boolean; readonly block: string },
): ContributionRow {
  return { ...rowOf(event, start, block, events), failed };
}

/** The number of reports or raw events in a row. */
export function reportsOf({ source, count }: Pick<ContributionRow, 'source' | 'count'>): number {
  return isRaw(source) ? (count ?? 0) : 1;
}

/** The id of a segment: equal for the same bytes of the same generation of an export. */
export function segmentIdOf(ref: ExportRef, generation: number, start: number, end: number): string {
  return sha256([ref.container, ref.name, generation, start, end]).slice(0, 32);
}

/** The contribution of a block of raw events: 64 bits of the id of the segment `[from, end)`. Frozen too. */
export function blockOf(ref: ExportRef, generation: number, from: number, end: number): string {
  return segmentIdOf(ref, generation, from, end).slice(0, 16);
}

function rowOf(report: Report, Timestamp: Timestamp, contribution: string, count: number | null): ContributionRow {
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP, facts } = report;
  return {
    groupId: groupIdOf(report),
    source,
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    Timestamp,
    contribution,
    count,
    failed: isFailure(facts),
    programHash: programHashOf(facts),
    facts,
  };
}

/** SHA-256, hex, of a text, or of a list of parts; different lists give different texts. */
export function sha256(value: string | readonly (string | number)[]): string {
  // One call: a hash object uses memory outside the heap, and a tenant needs millions of hashes.
  return hash('sha256', typeof value === 'string' ? value : JSON.stringify(value));
}
