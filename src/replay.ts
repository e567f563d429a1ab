import { replayed } from './export_state.ts';
import type { ExportRef, ExportStates } from './ports.ts';

/**
 * Has an export read again from its first byte, with the cuts that it has: the same segments, the same rows. False where
 * nothing was read of it. A worker that is at it now finds its claim gone, and begins again like everybody else.
 */
export async function replay(states: ExportStates, ref: ExportRef): Promise<boolean> {
  for (;;) {
    const found = await states.get(ref);
    if (found === null) return false;
    if ((await states.replace(replayed(found.row), found.version)) !== null) return true;
  }
}
