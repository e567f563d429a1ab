import { createHash } from 'node:crypto';
import type { GroupKey, Report } from './core/report.ts';
import type { ContributionRow, ExportRef, Partition } from './ports.ts';

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
export function contributionOf(report: Report): ContributionRow {
  const identity = report.identity ?? JSON.stringify(report);
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP, Timestamp, count, facts } = report;
  return {
    groupId: groupIdOf(report),
    source,
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    Timestamp,
    contribution: sha256(identity).slice(0, 16),
    count,
    facts,
  };
}

/** The id of a segment: the same for each delivery of the same bytes of the same generation of an export. */
export function segmentIdOf(ref: ExportRef, generation: number, start: number, end: number): string {
  return sha256([ref.container, ref.name, generation, start, end]).slice(0, 32);
}

/** SHA-256, hex, over text, or over parts so that no two lists of parts are the same text. */
export function sha256(value: string | readonly (string | number)[]): string {
  return createHash('sha256')
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex');
}
