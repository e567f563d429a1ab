import type { Timestamp } from '../kql/timestamp.ts';
import type { Detection, SinkDelivery } from './detection.ts';

/** Whether a sink is still to receive the present revision of a detection, or why not. */
export type PendingState = 'pending' | 'not-active' | 'suppressed' | 'older-than-sink' | 'sent' | 'failed';

/**
 * Whether the present revision of a detection is still to be sent to a sink that receives what opens at `since` or later.
 * `withdrawn` counts as pending: it was suppressed or resolved before it was sent, and is neither now.
 */
export function pendingStateOf(
  detection: NotifiableDetection,
  delivery: SinkDelivery | undefined,
  since: Timestamp,
): PendingState {
  if (detection.state === 'resolved') return 'not-active';
  if (detection.suppressedBy !== '') return 'suppressed';
  if (detection.episode < since) return 'older-than-sink';
  if (delivery === undefined || !isOfThisRevision(detection, delivery)) return 'pending';
  return delivery.status === 'sent' || delivery.status === 'failed' ? delivery.status : 'pending';
}

/** What decides whether a detection is pending. */
export type NotifiableDetection = Pick<Detection, 'state' | 'episode' | 'revision' | 'suppressedBy'>;

/** Whether a delivery is about the detection as it is now, not an earlier change or episode of it. */
export function isOfThisRevision(
  detection: Pick<Detection, 'episode' | 'revision'>,
  delivery: Pick<SinkDelivery, 'episode' | 'revision'>,
): boolean {
  return delivery.episode === detection.episode && delivery.revision === detection.revision;
}
