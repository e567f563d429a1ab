import type { SinkState } from '../../../src/storage/ports/sink_states.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';

/** What is known of a sink. */
export async function stateOf(stores: Pick<Stores, 'sinks'>, name: string): Promise<SinkState | null> {
  return (await stores.sinks.get(name))?.row ?? null;
}

/** Writes it, whatever is known. */
export async function putState(stores: Pick<Stores, 'sinks'>, state: SinkState): Promise<void> {
  const found = await stores.sinks.get(state.name);
  if (found === null) await stores.sinks.insert(state);
  else await stores.sinks.replace(state, found.version);
}
