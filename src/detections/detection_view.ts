import type { SinkDelivery } from '../core/detections/detection.ts';
import type { Verdict } from '../core/detections/verdict.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import type { PendingNotification } from '../storage/ports/outbox.ts';

/** A delivery in an answer: its instants are texts, as all others of a detection. */
export interface DeliveryView extends Omit<SinkDelivery, 'firstAt' | 'at'> {
  /** Null before the first attempt. */
  readonly firstAt: Timestamp | null;
  readonly at: Timestamp;
  /** Of a pending one, as its row of the outbox says; absent for no wait. */
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

function deliveryView({ firstAt, at, ...rest }: SinkDelivery): DeliveryView {
  return { ...rest, firstAt: firstAt === null ? null : timestampFromMs(firstAt), at: timestampFromMs(at) };
}

/** A pending delivery, with the attempts that the row of the outbox counts. */
export function pendingDeliveryView(view: DeliveryView, row: PendingNotification): DeliveryView {
  const { attempts, firstAt, answer, nextTry, digest } = row;
  return {
    ...view,
    attempts,
    firstAt: firstAt === null ? null : timestampFromMs(firstAt),
    answer,
    ...(nextTry > 0 && { nextTry: timestampFromMs(nextTry) }),
    ...(digest !== '' && { digest }),
  };
}

function verdictView(verdict: Verdict | null): VerdictView | null {
  return verdict && { ...verdict, at: timestampFromMs(verdict.at) };
}
