import type { Detection, SinkDelivery } from '../core/detections/detection.ts';
import { loggedNotificationId } from '../logging/correlation.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { sinkBackoffMs } from './backoff.ts';
import { pendingBatchOf } from './batching.ts';
import { type LeasedDetection, leaseAll, markAll } from './leases.ts';
import { isDeliveryLeased, LEASE_MS, type PendingNotification, pendingNotificationsOf } from './pending.ts';
import type { Sink, SinkAnswer } from './sink.ts';
import { SEND_MS } from './sink.ts';
import { changeSink } from './sink_states.ts';

/** The result of one batch of notifications to a sink, in numbers of detections. */
export interface NotifyResult {
  readonly sent: number;
  /** The receiver rejected them, or took none of the tries of a day. */
  readonly failed: number;
  /** The notifier tries them again. */
  readonly waiting: number;
  /** Another worker has the lease, or the detection changed since it was listed. */
  readonly leased: number;
  /** When the queue calls again (ms from now); null where the next scoring run does. */
  readonly againInMs: number | null;
  /** The first messages of the batch, for the log. */
  readonly messages: readonly SentMessage[];
}

/** One message of a batch. */
export interface SentMessage {
  /** Id of the notification, safe for the log: a detection, its episode and revision; or a digest. */
  readonly id: string;
  readonly detections: number;
  readonly end: End;
  /** An HTTP status or a code such as `timeout`; '' where nothing was sent. */
  readonly answer: string;
}

/** Messages of a batch that the log keeps. */
const MAX_LOGGED = 20;

export interface NotifyOptions {
  /** No message begins after this time (ms), so that other sinks get their turn. */
  readonly budgetMs?: number;
  /** Untried detections of one batch; the next batch goes on. */
  readonly mostUntried?: number;
  /** From 0 to below 1: the jitter of the pauses. */
  readonly random?: () => number;
}

type NotifyStores = Pick<Stores, 'detections' | 'sinks'>;

const BUDGET_MS = 30_000;
/** Pause of a sink after its budget: its queue messages end at once meanwhile, and other sinks get their turn. */
const TURN_MS = 5000;
/** A notification that was not delivered for so long fails. */
const GIVE_UP_MS = 24 * 3_600_000;
/** Attempts up to which the queue calls again when a lease expires, since its worker can have died. */
const QUICK_TRIES = 5;
/** Longer pauses are left to the hourly scoring run. */
const QUEUE_WAIT_MS = 15 * 60_000;

/**
 * Sends the pending notifications of one sink, a message at a time: lease, send, mark. A crash between sending and marking
 * repeats a message with the same id; nothing is lost. A transient failure ends the batch: the sink backs off, and delays
 * no other sink.
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
  const { pending, isCut } = await pendingBatchOf(stores.detections, sink.name, state.since, mostUntried);

  // The worker of a lease can have died. A notification that kills each worker is left to the hourly runs.
  const isLeasedElsewhere = pending.some(
    (each) => isDeliveryLeased(each, started) && (each.delivery?.attempts ?? 0) <= QUICK_TRIES,
  );
  let againInMs = isCut ? TURN_MS + 1000 : isLeasedElsewhere ? LEASE_MS : null;
  for (const notification of pendingNotificationsOf(pending, state.since, sink.digests, started)) {
    if (clock() - started >= budgetMs) {
      await pauseSink(stores, sink.name, clock() + TURN_MS);
      return { ...counts, againInMs: TURN_MS + 1000 };
    }
    const jitter = random();
    const { end, answer } = await deliver(stores, sink, state, notification, clock, jitter);
    const detections = notification.members.length;
    counts[end] += detections;
    if (messages.length < MAX_LOGGED)
      messages.push({ id: loggedNotificationId(notification.id), detections, end, answer: answer?.answer ?? '' });
    // The leases of a digest that was not sent expire then.
    if (end === 'leased' && notification.digest !== null) againInMs ??= LEASE_MS;
    if (answer === null) continue;
    const pauseMs = await recordAnswer(stores, sink, answer, clock, jitter);
    if (answer.kind === 'gone' || answer.kind === 'transient') return { ...counts, againInMs: backIn(answer, pauseMs) };
  }
  return { ...counts, againInMs };
}

/** When the queue calls a sink again that took nothing (ms); null where its settings, or a scoring run, wake it. */
function backIn({ kind }: SinkAnswer, pauseMs: number): number | null {
  return kind === 'transient' && pauseMs <= QUEUE_WAIT_MS ? pauseMs + 1000 : null;
}

/** Whether the sink is configured, enabled and not backing off. A later queue message, or the next run, calls it again. */
function isListening(state: SinkState, now: number): boolean {
  return state.absentSince === null && state.disabledAt === null && state.notBefore <= now;
}

async function pauseSink(stores: NotifyStores, name: string, until: number): Promise<void> {
  await changeSink(stores, name, (state) => ({ ...state, notBefore: Math.max(state.notBefore, until) }));
}

type End = 'sent' | 'failed' | 'waiting' | 'leased';

async function deliver(
  stores: NotifyStores,
  sink: Sink,
  state: SinkState,
  notification: PendingNotification,
  clock: Clock,
  jitter: number,
): Promise<{ end: End; answer: SinkAnswer | null }> {
  const leasedAt = clock();
  const listed = sink.digests?.listed ?? 1;
  const leased = await leaseAll(stores, sink.name, state.since, notification, listed, leasedAt);
  const now = clock();
  // A lease that could expire while the message is on its way is not used: two workers would send it.
  if (leased === null || now - leasedAt > LEASE_MS - 2 * SEND_MS) return { end: 'leased', answer: null };
  const answer = await sink.send(messageOf(notification, leased), now);
  const ends = new Set<SinkDelivery['status']>();
  await markAll(stores, sink.name, leased, (lease) => {
    const outcome = outcomeOf(lease, answer, clock(), jitter);
    ends.add(outcome.status);
    return outcome;
  });
  return { end: ends.has('sending') ? 'waiting' : ends.has('failed') ? 'failed' : 'sent', answer };
}

function messageOf({ id, members, digest }: PendingNotification, leased: readonly LeasedDetection[]) {
  const detections = leased.map(({ detection }) => detection).filter((each): each is Detection => each !== null);
  return { id, detections, more: members.length - detections.length, digest: digest !== null };
}

function outcomeOf(lease: SinkDelivery, answer: SinkAnswer, now: number, jitter: number): SinkDelivery {
  const { kind } = answer;
  const outcome = { ...lease, at: now, answer: answer.answer };
  if (kind === 'sent') return { ...outcome, status: 'sent' };
  // It stays pending until the sink is back, and has a day from then.
  if (kind === 'gone') return { ...outcome, attempts: 0 };
  if (kind !== 'transient' || now - lease.firstAt >= GIVE_UP_MS) return { ...outcome, status: 'failed' };
  return { ...outcome, nextTry: now + sinkBackoffMs(lease.attempts, answer.retryAfterMs ?? 0, jitter) };
}

/** Records what the answer says about the sink as a whole. Gives the time until the sink is called again (ms). */
async function recordAnswer(
  stores: NotifyStores,
  { name, fingerprint }: Sink,
  answer: SinkAnswer,
  clock: Clock,
  jitter: number,
): Promise<number> {
  const now = clock();
  const state = await changeSink(stores, name, (before) =>
    // Where a run has stored new settings by now, the old address is gone, not the sink.
    answer.kind === 'gone' && before.settings !== fingerprint ? before : stateAfter(before, answer, now, jitter),
  );
  return Math.max(0, (state?.notBefore ?? 0) - now);
}

/** The same object where the answer changes nothing. */
function stateAfter(state: SinkState, answer: SinkAnswer, now: number, jitter: number): SinkState {
  if (answer.kind === 'gone') return { ...state, disabledAt: now };
  if (answer.kind !== 'transient') return state.failures > 0 ? { ...state, failures: 0, notBefore: 0 } : state;
  // Messages that were sent in parallel when the sink failed count as one failure.
  const failures = state.notBefore > now ? state.failures : state.failures + 1;
  const pauseMs = sinkBackoffMs(failures, answer.retryAfterMs ?? 0, jitter);
  return { ...state, failures, notBefore: Math.max(now + pauseMs, state.notBefore) };
}
