import { createHash } from 'node:crypto';
import * as z from 'zod';
import { SOURCES } from '../../core/records/report.ts';
import type { ExportState } from '../ports/export_states.ts';
import type { ExportRef } from '../ports/exports.ts';
import { FLAG, int32, int64, joined, jsonOf, longText, orNull, readColumns, TEXT, WHOLE } from './columns.ts';
import { TABLES } from './names.ts';
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
    OverGroupLimit: int64(state.counters.overGroupLimit),
    Failures: int32(state.failures),
    NextTry: int64(state.nextTry),
    Reason: state.reason,
    Refused: state.refused,
  };
}

const ROW = z.object({
  partitionKey: TEXT,
  Name: TEXT,
  Generation: WHOLE,
  Ends: jsonOf(z.array(z.int().min(0))),
  Applied: WHOLE,
  LeasedAt: orNull(WHOLE),
  LeasedBy: TEXT,
  Tail: TEXT,
  Recognised: FLAG,
  OtherSource: orNull(TEXT),
  UnknownShape: orNull(
    jsonOf(z.object({ source: z.enum(SOURCES), offset: z.int().min(0), members: z.array(z.string()) })),
  ),
  Raw: FLAG,
  Created: orNull(WHOLE),
  Searched: WHOLE,
  LastModified: WHOLE,
  Lines: WHOLE,
  Records: WHOLE,
  Reports: WHOLE,
  Skipped: WHOLE,
  Excluded: WHOLE,
  Expired: WHOLE,
  DeadLetters: WHOLE,
  UnknownShapes: orNull(WHOLE),
  OverGroupLimit: orNull(WHOLE),
  Failures: WHOLE,
  NextTry: WHOLE,
  Reason: TEXT,
  Refused: FLAG,
});

/** Throws a BadRowError where the row is not one of Exports. */
export function decodeExportState(row: TableRow): ExportState {
  const columns = readColumns(TABLES.exports, ROW, joined(row, ['Ends']));
  return {
    container: columns.partitionKey,
    name: columns.Name,
    generation: columns.Generation,
    ends: columns.Ends,
    applied: columns.Applied,
    leasedAt: columns.LeasedAt,
    leasedBy: columns.LeasedBy,
    tail: columns.Tail,
    recognised: columns.Recognised,
    // A source of a later version is none of ours.
    otherSource: SOURCES.find((source) => source === columns.OtherSource) ?? null,
    unknownShape: columns.UnknownShape,
    raw: columns.Raw,
    created: columns.Created,
    searched: columns.Searched,
    lastModified: columns.LastModified,
    counters: {
      lines: columns.Lines,
      records: columns.Records,
      reports: columns.Reports,
      skipped: columns.Skipped,
      excluded: columns.Excluded,
      expired: columns.Expired,
      deadLetters: columns.DeadLetters,
      unknownShapes: columns.UnknownShapes ?? 0,
      overGroupLimit: columns.OverGroupLimit ?? 0,
    },
    failures: columns.Failures,
    nextTry: columns.NextTry,
    reason: columns.Reason,
    refused: columns.Refused,
  };
}
