import { addMs, type Timestamp } from '../core/kql/timestamp.ts';
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
/** A shorter absence does not count: a mistake in the settings, or two versions of them at once. */
const AWAY_MS = 24 * 3_600_000;

/** The sinks that the scoring runs know and that are not absent. For callers with other settings. Reads only. */
export async function knownSinks({ sinks }: Pick<Stores, 'sinks'>): Promise<KnownSink[]> {
  const states = (await sinks.list()).map(({ row }) => row);
  return states.filter(({ absentSince }) => absentSince === null).map((row) => ({ ...row, waitMs: WAIT_MS }));
}

/**
 * The states of the configured sinks for a run. A new sink receives detections that open from this run on, and so does a
 * sink that was absent for a day or longer. A known sink that is not configured is marked as absent; not so where `areAll`
 * is false, since sinks with invalid settings are skipped: they receive what is pending once the settings are fixed.
 */
export async function sinkStates(
  stores: Pick<Stores, 'sinks'>,
  sinks: readonly Sink[],
  asOf: Timestamp,
  areAll = true,
): Promise<KnownSink[]> {
  const known = new Map((await stores.sinks.list()).map(({ row }) => [row.name, row]));
  const isMissed = ({ name, absentSince }: SinkState) =>
    absentSince === null && sinks.every((sink) => sink.name !== name);
  const missed = areAll ? [...known.values()].filter(isMissed) : [];
  for (const { name } of missed) await changeSink(stores, name, missedBy(asOf));
  const states: KnownSink[] = [];
  for (const sink of sinks) {
    const before = known.get(sink.name);
    const updated = updatedBy(sink, asOf);
    const state = before && updated(before) === before ? before : await storedState(stores, sink, asOf);
    states.push({ ...state, waitMs: sink.digests?.waitMs ?? 0 });
  }
  return states;
}

type Change = (state: SinkState) => SinkState;

function missedBy(asOf: Timestamp): Change {
  return (state) => (state.absentSince === null ? { ...state, absentSince: asOf } : state);
}

/** The same object where nothing changed. */
function updatedBy(sink: Sink, asOf: Timestamp): Change {
  return (state) => {
    const { absentSince, since } = state;
    if (absentSince !== null && addMs(absentSince, AWAY_MS) <= asOf) return addedBy(sink, asOf);
    // The settings changed: a sink that was gone, or did not answer, may work again.
    if (state.settings !== sink.fingerprint) return addedBy(sink, since);
    return absentSince === null ? state : { ...state, absentSince: null };
  };
}

function addedBy({ name, fingerprint: settings }: Sink, since: Timestamp): SinkState {
  return { name, since, absentSince: null, disabledAt: null, settings, failures: 0, notBefore: 0 };
}

async function storedState(stores: Pick<Stores, 'sinks'>, sink: Sink, asOf: Timestamp): Promise<SinkState> {
  const added = addedBy(sink, asOf);
  return await retryOnConflict('sink', async () => {
    const state = await changeSink(stores, sink.name, updatedBy(sink, asOf));
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
