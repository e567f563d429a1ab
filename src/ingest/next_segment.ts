import { Buffer } from 'node:buffer';
import { adviceOf, contentKindOf, EXPECTED, HEAD_BYTES } from '../reading/content_type.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { ExportInfo, ExportStore } from '../storage/ports/exports.ts';
import type { LeasedSegment } from './apply_segment.ts';
import { lastEnd, leased, leasedUpTo, openSegment } from './export_state.ts';
import { cutSegment } from './segment_cutter.ts';

export const EXPECTED_LINES = `no line end in its first 64 MiB; expected ${EXPECTED}`;

/** A segment, and the state of the export with the lease of this worker. */
export type NextSegment = Pick<LeasedSegment, 'state' | 'segment' | 'repeat'>;

/** Who asks. `segmentBytes`: where not the usual size. */
export interface NextOptions {
  readonly worker: string;
  readonly clock: Clock;
  readonly segmentBytes?: number | undefined;
}

/** The open segment, or the next one, cut; null where there is none yet; the reason where there will be none. */
export async function nextSegment(
  exports: ExportStore,
  row: ExportState,
  info: ExportInfo,
  { worker, clock, segmentBytes }: NextOptions,
): Promise<NextSegment | string | null> {
  const isSame = row.created === info.created;
  const isKnown = isSame && info.created !== null;
  // A head without a line end stays without one, however the export grows.
  if (row.refused && (row.ends.length > 0 || (row.reason === EXPECTED_LINES && isKnown))) return null;
  const open = openSegment(row);
  // Already leased by this worker, where the answer to its lease was lost.
  if (open !== null && row.leasedBy === worker && isSame) return { state: row, segment: open, repeat: true };
  if (open !== null) return { state: leased(row, info, worker, clock()), segment: open, repeat: true };
  const start = lastEnd(row);
  const foreign = start === 0 ? adviceOf(contentKindOf(await headOf(exports, info))) : null;
  if (foreign !== null) return foreign;
  const cut = await cutSegment(exports, info, start, clock(), { segmentBytes, searched: isKnown ? row.searched : 0 });
  if (cut === null || cut === 'no-lines') return cut && EXPECTED_LINES;
  return { state: leasedUpTo(row, cut, info, worker, clock()), segment: { start, end: cut.end }, repeat: false };
}

async function headOf(exports: ExportStore, info: ExportInfo): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const end = Math.min(info.length, HEAD_BYTES);
  if (end > 0) for await (const piece of exports.read(info, 0, end)) pieces.push(piece);
  return Buffer.concat(pieces);
}
