import { createHash } from 'node:crypto';
import { SOURCES } from '../../core/records/report.ts';
import type { Counters, ExportState, LocatedShape } from '../ports/export_states.ts';
import type { ExportRef } from '../ports/exports.ts';
import { flag, int32, int64, longText, readLongText, text, whole, wholeOrNull } from './columns.ts';
import type { NewTableRow, TableRow } from './table.ts';

/** SHA-256, hex, of the blob's name: a name may be too long for a key, or hold characters that a key may not. */
export function exportRowKeyOf({ name }: ExportRef): string {
  return createHash('sha256').update(name).digest('hex');
}

export function encodeExportState(state: ExportState): NewTableRow {
  return {
    partitionKey: state.container,
    rowKey: exportRowKeyOf(state),
    Name: state.name,
    Generation: int32(state.generation),
    ...longText('Ends', JSON.stringify(state.ends)),
    Applied: int32(state.applied),
    ...(state.leasedAt !== null && { LeasedAt: int64(state.leasedAt) }),
    LeasedBy: state.leasedBy,
    Tail: state.tail,
    Recognised: state.recognised,
    ...(state.otherSource !== null && { OtherSource: state.otherSource }),
    ...(state.unknownShape !== null && { UnknownShape: JSON.stringify(state.unknownShape) }),
    Raw: state.raw,
    ...(state.created !== null && { Created: int64(state.created) }),
    Searched: int64(state.searched),
    LastModified: int64(state.lastModified),
    Lines: int64(state.counters.lines),
    Records: int64(state.counters.records),
    Reports: int64(state.counters.reports),
    Skipped: int64(state.counters.skipped),
    Excluded: int64(state.counters.excluded),
    Expired: int64(state.counters.expired),
    DeadLetters: int64(state.counters.deadLetters),
    UnknownShapes: int64(state.counters.unknownShapes),
    Failures: int32(state.failures),
    NextTry: int64(state.nextTry),
    Reason: state.reason,
    Refused: state.refused,
  };
}

/** Throws where the row is not one of Exports. */
export function decodeExportState(row: TableRow): ExportState {
  return {
    container: row.partitionKey ?? '',
    name: text(row, 'Name'),
    generation: whole(row, 'Generation'),
    ends: JSON.parse(readLongText(row, 'Ends')) as number[],
    applied: whole(row, 'Applied'),
    leasedAt: wholeOrNull(row, 'LeasedAt'),
    leasedBy: text(row, 'LeasedBy'),
    tail: text(row, 'Tail'),
    recognised: flag(row, 'Recognised'),
    otherSource: SOURCES.find((source) => source === row['OtherSource']) ?? null,
    unknownShape: row['UnknownShape'] === undefined ? null : (JSON.parse(text(row, 'UnknownShape')) as LocatedShape),
    raw: flag(row, 'Raw'),
    created: wholeOrNull(row, 'Created'),
    searched: whole(row, 'Searched'),
    lastModified: whole(row, 'LastModified'),
    counters: decodeCounters(row),
    failures: whole(row, 'Failures'),
    nextTry: whole(row, 'NextTry'),
    reason: text(row, 'Reason'),
    refused: flag(row, 'Refused'),
  };
}

function decodeCounters(row: TableRow): Counters {
  return {
    lines: whole(row, 'Lines'),
    records: whole(row, 'Records'),
    reports: whole(row, 'Reports'),
    skipped: whole(row, 'Skipped'),
    excluded: whole(row, 'Excluded'),
    expired: whole(row, 'Expired'),
    deadLetters: whole(row, 'DeadLetters'),
    unknownShapes: wholeOrNull(row, 'UnknownShapes') ?? 0,
  };
}
