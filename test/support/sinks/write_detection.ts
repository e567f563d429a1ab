import type { Detection, SinkDelivery } from '../../../src/core/detections/detection.ts';
import { outboxChangesOf } from '../../../src/notify/outbox_changes.ts';
import { pendingKeyOf } from '../../../src/storage/pending_id.ts';
import type { PendingNotification } from '../../../src/storage/ports/outbox.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';

type WriteStores = Pick<Stores, 'detections' | 'outbox' | 'sinks'>;

/** Writes a detection as the scorer does, with its rows of the outbox; for all sinks that are known, or those named. */
export async function writeDetection(
  stores: WriteStores,
  detection: Detection,
  names?: readonly string[],
): Promise<void> {
  const known = (await stores.sinks.list()).map(({ row }) => row);
  const sinks = names === undefined ? known : known.filter(({ name }) => names.includes(name));
  const found = await stores.detections.get(detection.groupId);
  const changes = outboxChangesOf(detection, found?.row.deliveries ?? {}, sinks);
  const written = found
    ? await stores.detections.update(detection, found.version, changes)
    : await stores.detections.insert(detection, changes);
  if (written === null) throw new Error('somebody else wrote the detection');
}

/** What is known of a detection at one sink: what its row says, and while it is pending what the outbox counts. */
export type KnownDelivery = SinkDelivery & Partial<Pick<PendingNotification, 'leasedAt' | 'nextTry'>>;

export async function deliveryOf(
  stores: Pick<Stores, 'detections' | 'outbox'>,
  id: string,
  sink = 'soar',
): Promise<KnownDelivery | undefined> {
  const row = (await stores.detections.get(id))?.row;
  const delivery = row?.deliveries[sink];
  if (!row || delivery?.status !== 'pending') return delivery;
  const pending = (await stores.outbox.get(pendingKeyOf(row.detection, sink, delivery)))?.row;
  if (pending === undefined) throw new Error(`${id} is pending, and the outbox has no row of it`);
  const { attempts, firstAt, answer, leasedAt, nextTry, digest } = pending;
  return { ...delivery, attempts, firstAt, answer, leasedAt, nextTry, ...(digest !== '' && { digest }) };
}
