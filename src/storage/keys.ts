import { hash } from 'node:crypto';
import { bin } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { type GroupKey, isRaw, type Report } from '../core/records/report.ts';
import type { ExportRef } from './ports/exports.ts';
import type { ContributionRow, Partition } from './ports/hourly_counts.ts';

/**
 * The id of a group, 128 bits in hex: 32 bits of SHA-256(source, RemoteIP), then 96 bits of SHA-256(source, DeviceName,
 * InitiatingProcessFileName, RemoteIP). So the groups of one address stand side by side in key order, and no name, which
 * an attacker may choose, stands in a key. Frozen: a change means a new table.
 */
export function groupIdOf(key: GroupKey): string {
  const address = sha256([key.source, key.RemoteIP]).slice(0, 8);
  const group = sha256([key.source, key.DeviceName, key.InitiatingProcessFileName, key.RemoteIP]).slice(0, 24);
  return address + group;
}

/** The partition that holds a group: the first hex digit of its id. */
export function partitionOf(groupId: string): Partition {
  return groupId.slice(0, 1) as Partition;
}

export const PARTITIONS: readonly Partition[] = [...'0123456789abcdef'] as Partition[];

/** What a report adds to its group: 64 bits of its identity. Frozen likewise. */
export function contributionOf(report: Report, identity: string): ContributionRow {
  return rowOf(report, report.Timestamp, sha256(identity).slice(0, 16), report.count);
}

/** What raw events of a block, of which this is one, add to an hour of their group. */
export function hourOf(event: Report, events: number, block: string): ContributionRow {
  return rowOf(event, bin(event.Timestamp, '1h'), block, events);
}

/** How many reports, or raw events, a row counts. */
export function reportsOf({ source, count }: Pick<ContributionRow, 'source' | 'count'>): number {
  return isRaw(source) ? (count ?? 0) : 1;
}

/** The id of a segment: the same for each delivery of the same bytes of the same generation of an export. */
export function segmentIdOf(ref: ExportRef, generation: number, start: number, end: number): string {
  return sha256([ref.container, ref.name, generation, start, end]).slice(0, 32);
}

/** 64 bits of the id of a block of raw events: what is left of such a segment from `from` on. Frozen likewise. */
export function blockOf(ref: ExportRef, generation: number, from: number, end: number): string {
  return segmentIdOf(ref, generation, from, end).slice(0, 16);
}

function rowOf(report: Report, Timestamp: Timestamp, contribution: string, count: number | null): ContributionRow {
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP, facts } = report;
  const key = { source, DeviceName, InitiatingProcessFileName, RemoteIP };
  return { groupId: groupIdOf(key), ...key, Timestamp, contribution, count, facts };
}

/** SHA-256, hex, over text, or over parts so that no two lists of parts are the same text. */
export function sha256(value: string | readonly (string | number)[]): string {
  // In one call: an object for each hash is memory outside the heap, of which a tenant makes millions.
  return hash('sha256', typeof value === 'string' ? value : JSON.stringify(value));
}
