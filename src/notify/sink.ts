import type { Detection } from '../core/detections/detection.ts';

/** What came back, in a word that names no URL: an HTTP status, `timeout`, or the system's code for what failed. */
export type SinkAnswer =
  | { readonly kind: 'sent'; readonly answer: string }
  /** Worth another try, not before so many milliseconds where it says so. */
  | { readonly kind: 'passing'; readonly answer: string; readonly retryAfterMs?: number }
  /** The receiver wants nothing any more (410). */
  | { readonly kind: 'gone'; readonly answer: string }
  /** Another try would end the same way. */
  | { readonly kind: 'permanent'; readonly answer: string };

/** When and how many detections are told in one message. */
export interface DigestLimits {
  /** More than so many that are due go together; fewer each by itself. */
  readonly above: number;
  /** At most so many in one message. */
  readonly atMost: number;
  /** So many of them are shown, the first by average; the others are a number. */
  readonly shown: number;
  /** How long the first waits for the others of its run (ms). */
  readonly waitMs: number;
}

/** One message to a sink: of one detection, or of several. */
export interface Notification {
  /** The same for every try. */
  readonly id: string;
  /** As they are; one, or those of a digest that are shown. */
  readonly detections: readonly Detection[];
  /** Further detections of the digest. */
  readonly more: number;
  readonly digest: boolean;
}

/** One configured destination of notifications. */
export interface Sink {
  readonly name: string;
  /** Hash of its settings; tells nothing of them. */
  readonly fingerprint: string;
  /** Null: each detection by itself. */
  readonly digests: DigestLimits | null;
  /** Tells once. Never throws, and takes no longer than `SEND_MS`. */
  send(notification: Notification, now: number): Promise<SinkAnswer>;
}

/** What a receiver gets to answer in. */
export const SEND_MS = 15_000;
