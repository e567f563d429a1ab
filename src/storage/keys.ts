import { hash } from 'node:crypto';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { isFailure, programHashOf } from '../core/records/contribution.ts';
import { type GroupKey, isRaw, type Report } from '../core/records/report.ts';
import { remembered } from '../core/text/remembered.ts';
import type { ExportRef } from './ports/exports.ts';
import type { ContributionRow, Partition } from './ports/hourly_counts.ts';

/**
 * The id of a group, 128 bits in hex: 32 bits of SHA-256(source, RemoteIP), then 96 bits of SHA-256(source, DeviceName,
 * InitiatingProcessFileName, RemoteIP). So the groups of one address are adjacent in key order, and a key contains no
 * name, which an attacker may choose. Frozen: a change needs a new table.
 */
export function groupIdOf({ source, DeviceName, InitiatingProcessFileName, RemoteIP }: GroupKey): string {
  // The lengths keep two groups apart whose joined names are the same text.
  const lengths = `${DeviceName.length},${InitiatingProcessFileName.length},${RemoteIP.length}`;
  return idOfNames(`${lengths},${DeviceName}${InitiatingProcessFileName}${RemoteIP}${source}`);
}

/** Two hashes take longer than all else that is done for a report, and most reports are of a group that was seen before. */
const idOfNames = remembered((joined) => {
  const [device = '', process = '', address = ''] = joined.split(',', 3);
  const names = joined.slice(device.length + process.length + address.length + 3);
  const afterDevice = Number(device);
  const afterProcess = afterDevice + Number(process);
  const afterAddress = afterProcess + Number(address);
  const source = names.slice(afterAddress);
  const RemoteIP = names.slice(afterProcess, afterAddress);
  const group = [source, names.slice(0, afterDevice), names.slice(afterDevice, afterProcess), RemoteIP];
  return sha256([source, RemoteIP]).slice(0, 8) + sha256(group).slice(0, 24);
});

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
