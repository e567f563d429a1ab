import type { Timestamp } from '../kql/timestamp.ts';
import type { Detection, SinkDelivery } from './detection.ts';

/** Why a change of a detection is not to be told to a sink (any more), or that it is. */
export type PendingState = 'pending' | 'not-active' | 'suppressed' | 'older-than-sink' | 'sent' | 'failed';

/**
 * Whether the present change of a detection is still to be told to a sink that hears of what opens at `since` or later.
 * Derived, never stored. A delivery that is on its way, or stopped there, counts as pending: who sends finds out which.
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

/** What decides whether a detection is to be told. */
export type NotifiableDetection = Pick<Detection, 'state' | 'episode' | 'revision' | 'suppressedBy'>;

/** Whether a delivery is about the detection as it is now, not an earlier change or episode of it. */
export function isOfThisRevision(detection: Pick<Detection, 'episode' | 'revision'>, delivery: SinkDelivery): boolean {
  return delivery.episode === detection.episode && delivery.revision === detection.revision;
}
