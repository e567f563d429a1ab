import type { Detection, SinkDelivery } from '../core/detections/detection.ts';
import { loggedNotificationId } from '../logging/correlation.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { backoffMs } from './backoff.ts';
import { pendingBatchOf } from './batching.ts';
import { type LeasedDetection, leaseAll, markAll } from './leases.ts';
import { isDeliveryLeased, LEASE_MS, type PendingNotification, pendingNotificationsOf } from './pending.ts';
import type { Sink, SinkAnswer } from './sink.ts';
import { SEND_MS } from './sink.ts';
import { changeSink } from './sink_states.ts';

/** How a round of telling ended, by the number of detections. */
export interface NotifyResult {
  readonly sent: number;
  /** The receiver said no for good, or has not said yes for a day. */
  readonly failed: number;
  /** To be tried again. */
  readonly waiting: number;
  /** In other hands, or not as they were when they were listed. */
  readonly leased: number;
  /** When to look again (ms from now); null where the next run does. */
  readonly againInMs: number | null;
  /** The first messages of the round, for the log. */
  readonly messages: readonly SentMessage[];
}

/** One message of a round. */
export interface SentMessage {
  /** Of the notification, as the log may have it: a detection, its episode and its change; or of a digest. */
  readonly id: string;
  readonly detections: number;
  readonly end: End;
  /** What came back; '' where nothing was sent. */
  readonly answer: string;
}

/** The log keeps so many of a round. */
const MAX_LOGGED = 20;

export interface NotifyOptions {
  /** No message is begun after so long: other sinks want their turn. */
  readonly budgetMs?: number;
  /** So many that were never tried are told in one round; the next one goes on. */
  readonly mostUntried?: number;
  /** From 0 to below 1: spreads the tries. */
  readonly random?: () => number;
}

type NotifyStores = Pick<Stores, 'detections' | 'sinks'>;

const BUDGET_MS = 30_000;
/** Then a sink rests for so long: its other messages end at once meanwhile, and those of other sinks come up. */
const TURN_MS = 5000;
/** A change that could not be told for so long is given up. */
const PATIENCE_MS = 24 * 3_600_000;
/** A claim whose owner can have died is looked at again by the queue so often. */
const QUICK_TRIES = 5;
/** What is to wait for longer than this, the hourly run brings back. */
const QUEUE_WAIT_MS = 15 * 60_000;

/**
 * Tells one sink of all that is due to it: claim, send, mark, a message at a time. A crash between sending and marking
 * tells it once more, with the same id; nothing is lost. A message that the sink does not take now ends the round: the
 * sink is left alone for a while, and holds nobody up.
 */
export async function notify(
  stores: NotifyStores,
  sink: Sink,
  clock: Clock,
  { budgetMs = BUDGET_MS, mostUntried, random = Math.random }: NotifyOptions = {},
): Promise<NotifyResult> {
  const started = clock();
  const messages: SentMessage[] = [];
  const counts = { sent: 0, failed: 0, waiting: 0, leased: 0, messages };
  const known = await stores.sinks.get(sink.name);
  if (known === null || !isListening(known.row, started)) return { ...counts, againInMs: null };
  const state = known.row;
  const { pending: outgoing, isCut } = await pendingBatchOf(stores.detections, sink.name, state.since, mostUntried);

  // Who has claimed it can have died: it is free again then. What kills whoever takes it, the hourly runs bring back.
  const isClaimedElsewhere = outgoing.some(
    (each) => isDeliveryLeased(each, started) && (each.delivery?.attempts ?? 0) <= QUICK_TRIES,
  );
  let againInMs = isCut ? TURN_MS + 1000 : isClaimedElsewhere ? LEASE_MS : null;
  for (const telling of pendingNotificationsOf(outgoing, state.since, sink.digests, started)) {
    if (clock() - started >= budgetMs) {
      await rest(stores, sink.name, clock() + TURN_MS);
      return { ...counts, againInMs: TURN_MS + 1000 };
    }
    const spread = random();
    const { end, answer } = await deliver(stores, sink, state, telling, clock, spread);
    const detections = telling.members.length;
    counts[end] += detections;
    if (messages.length < MAX_LOGGED)
      messages.push({ id: loggedNotificationId(telling.id), detections, end, answer: answer?.answer ?? '' });
    // What was claimed of a digest that did not come about is free again then.
    if (end === 'leased' && telling.digest !== null) againInMs ??= LEASE_MS;
    if (answer === null) continue;
    const pauseMs = await settle(stores, sink, answer, clock, spread);
    if (answer.kind === 'gone' || answer.kind === 'passing') return { ...counts, againInMs: backIn(answer, pauseMs) };
  }
  return { ...counts, againInMs };
}

/** When the queue brings a sink back that took nothing (ms); null where its settings, or a run, do. */
function backIn({ kind }: SinkAnswer, pauseMs: number): number | null {
  return kind === 'passing' && pauseMs <= QUEUE_WAIT_MS ? pauseMs + 1000 : null;
}

/** Who made it rest comes back after that; where it was missed in the settings, the next run meets it again. */
function isListening(state: SinkState, now: number): boolean {
  return state.absentSince === null && state.disabledAt === null && state.notBefore <= now;
}

async function rest(stores: NotifyStores, name: string, until: number): Promise<void> {
  await changeSink(stores, name, (state) => ({ ...state, notBefore: Math.max(state.notBefore, until) }));
}

type End = 'sent' | 'failed' | 'waiting' | 'leased';

async function deliver(
  stores: NotifyStores,
  sink: Sink,
  state: SinkState,
  telling: PendingNotification,
  clock: Clock,
  spread: number,
): Promise<{ end: End; answer: SinkAnswer | null }> {
  const leasedAt = clock();
  const shown = sink.digests?.shown ?? 1;
  const claimed = await leaseAll(stores, sink.name, state.since, telling, shown, leasedAt);
  const now = clock();
  // A claim that could end while the message is on its way is not used: it would be told by two.
  if (claimed === null || now - leasedAt > LEASE_MS - 2 * SEND_MS) return { end: 'leased', answer: null };
  const answer = await sink.send(notificationOf(telling, claimed), now);
  const ends = new Set<SinkDelivery['status']>();
  await markAll(stores, sink.name, claimed, (claim) => {
    const outcome = outcomeOf(claim, answer, clock(), spread);
    ends.add(outcome.status);
    return outcome;
  });
  return { end: ends.has('sending') ? 'waiting' : ends.has('failed') ? 'failed' : 'sent', answer };
}

function notificationOf({ id, members, digest }: PendingNotification, claimed: readonly LeasedDetection[]) {
  const detections = claimed.map(({ detection }) => detection).filter((each): each is Detection => each !== null);
  return { id, detections, more: members.length - detections.length, digest: digest !== null };
}

function outcomeOf(claim: SinkDelivery, answer: SinkAnswer, now: number, spread: number): SinkDelivery {
  const { kind } = answer;
  const outcome = { ...claim, at: now, answer: answer.answer };
  if (kind === 'sent') return { ...outcome, status: 'sent' };
  // It is told when the sink is back, as all else is that is due to it, and has its day then.
  if (kind === 'gone') return { ...outcome, attempts: 0 };
  if (kind !== 'passing' || now - claim.firstAt >= PATIENCE_MS) return { ...outcome, status: 'failed' };
  return { ...outcome, nextTry: now + backoffMs(claim.attempts, answer.retryAfterMs ?? 0, spread) };
}

/** Keeps what the answer says of the sink as a whole. How long it is left alone (ms). */
async function settle(
  stores: NotifyStores,
  { name, fingerprint }: Sink,
  answer: SinkAnswer,
  clock: Clock,
  spread: number,
): Promise<number> {
  const now = clock();
  const state = await changeSink(stores, name, (before) =>
    // It is the old address that is gone, where a run has met new settings by now.
    answer.kind === 'gone' && before.settings !== fingerprint ? before : settled(before, answer, now, spread),
  );
  return Math.max(0, (state?.notBefore ?? 0) - now);
}

/** The same state where the answer says nothing new. */
function settled(state: SinkState, answer: SinkAnswer, now: number, spread: number): SinkState {
  if (answer.kind === 'gone') return { ...state, disabledAt: now };
  if (answer.kind !== 'passing') return state.failures > 0 ? { ...state, failures: 0, notBefore: 0 } : state;
  // Several were on their way when it fell silent: one failure, not one for each.
  const failures = state.notBefore > now ? state.failures : state.failures + 1;
  const pauseMs = backoffMs(failures, answer.retryAfterMs ?? 0, spread);
  return { ...state, failures, notBefore: Math.max(now + pauseMs, state.notBefore) };
}
