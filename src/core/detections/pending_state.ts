import type { Timestamp } from '../kql/timestamp.ts';
import type { Detection, SinkDelivery } from './detection.ts';
import { isSevereEnough, isTaken, type ScopedDetection, type SinkScope } from './sink_scope.ts';

/** Whether a sink is still to receive the present revision of a detection, or why not. */
export type PendingState =
  | 'pending'
  | 'not-active'
  | 'undecided'
  | 'suppressed'
  | 'older-than-sink'
  | 'out-of-scope'
  | 'below-severity'
  | 'sent'
  | 'failed';

/** What a sink receives: what opens at `since` or later, within its scope. */
export interface SinkTerms extends SinkScope {
  readonly since: Timestamp;
}

/**
 * Whether the present revision of a detection is still to be sent to a sink. `withdrawn` counts as pending: before it was
 * sent, it was suppressed or resolved, or fell below the severity of the sink, and none of that holds now.
 */
export function pendingStateOf(
  detection: NotifiableDetection,
  delivery: SinkDelivery | undefined,
  terms: SinkTerms,
): PendingState {
  if (detection.state === 'resolved') return 'not-active';
  if (!detection.decision.isDecided) return 'undecided';
  if (detection.suppressedBy !== '') return 'suppressed';
  if (detection.episode < terms.since) return 'older-than-sink';
  if (!isTaken(detection, terms)) return 'out-of-scope';
  if (!isSevereEnough(detection.severity, terms)) return 'below-severity';
  if (delivery === undefined || !isOfThisRevision(detection, delivery)) return 'pending';
  return delivery.status === 'sent' || delivery.status === 'failed' ? delivery.status : 'pending';
}

/** What decides whether a detection is pending. */
export type NotifiableDetection = Pick<
  Detection,
  'state' | 'episode' | 'revision' | 'suppressedBy' | 'severity' | 'decision'
> &
  ScopedDetection;

/** Whether a delivery is about the detection as it is now, not an earlier change or episode of it. */
export function isOfThisRevision(
  detection: Pick<Detection, 'episode' | 'revision'>,
  delivery: Pick<SinkDelivery, 'episode' | 'revision'>,
): boolean {
  return delivery.episode === detection.episode && delivery.revision === detection.revision;
}
