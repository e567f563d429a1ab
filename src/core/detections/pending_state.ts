import type { Timestamp } from '../kql/timestamp.ts';
import type { Detection, SinkDelivery } from './detection.ts';

/** `pending`, or the reason why a sink is not to be notified of a detection's revision. */
export type PendingState = 'pending' | 'not-active' | 'suppressed' | 'older-than-sink' | 'sent' | 'failed';

/**
 * Whether a sink is still to be notified of a detection's current revision. The sink receives detections that opened at
 * `since` or later. The state is derived, never stored. A delivery with status `sending`, also an interrupted one, counts
 * as pending: the sender decides which it is.
 */
export function pendingStateOf(
  detection: NotifiableDetection,
  delivery: SinkDelivery | undefined,
  since: Timestamp,
): PendingState {
  if (detection.state === 'resolved') return 'not-active';
  if (detection.suppressedBy !== '') return 'suppressed';
  if (detection.episode < since) return 'older-than-sink';
  if (delivery === undefined || !isOfThisRevision(detection, delivery) || delivery.status === 'sending')
    return 'pending';
  return delivery.status;
}

/** The members that decide whether a sink is notified. */
export type NotifiableDetection = Pick<Detection, 'state' | 'episode' | 'revision' | 'suppressedBy'>;

/** Whether a delivery is for the current episode and revision. */
export function isOfThisRevision(detection: Pick<Detection, 'episode' | 'revision'>, delivery: SinkDelivery): boolean {
  return delivery.episode === detection.episode && delivery.revision === detection.revision;
}
