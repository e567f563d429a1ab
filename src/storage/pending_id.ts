import { type Detection, notificationIdOf, SEVERITIES, type SinkDelivery } from '../core/detections/detection.ts';
import type { PendingKey } from './ports/outbox.ts';

/** Sorts behind all detections of the partition, whose ids begin with a hex digit. */
const PREFIX = 'pending|';

/**
 * `pending|<sink>|<rank>|<id of the notification>`: the id of a row of the outbox, and its RowKey. The rank is 0 for the
 * highest severity. A new revision is another row, so that who was slow with the one before cannot remove it.
 */
export function pendingIdOf(key: PendingKey): string {
  const rank = SEVERITIES.length - 1 - SEVERITIES.indexOf(key.severity);
  return `${PREFIX}${key.sink}|${rank}|${notificationIdOf(key)}`;
}

/** Names the row that a pending delivery speaks of. */
export function pendingKeyOf(
  { groupId }: Pick<Detection, 'groupId'>,
  sink: string,
  { episode, revision, severity }: Pick<SinkDelivery, 'episode' | 'revision' | 'severity'>,
): PendingKey {
  return { sink, groupId, episode, revision, severity };
}

/** A half-open span of RowKeys. */
export interface KeySpan {
  readonly from: string;
  readonly to: string;
}

/** Of detections. */
export const DETECTION_KEYS: KeySpan = { from: '0', to: 'g' };

/** Of the rows of one sink, or of all. A sink's name is letters, digits and `_`, so none is the beginning of another. */
export function pendingKeys(sink?: string): KeySpan {
  const from = sink === undefined ? PREFIX : `${PREFIX}${sink}|`;
  // `}` comes next to `|`.
  return { from, to: `${from.slice(0, -1)}}` };
}
