import type { Timestamp } from './core/timestamp.ts';
import type { Sink, SinkState, Stores } from './ports.ts';

/** A sink as a scoring run sees it. */
export interface KnownSink extends SinkState {
  /** How long what it finds due waits for the rest of the run (ms). */
  readonly waitMs: number;
}

/** The states of the configured sinks, as of a run: a new one hears of what opens from this run on. */
export async function sinkStates(
  stores: Pick<Stores, 'sinks'>,
  sinks: readonly Sink[],
  asOf: Timestamp,
): Promise<KnownSink[]> {
  const states: KnownSink[] = [];
  for (const sink of sinks) {
    const settings = sink.fingerprint;
    const added = { name: sink.name, since: asOf, disabledAt: null, settings, failures: 0, notBefore: 0 };
    const state = await stores.sinks.ensure(added);
    // Other settings: what said that it is gone, or did not answer, may be there again.
    const woken = { ...state, settings, disabledAt: null, failures: 0, notBefore: 0 };
    if (state.settings !== settings) await stores.sinks.put(woken);
    states.push({ ...(state.settings === settings ? state : woken), waitMs: sink.together?.waitMs ?? 0 });
  }
  return states;
}
