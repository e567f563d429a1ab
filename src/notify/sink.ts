import type { Detection } from '../core/detections/detection.ts';
import type { SinkScope } from '../core/detections/sink_scope.ts';

/**
 * The outcome of one try. `answer` never names a URL: an HTTP status, `timeout`, or the system's code of the error. `detail`
 * is the beginning of the receiver's own text: hostile, only for the person who tests a sink, never logged or stored.
 */
export type SinkAnswer =
  | { readonly kind: 'sent'; readonly answer: string }
  /** Another try can succeed; the receiver may ask for a pause (ms). */
  | { readonly kind: 'transient'; readonly answer: string; readonly retryAfterMs?: number; readonly detail?: string }
  /** The receiver exists no more (410). */
  | { readonly kind: 'gone'; readonly answer: string; readonly detail?: string }
  /** Another try would fail in the same way. */
  | { readonly kind: 'permanent'; readonly answer: string; readonly detail?: string };

/** When detections go into one message, and how many. */
export interface DigestLimits {
  /** More pending detections than this go into digests; fewer are sent one by one. */
  readonly above: number;
  /** Detections of one message at most. */
  readonly atMost: number;
  /** Detections that the message lists, the first in order; the others are only counted. */
  readonly listed: number;
  /**
   * What the end of the baseline makes pending: `one` digest, however few or many they are, or a message for `each`. Absent:
   * as usual, since each message has every detection.
   */
  readonly baseline?: 'one' | 'each';
  /** How long the first detection waits for the others of its run (ms). */
  readonly waitMs: number;
}

/** One message to a sink: of one detection, or of several. */
export interface Notification {
  /** The same for each try. */
  readonly id: string;
  /** One, or those that a digest lists. */
  readonly detections: readonly Detection[];
  /** Number of detections of the digest that it does not list. */
  readonly more: number;
  readonly digest: boolean;
}

/** One configured destination of notifications. */
export interface Sink extends SinkScope {
  readonly name: string;
  /** Hash of its settings; reveals nothing of them. */
  readonly fingerprint: string;
  /** Null: it gets each detection in its own message. */
  readonly digests: DigestLimits | null;
  /** Tries once. Never throws, and takes at most `SEND_MS`. */
  send(notification: Notification, now: number): Promise<SinkAnswer>;
}

/** Time that a receiver has to answer (ms). */
export const SEND_MS = 15_000;
