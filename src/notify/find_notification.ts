import { notificationIdOf, type SinkDelivery } from '../core/detections/detection.ts';
import { loggedNotificationId } from '../logging/correlation.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { knownSinks } from './sink_states.ts';

/** What became of a notification at one sink. */
export interface FoundNotification {
  readonly sink: string;
  readonly detectionId: string;
  readonly status: SinkDelivery['status'];
  readonly attempts: number;
  /** Answer to the last attempt; '' before one. */
  readonly answer: string;
}

/** Of a digest, so many members at most. */
const MAX_FOUND = 1000;

/**
 * Finds a notification by its id: as a receiver has it, as the log has it (without the first eight digits), or of a digest.
 * Only the last revision of a detection at each sink is known. Reads the summary of every detection.
 */
export async function findNotification(
  stores: Pick<Stores, 'detections' | 'outbox' | 'sinks'>,
  id: string,
): Promise<readonly FoundNotification[]> {
  const sinks = (await knownSinks(stores)).map(({ name }) => name);
  if (id === '') return [];
  const isMeant = (notification: string, digest: string) =>
    notification === id || loggedNotificationId(notification) === id || digest === id;
  return [...(await pendingOnes(stores, sinks, isMeant)), ...(await endedOnes(stores, sinks, isMeant))].slice(
    0,
    MAX_FOUND,
  );
}

type IsMeant = (notification: string, digest: string) => boolean;

async function pendingOnes(
  { outbox }: Pick<Stores, 'outbox'>,
  sinks: readonly string[],
  isMeant: IsMeant,
): Promise<FoundNotification[]> {
  const found: FoundNotification[] = [];
  for (const sink of sinks) {
    for (const partition of PARTITIONS) {
      for await (const page of outbox.list(partition, sink)) {
        const meant = page.filter(({ row }) => isMeant(notificationIdOf(row), row.digest));
        for (const { row } of meant) {
          const { attempts, answer } = row;
          found.push({ sink, detectionId: row.groupId, status: 'pending', attempts, answer });
        }
      }
    }
  }
  return found;
}

async function endedOnes(
  { detections }: Pick<Stores, 'detections'>,
  sinks: readonly string[],
  isMeant: IsMeant,
): Promise<FoundNotification[]> {
  const found: FoundNotification[] = [];
  for await (const page of detections.summaries({}, sinks)) {
    for (const { detection, deliveries } of page) {
      for (const [sink, { episode, revision, status, attempts, answer, digest = '' }] of Object.entries(deliveries)) {
        if (status === 'pending' || !isMeant(notificationIdOf({ ...detection, episode, revision }), digest)) continue;
        found.push({ sink, detectionId: detection.groupId, status, attempts, answer });
      }
    }
  }
  return found;
}
