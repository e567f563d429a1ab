import type { Timestamp } from './core/timestamp.ts';
import type { Sink, SinkState, Stores } from './ports.ts';

/** A sink as a scoring run sees it. */
export interface KnownSink extends SinkState {
  /** How long what it finds due waits for the rest of the run (ms). */
  readonly waitMs: number;
}

/** Whether a sink tells several together only its settings say: what is found due to it waits as if it did. */
const WAIT_MS = 60_000;

/** The sinks as the runs of the functions know them, for a run with settings of its own. Reads only. */
export async function knownSinks({ sinks }: Pick<Stores, 'sinks'>): Promise<KnownSink[]> {
  return (await sinks.list()).map(({ row }) => ({ ...row, waitMs: WAIT_MS }));
}

/** The states of the configured sinks, as of a run: a new one hears of what opens from this run on. */
export async function sinkStates(
  stores: Pick<Stores, 'sinks'>,
  sinks: readonly Sink[],
  asOf: Timestamp,
): Promise<KnownSink[]> {
  const states: KnownSink[] = [];
  for (const sink of sinks) {
    const state = await met(stores, sink, asOf);
    states.push({ ...state, waitMs: sink.together?.waitMs ?? 0 });
  }
  return states;
}

async function met(stores: Pick<Stores, 'sinks'>, sink: Sink, asOf: Timestamp): Promise<SinkState> {
  const { name, fingerprint: settings } = sink;
  const added = { name, since: asOf, disabledAt: null, settings, failures: 0, notBefore: 0 };
  for (;;) {
    // Other settings: what said that it is gone, or did not answer, may be there again.
    const known = await changeSink(stores, name, (state) =>
      state.settings === settings ? state : { ...added, since: state.since },
    );
    if (known !== null) return known;
    if ((await stores.sinks.insert(added)) !== null) return added;
  }
}

/**
 * Changes what is known of a sink: several workers write it, so the change is made of what stands there by then. The
 * state after it; null where nothing is known of it.
 */
export async function changeSink(
  { sinks }: Pick<Stores, 'sinks'>,
  name: string,
  changed: (state: SinkState) => SinkState,
): Promise<SinkState | null> {
  for (;;) {
    const found = await sinks.get(name);
    if (found === null) return null;
    const state = changed(found.row);
    if (state === found.row || (await sinks.replace(state, found.version)) !== null) return state;
  }
}
