import type { ExportState } from '../storage/ports/export_states.ts';
import type { ExportInfo, ExportStore } from '../storage/ports/exports.ts';
import { lastEnd } from './export_state.ts';
import { tailOf } from './segment_cutter.ts';

/** Whether what was read of an export is no longer what it begins with. */
export async function isReplaced(exports: ExportStore, state: ExportState, info: ExportInfo): Promise<boolean> {
  const last = lastEnd(state);
  if (last === 0) return false;
  if (info.length < last || isRecreated(state, info)) return true;
  return (await tailOf(exports, info, last)) !== state.tail;
}

/**
 * Whether the creation time shows a replaced export. A copied or restored account gives all its exports new creation
 * times: their reports are then read again, and count once. An export with raw events would be refused for good, so that
 * for those the tail alone decides.
 */
function isRecreated(state: ExportState, info: ExportInfo): boolean {
  return !state.raw && state.created !== null && info.created !== null && state.created !== info.created;
}
