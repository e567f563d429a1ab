import type { Delivery } from '../core/detections/detection.ts';
import type { Disposition } from '../core/detections/verdict.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';

/** A delivery as it is shown: its instants are texts, as all others of a detection are. */
export interface DeliveryView extends Omit<Delivery, 'firstAt' | 'at' | 'nextTry'> {
  readonly firstAt: Timestamp;
  readonly at: Timestamp;
  readonly nextTry?: Timestamp;
}

/** What an analyst said, as it is shown. */
export interface DispositionView extends Omit<Disposition, 'at'> {
  readonly at: Timestamp;
}

/** What was found beside what the scorer wrote: what became of its notifications, and what an analyst said. */
export interface ToldView {
  readonly deliveries: Readonly<Record<string, DeliveryView>>;
  readonly disposition: DispositionView | null;
}

/** Of the row, as it is shown. */
export function toldOf(row: {
  readonly deliveries: Readonly<Record<string, Delivery>>;
  readonly disposition: Disposition | null;
}): ToldView {
  const deliveries = Object.entries(row.deliveries).map(([sink, delivery]) => [sink, deliveryView(delivery)]);
  return { deliveries: Object.fromEntries(deliveries), disposition: dispositionView(row.disposition) };
}

function deliveryView({ firstAt, at, nextTry, ...rest }: Delivery): DeliveryView {
  return {
    ...rest,
    firstAt: timestampFromMs(firstAt),
    at: timestampFromMs(at),
    ...(nextTry !== undefined && { nextTry: timestampFromMs(nextTry) }),
  };
}

function dispositionView(disposition: Disposition | null): DispositionView | null {
  return disposition && { ...disposition, at: timestampFromMs(disposition.at) };
}
