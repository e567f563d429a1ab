import { compareText } from '../core/text/compare_text.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { ExportStates } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { REPLACED, readAgain, replayed } from './export_state.ts';

/**
 * Schedules an export to be read again from its first byte, with the same segments and rows. False where nothing was read
 * from it. A worker that reads it now loses its lease and starts again.
 *
 * `force` also reads an export that was replaced after its raw events had been counted, as a new export. Events that the
 * old and the new content share then count twice. It has no effect on other exports.
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

/** The exports of a container that have a state and whose names start with `name`, in order of name. */
export async function readUnder(states: ExportStates, { container, name: prefix }: ExportRef): Promise<ExportRef[]> {
  const found: ExportRef[] = [];
  for await (const { row } of states.list(container)) {
    if (row.name.startsWith(prefix)) found.push({ container, name: row.name });
  }
  return found.sort((a, b) => compareText(a.name, b.name));
}
