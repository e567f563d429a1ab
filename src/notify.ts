import type { Delivery, Detection } from './core/detection.ts';
import { dueOf, isOfThisChange } from './core/due.ts';
import type { Timestamp } from './core/timestamp.ts';
import type { Clock, DetectionRow, Sink, SinkAnswer, SinkState, Stores, Versioned } from './ports.ts';

/** How a notification ended. */
export type NotifyEnd =
  | 'sent'
  /** The receiver said no for good, or has not said yes for a day. */
  | 'failed'
  /** Somebody else is sending it right now. */
  | 'held'
  /** There is nothing to tell (any more). */
  | 'not-due';

/** The receiver could not be reached, or asked for patience: to be tried again. Names the sink, never its address. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
}

/** A delivery that was claimed so long ago is nobody's any more. */
const CLAIM_MS = 2 * 60_000;
/** A change that could not be told for so long is given up. */
const PATIENCE_MS = 24 * 3_600_000;

/**
 * Tells one sink of the present change of one detection: claim, send, mark. A crash between sending and marking tells it
 * once more, with the same id; nothing is lost. Throws a NotifyError where another try is worth it.
 */
export async function notify(
  stores: Pick<Stores, 'detections' | 'sinks'>,
  sink: Sink,
  detectionId: string,
  clock: Clock,
): Promise<NotifyEnd> {
  const state = await stores.sinks.get(sink.name);
  if (state === null || state.disabledAt !== null) return 'not-due';
  const found = await stores.detections.get(detectionId);
  if (found === null) return 'not-due';
  const { detection, deliveries } = found.row;
  const before = deliveries[sink.name];
  if (dueOf(detection, before, state.since) !== 'due') return 'not-due';

  const now = clock();
  if (before !== undefined && isBeingSent(detection, before, now)) return 'held';
  const claim = claimOf(detection, before, now);
  const version = await stores.detections.mark(detectionId, sink.name, claim, found.version);
  // Whoever wrote the row meanwhile saw it due, or will: the next run does.
  if (version === null) throw new NotifyError(`${sink.name}: the detection changed while it was claimed`);

  const answer = await sink.tell(detection, now);
  const outcome = outcomeOf(claim, answer, clock());
  await mark(stores, detectionId, sink.name, claim, outcome, version);
  if (answer.kind === 'gone') await stores.sinks.put({ ...state, disabledAt: clock() });
  if (outcome.status === 'sending') throw new NotifyError(`${sink.name}: ${answer.answer}, to be tried again`);
  return outcome.status;
}

function isBeingSent(detection: Detection, delivery: Delivery, now: number): boolean {
  const isOpen = isOfThisChange(detection, delivery) && delivery.status === 'sending' && delivery.answer === '';
  return isOpen && now - delivery.at < CLAIM_MS;
}

function claimOf(detection: Detection, before: Delivery | undefined, now: number): Delivery {
  const { episode, change } = detection;
  const tried = before !== undefined && isOfThisChange(detection, before) ? before : { attempts: 0, firstAt: now };
  return {
    episode,
    change,
    status: 'sending',
    attempts: tried.attempts + 1,
    firstAt: tried.firstAt,
    at: now,
    answer: '',
  };
}

function outcomeOf(claim: Delivery, { kind, answer }: SinkAnswer, now: number): Delivery {
  const givenUp = kind !== 'passing' || now - claim.firstAt >= PATIENCE_MS;
  const status = kind === 'sent' ? 'sent' : givenUp ? 'failed' : 'sending';
  return { ...claim, status, at: now, answer };
}

/** Writes the outcome, also where the scorer wrote the row meanwhile; not where the claim is another's by now. */
async function mark(
  stores: Pick<Stores, 'detections'>,
  id: string,
  sink: string,
  claim: Delivery,
  outcome: Delivery,
  claimVersion: string,
): Promise<void> {
  let version: string | null = claimVersion;
  while ((await stores.detections.mark(id, sink, outcome, version)) === null) {
    const found: Versioned<DetectionRow> | null = await stores.detections.get(id);
    const present = found?.row.deliveries[sink];
    if (!found || present?.at !== claim.at || present.attempts !== claim.attempts) return;
    version = found.version;
  }
}

/** The states of the configured sinks, as of a run: a new one hears of what opens from this run on. */
export async function sinkStates(
  stores: Pick<Stores, 'sinks'>,
  sinks: readonly Sink[],
  asOf: Timestamp,
): Promise<SinkState[]> {
  const states: SinkState[] = [];
  for (const sink of sinks) {
    const settings = sink.fingerprint;
    const state = await stores.sinks.ensure({ name: sink.name, since: asOf, disabledAt: null, settings });
    if (state.settings === settings) {
      states.push(state);
      continue;
    }
    // Other settings: what said that it is gone may be there again.
    const woken = { ...state, settings, disabledAt: null };
    await stores.sinks.put(woken);
    states.push(woken);
  }
  return states;
}
