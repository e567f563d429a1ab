import type { Delivery, Detection } from './detection.ts';
import type { Timestamp } from '../kql/timestamp.ts';

/** Why a change of a detection is not to be told to a sink (any more), or that it is. */
export type Due = 'due' | 'not-live' | 'suppressed' | 'older-than-sink' | 'sent' | 'failed';

/**
 * Whether the present change of a detection is still to be told to a sink that hears of what opens at `since` or later.
 * Derived, never stored. A delivery that is on its way, or stopped there, counts as due: who sends finds out which.
 */
export function dueOf(detection: Tellable, delivery: Delivery | undefined, since: Timestamp): Due {
  if (detection.state === 'resolved') return 'not-live';
  if (detection.suppressedBy !== '') return 'suppressed';
  if (detection.episode < since) return 'older-than-sink';
  if (delivery === undefined || !isOfThisChange(detection, delivery) || delivery.status === 'sending') return 'due';
  return delivery.status;
}

/** What decides whether a detection is to be told. */
export type Tellable = Pick<Detection, 'state' | 'episode' | 'change' | 'suppressedBy'>;

/** Whether a delivery is about the detection as it is now, not an earlier change or episode of it. */
export function isOfThisChange(detection: Pick<Detection, 'episode' | 'change'>, delivery: Delivery): boolean {
  return delivery.episode === detection.episode && delivery.change === detection.change;
}
