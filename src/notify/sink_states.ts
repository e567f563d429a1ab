import type { Timestamp } from '../core/kql/timestamp.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Sink } from './sink.ts';

/** A sink as a scoring run knows it. */
export interface KnownSink extends SinkState {
  /** How long a pending notification waits for the others of the run (ms). */
  readonly waitMs: number;
}

/** For a caller without the settings of the sinks, which alone say whether a sink has digests. */
const WAIT_MS = 60_000;

/** All sinks that the scoring runs know. For callers with other settings. Reads only. */
export async function knownSinks({ sinks }: Pick<Stores, 'sinks'>): Promise<KnownSink[]> {
  return (await sinks.list()).map(({ row }) => ({ ...row, waitMs: WAIT_MS }));
}

/**
 * The states of the configured sinks for a run. A new sink receives detections that open from this run on. A sink that
 * comes back to the settings is known: it receives what is still active of all that opened since it was added.
 */
export async function sinkStates(
  stores: Pick<Stores, 'sinks'>,
  sinks: readonly Sink[],
  asOf: Timestamp,
): Promise<KnownSink[]> {
  const known = new Map((await stores.sinks.list()).map(({ row }) => [row.name, row]));
  const states: KnownSink[] = [];
  for (const sink of sinks) {
    const before = known.get(sink.name);
    const isSame = before?.settings === sink.fingerprint;
    const state = isSame ? before : await unlessBad(storedState(stores, sink, asOf));
    // Its row cannot be read: nothing is sent to it until somebody repairs the row, and the other sinks go on.
    if (state === BAD) continue;
    states.push({ ...state, waitMs: sink.digests?.waitMs ?? 0 });
  }
  return states;
}

type Change = (state: SinkState) => SinkState;

function addedBy(sink: Sink, since: Timestamp): SinkState {
  const { name, fingerprint: settings, minSeverity, sources, detectors } = sink;
  return {
    ...{ name, since, disabledAt: null, settings, failures: 0, notBefore: 0 },
    ...(minSeverity && { minSeverity }),
    ...(sources && { sources }),
    ...(detectors && { detectors }),
  };
}

async function storedState(stores: Pick<Stores, 'sinks'>, sink: Sink, asOf: Timestamp): Promise<SinkState> {
  const added = addedBy(sink, asOf);
  return await retryOnConflict('sink', async () => {
    const state = await changeSink(stores, sink.name, (before) =>
      // The settings changed: a sink that was gone, or did not answer, may work again.
      before.settings === sink.fingerprint ? before : addedBy(sink, before.since),
    );
    if (state !== null) return state;
    return (await stores.sinks.insert(added)) === null ? CONFLICT : added;
  });
}

/** Changes the state of a sink, which several workers write. Gives the state after it; null where the sink is unknown. */
export async function changeSink(
  { sinks }: Pick<Stores, 'sinks'>,
  name: string,
  changed: Change,
): Promise<SinkState | null> {
  return await retryOnConflict('sink', async () => {
    const found = await sinks.get(name);
    if (found === null) return null;
    const state = changed(found.row);
    if (state === found.row) return state;
    return (await sinks.replace(state, found.version)) === null ? CONFLICT : state;
  });
}
