import { isTimestamp } from '../core/kql/timestamp.ts';
import { sha256 } from '../storage/keys.ts';

/** What a log line may call the things it is about: ids that say nothing of the telemetry's content. */
export interface Ids {
  /** RowKey of the export in the table `Exports`. */
  readonly exportId?: string;
  readonly partition?: string;
  /** End of the window that is scored. */
  readonly asOf?: string;
  readonly sink?: string;
}

const SINK_NAME = /^[A-Za-z0-9_]{1,40}$/;

/** The ids in a message of one of our queues, or in the reference to an export; none where it is something else. */
export function idsOf(message: unknown): Ids {
  if (typeof message !== 'object' || message === null) return {};
  const { name, partition, asOf, sink } = message as Record<string, unknown>;
  return {
    ...(typeof name === 'string' && { exportId: sha256(name) }),
    ...(typeof partition === 'string' && /^[0-9a-f]$/.test(partition) && { partition }),
    ...(typeof asOf === 'string' && isTimestamp(asOf) && { asOf }),
    ...(typeof sink === 'string' && SINK_NAME.test(sink) && { sink }),
  };
}

/**
 * A detection's id without its first eight digits. Those are a hash over the address alone, of which there are few
 * enough to try them all; what is left is a hash over device, process and address.
 */
export function loggedDetectionId(detectionId: string): string {
  return detectionId.slice(8);
}

/** The same of a notification: its id begins with the detection's, but for a digest's, which is a hash of all of them. */
export function loggedNotificationId(id: string): string {
  return id.startsWith('digest|') ? id : loggedDetectionId(id);
}
