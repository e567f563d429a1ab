import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { ExportStates } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { REPLACED, readAgain, replayed } from './export_state.ts';

/**
 * Has an export read again from its first byte, with the cuts that it has: the same segments, the same rows. False where
 * nothing was read of it. A worker that is at it now finds its claim gone, and begins again like everybody else.
 *
 * `force`: an export that was replaced after raw events of it had been counted is read as another one. What its contents
 * have in common counts twice then. It does nothing to others.
 */
export async function replay(states: ExportStates, ref: ExportRef, force = false): Promise<boolean> {
  return await retryOnConflict('export', async () => {
    const found = await states.get(ref);
    if (found === null) return false;
    const { row, version } = found;
    const next = force && row.refused && row.reason === REPLACED ? readAgain(row) : replayed(row);
    return (await states.replace(next, version)) === null ? CONFLICT : true;
  });
}

/** The exports of a container whose names begin so and of which something was read, in order of name. */
export async function readUnder(states: ExportStates, { container, name: start }: ExportRef): Promise<ExportRef[]> {
  const found: ExportRef[] = [];
  for await (const { row } of states.list(container)) {
    if (row.name.startsWith(start)) found.push({ container, name: row.name });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
