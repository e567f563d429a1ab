import type { SinkDelivery } from '../core/detections/detection.ts';
import type { Verdict } from '../core/detections/verdict.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';

/** A delivery as it is shown: its instants are texts, as all others of a detection are. */
export interface DeliveryView extends Omit<SinkDelivery, 'firstAt' | 'at' | 'nextTry'> {
  readonly firstAt: Timestamp;
  readonly at: Timestamp;
  readonly nextTry?: Timestamp;
}

/** What an analyst said, as it is shown. */
export interface VerdictView extends Omit<Verdict, 'at'> {
  readonly at: Timestamp;
}

/** What was found beside what the scorer wrote: what became of its notifications, and what an analyst said. */
export interface NotificationView {
  readonly deliveries: Readonly<Record<string, DeliveryView>>;
  readonly verdict: VerdictView | null;
}

/** Of the row, as it is shown. */
export function notificationViewOf(row: {
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
}): NotificationView {
  const deliveries = Object.entries(row.deliveries).map(([sink, delivery]) => [sink, deliveryView(delivery)]);
  return { deliveries: Object.fromEntries(deliveries), verdict: dispositionView(row.verdict) };
}

function deliveryView({ firstAt, at, nextTry, ...rest }: SinkDelivery): DeliveryView {
  return {
    ...rest,
    firstAt: timestampFromMs(firstAt),
    at: timestampFromMs(at),
    ...(nextTry !== undefined && { nextTry: timestampFromMs(nextTry) }),
  };
}

function dispositionView(verdict: Verdict | null): VerdictView | null {
  return verdict && { ...verdict, at: timestampFromMs(verdict.at) };
}
