import type { SinkDelivery } from '../core/detections/detection.ts';
import type { Verdict } from '../core/detections/verdict.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';

/** A delivery in an answer: its instants are texts, as all others of a detection. */
export interface DeliveryView extends Omit<SinkDelivery, 'firstAt' | 'at' | 'nextTry'> {
  readonly firstAt: Timestamp;
  readonly at: Timestamp;
  readonly nextTry?: Timestamp;
}

/** A verdict in an answer. */
export interface VerdictView extends Omit<Verdict, 'at'> {
  readonly at: Timestamp;
}

/** The columns of a detection that the notifier and the analyst write. */
export interface NotificationView {
  readonly deliveries: Readonly<Record<string, DeliveryView>>;
  readonly verdict: VerdictView | null;
}

/** Reads these columns from a row. */
export function notificationViewOf(row: {
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
}): NotificationView {
  const deliveries = Object.entries(row.deliveries).map(([sink, delivery]) => [sink, deliveryView(delivery)]);
  return { deliveries: Object.fromEntries(deliveries), verdict: verdictView(row.verdict) };
}

function deliveryView({ firstAt, at, nextTry, ...rest }: SinkDelivery): DeliveryView {
  return {
    ...rest,
    firstAt: timestampFromMs(firstAt),
    at: timestampFromMs(at),
    ...(nextTry !== undefined && { nextTry: timestampFromMs(nextTry) }),
  };
}

function verdictView(verdict: Verdict | null): VerdictView | null {
  return verdict && { ...verdict, at: timestampFromMs(verdict.at) };
}
