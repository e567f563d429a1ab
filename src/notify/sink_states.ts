import { addMs, type Timestamp } from '../core/kql/timestamp.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Sink } from './sink.ts';

/** A sink as a scoring run sees it. */
export interface KnownSink extends SinkState {
  /** How long what it finds due waits for the rest of the run (ms). */
  readonly waitMs: number;
}

/** Whether a sink tells several together only its settings say: what is found due to it waits as if it did. */
const WAIT_MS = 60_000;
/** A sink that is back sooner was never away: somebody slipped, or two versions of the settings run side by side. */
const AWAY_MS = 24 * 3_600_000;

/** The sinks as the runs of the functions know them, for who has settings of its own. Reads only. */
export async function knownSinks({ sinks }: Pick<Stores, 'sinks'>): Promise<KnownSink[]> {
  const states = (await sinks.list()).map(({ row }) => row);
  return states.filter(({ absentSince }) => absentSince === null).map((row) => ({ ...row, waitMs: WAIT_MS }));
}

/**
 * The states of the configured sinks, as of a run: a new one hears of what opens from this run on, and so does one that
 * was missed for a day or longer. What is known and not configured is noted as absent, unless `areAll` says that some are
 * left out of the settings for a fault: they are told what they miss when they are mended.
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
    const meet = metBy(sink, asOf);
    const state = before && meet(before) === before ? before : await metAnew(stores, sink, asOf);
    states.push({ ...state, waitMs: sink.digests?.waitMs ?? 0 });
  }
  return states;
}

type Change = (state: SinkState) => SinkState;

function missedBy(asOf: Timestamp): Change {
  return (state) => (state.absentSince === null ? { ...state, absentSince: asOf } : state);
}

/** The same state where there is nothing new. */
function metBy(sink: Sink, asOf: Timestamp): Change {
  return (state) => {
    const { absentSince, since } = state;
    if (absentSince !== null && addMs(absentSince, AWAY_MS) <= asOf) return addedBy(sink, asOf);
    // Other settings: what said that it is gone, or did not answer, may be there again.
    if (state.settings !== sink.fingerprint) return addedBy(sink, since);
    return absentSince === null ? state : { ...state, absentSince: null };
  };
}

function addedBy({ name, fingerprint: settings }: Sink, since: Timestamp): SinkState {
  return { name, since, absentSince: null, disabledAt: null, settings, failures: 0, notBefore: 0 };
}

async function metAnew(stores: Pick<Stores, 'sinks'>, sink: Sink, asOf: Timestamp): Promise<SinkState> {
  const added = addedBy(sink, asOf);
  for (;;) {
    const state = await changeSink(stores, sink.name, metBy(sink, asOf));
    if (state !== null) return state;
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
  changed: Change,
): Promise<SinkState | null> {
  for (;;) {
    const found = await sinks.get(name);
    if (found === null) return null;
    const state = changed(found.row);
    if (state === found.row || (await sinks.replace(state, found.version)) !== null) return state;
  }
}
