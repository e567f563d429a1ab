import { type NeighbourKey, type NeighboursOf, neighboursIn } from '../core/detections/neighbours.ts';
import type { RowPosition } from '../storage/ports/detections.ts';
import { StoreError } from '../storage/ports/store_error.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Notification } from './sink.ts';

/** Rows of a request, and the most requests: of more open detections no neighbours are named. */
const PAGE = 1000;
const MOST_REQUESTS = 5;

/**
 * Reads the names of all open detections, once for many messages. null where there are too many, or where they cannot be
 * read: a message goes without its neighbours rather than late.
 */
export async function openNeighbours({ detections }: Pick<Stores, 'detections'>): Promise<NeighboursOf | null> {
  const open: NeighbourKey[] = [];
  let from: RowPosition | null = null;
  try {
    for (let request = 0; request < MOST_REQUESTS; request++) {
      const page = await detections.summaryPage({ state: 'active', suppressed: false }, [], PAGE, from);
      if (page === null) return null;
      for (const { detection } of page.rows) open.push(keyOf(detection));
      if (page.next === null) return neighboursIn(open);
      from = page.next;
    }
    return null;
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/** Without what a page of names does not need: thousands are held. */
function keyOf({ groupId, DeviceName, InitiatingProcessFileName, RemoteIP, severity }: NeighbourKey): NeighbourKey {
  return { groupId, DeviceName, InitiatingProcessFileName, RemoteIP, severity };
}

/** The notification of one detection with its neighbours. A digest has a line each, and no room for them. */
export function withNeighbours(notification: Notification, neighboursOf: NeighboursOf | null): Notification {
  if (notification.digest || neighboursOf === null) return notification;
  const detections = notification.detections.map((each) => ({ ...each, neighbours: neighboursOf(each) }));
  return { ...notification, detections };
}
