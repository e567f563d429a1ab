import type { NeighboursOf } from '../core/detections/neighbours.ts';
import { loggedNotificationId } from '../logging/correlation.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { sinkBackoffMs } from './backoff.ts';
import { LEASE_MS, pendingBatchOf } from './batching.ts';
import { type Delivered, deliver } from './deliver.ts';
import { openNeighbours } from './open_neighbours.ts';
import { inParallel } from './parallel.ts';
import { type PendingMessage, pendingMessagesOf } from './pending_messages.ts';
import type { Sink, SinkAnswer } from './sink.ts';
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

type End = 'sent' | 'failed' | 'waiting' | 'leased';

/** Messages of a batch that the log keeps. */
const MAX_LOGGED = 20;

export interface NotifyOptions {
  /** No message but the first begins after this time (ms), so that other sinks get their turn. */
  readonly budgetMs?: number;
  /** Untried notifications of one batch; the next batch goes on. */
  readonly mostUntried?: number;
  /** From 0 to below 1: the jitter of the pauses. */
  readonly random?: () => number;
}

type NotifyStores = Pick<Stores, 'detections' | 'outbox' | 'sinks'>;

const BUDGET_MS = 30_000;
/** Pause of a sink after its budget: its queue messages end at once meanwhile, and other sinks get their turn. */
const TURN_MS = 5000;
/** Longer pauses are left to the hourly scoring run. */
const QUEUE_WAIT_MS = 15 * 60_000;
/** Messages on their way to a sink, once it has answered one; a digest goes alone. */
const MESSAGES_AT_ONCE = 16;

/**
 * Sends the pending notifications of one sink: lease, send, record the answer. A crash between sending and recording
 * repeats a message with the same id; nothing is lost. A transient failure ends the batch: the sink backs off, and delays
 * no other sink. At least one message is sent, however long the listing took.
 */
export async function notify(
  stores: NotifyStores,
  sink: Sink,
  clock: Clock,
  { budgetMs = BUDGET_MS, mostUntried, random = Math.random }: NotifyOptions = {},
): Promise<NotifyResult> {
  const found = await unlessBad(stores.sinks.get(sink.name));
  // Without its state nothing is sent: the sink may be gone, or back off. `health` names a row that cannot be read.
  const state = found === BAD ? undefined : found?.row;
  if (state === undefined || !isListening(state, clock())) return new Tally().result(null);
  const batch = await pendingBatchOf(stores.outbox, sink.name, clock(), mostUntried);
  // The worker of a lease can have died.
  const againInMs = batch.isCut ? TURN_MS + 1000 : batch.isLeasedElsewhere ? LEASE_MS : null;
  const run = new Batch(stores, sink, state, clock, random, clock() + budgetMs);
  for (const messages of sequencesOf(pendingMessagesOf(batch, sink.digests))) await run.sendAll(messages);
  return await run.end(againInMs);
}

/** Whether the sink is enabled and not backing off. A later queue message, or the next run, calls it again. */
function isListening(state: SinkState, now: number): boolean {
  return state.disabledAt === null && state.notBefore <= now;
}

/** Messages in order, those of one detection together where they follow each other: they can be sent in parallel. */
function sequencesOf(messages: readonly PendingMessage[]): PendingMessage[][] {
  const sequences: PendingMessage[][] = [];
  for (const message of messages) {
    const last = sequences.at(-1);
    if (last?.[0] && !message.digest && !last[0].digest) last.push(message);
    else sequences.push([message]);
  }
  return sequences;
}

class Tally {
  readonly counts = { sent: 0, failed: 0, waiting: 0, leased: 0 };
  readonly messages: SentMessage[] = [];

  add(id: string, detections: number, { answer, sent, failed, waiting, leased }: Delivered): void {
    this.counts.sent += sent;
    this.counts.failed += failed;
    this.counts.waiting += waiting;
    this.counts.leased += leased;
    const end = waiting > 0 ? 'waiting' : failed > 0 ? 'failed' : sent > 0 ? 'sent' : 'leased';
    if (this.messages.length >= MAX_LOGGED) return;
    this.messages.push({ id: loggedNotificationId(id), detections, end, answer: answer?.answer ?? '' });
  }

  result(againInMs: number | null): NotifyResult {
    return { ...this.counts, againInMs, messages: this.messages };
  }
}

/** One batch of notifications to one sink. */
class Batch {
  readonly #stores: NotifyStores;
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #endsAt: number;
  readonly #tally = new Tally();
  /** Whether the state of the sink has failures that an accepted message ends. */
  #hasFailures: boolean;
  /** The sink has answered, and no answer has ended the batch. */
  #hasAnswered = false;
  #begun = 0;
  /** Of all messages of the batch; null before the first. */
  #neighbours: Promise<NeighboursOf | null> | null = null;
  #isOverBudget = false;
  #hasConflict = false;
  /** When the queue calls again, where an answer ended the batch. */
  #endedBy: { readonly againInMs: number | null } | null = null;

  constructor(stores: NotifyStores, sink: Sink, state: SinkState, clock: Clock, random: () => number, endsAt: number) {
    this.#stores = stores;
    this.#sink = sink;
    this.#clock = clock;
    this.#random = random;
    this.#endsAt = endsAt;
    this.#hasFailures = state.failures > 0;
  }

  /** One after the other until the sink has answered, so that one that does not answer costs one message. */
  async sendAll(messages: readonly PendingMessage[]): Promise<void> {
    let first = 0;
    while (!this.#hasAnswered && first < messages.length) await this.#send(messages[first++] as PendingMessage);
    await inParallel(messages.slice(first), MESSAGES_AT_ONCE, (message) => this.#send(message));
  }

  async end(againInMs: number | null): Promise<NotifyResult> {
    if (this.#endedBy !== null) return this.#tally.result(this.#endedBy.againInMs);
    if (this.#isOverBudget) {
      const until = this.#clock() + TURN_MS;
      const waits = (state: SinkState) => ({ ...state, notBefore: Math.max(state.notBefore, until) });
      await unlessBad(changeSink(this.#stores, this.#sink.name, waits));
    }
    const isSoon = this.#isOverBudget || this.#hasConflict;
    return this.#tally.result(isSoon ? TURN_MS + 1000 : againInMs);
  }

  async #send(message: PendingMessage): Promise<void> {
    if (this.#endedBy !== null || this.#isOverBudget) return;
    if (this.#begun > 0 && this.#clock() >= this.#endsAt) {
      this.#isOverBudget = true;
      return;
    }
    this.#begun++;
    const jitter = this.#random();
    const neighbours = () => (this.#neighbours ??= openNeighbours(this.#stores));
    const delivered = await deliver(this.#stores, this.#sink, message, this.#clock, jitter, neighbours);
    this.#tally.add(message.id, message.members.length, delivered);
    if (delivered.answer !== null) await this.#take(delivered.answer, jitter);
    // What was leased of a digest is free again.
    else if (message.digest) this.#hasConflict = true;
  }

  /** Records what the answer says about the sink as a whole. */
  async #take(answer: SinkAnswer, jitter: number): Promise<void> {
    const { kind } = answer;
    this.#hasAnswered = true;
    if (kind === 'sent' || kind === 'permanent') {
      if (!this.#hasFailures) return;
      this.#hasFailures = false;
    } else this.#endedBy ??= { againInMs: null };
    const now = this.#clock();
    const { name, fingerprint } = this.#sink;
    const change = (before: SinkState) =>
      // Where a run has stored new settings by now, the old address is gone, not the sink.
      kind === 'gone' && before.settings !== fingerprint ? before : stateAfter(before, answer, now, jitter);
    const state = await unlessBad(changeSink(this.#stores, name, change));
    const pauseMs = state === BAD ? 0 : Math.max(0, (state?.notBefore ?? 0) - now);
    if (kind === 'transient' && pauseMs <= QUEUE_WAIT_MS) this.#endedBy = { againInMs: pauseMs + 1000 };
  }
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
