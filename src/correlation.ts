import { isTimestamp } from './core/timestamp.ts';
import { sha256 } from './keys.ts';

/** What a log line may call the things it is about: ids that say nothing of the telemetry's content. */
export interface Ids {
  /** RowKey of the export in the table `Exports`. */
  readonly exportId?: string;
  readonly partition?: string;
  /** End of the window that is scored. */
  readonly asOf?: string;
  /** See `loggedDetectionId`. */
  readonly detection?: string;
  readonly sink?: string;
}

const DETECTION_ID = /^[0-9a-f]{32}\|[a-z]+$/;
const SINK_NAME = /^[A-Za-z0-9_]{1,40}$/;

/** The ids in a message of one of our queues, or in the reference to an export; none where it is something else. */
export function idsOf(message: unknown): Ids {
  if (typeof message !== 'object' || message === null) return {};
  const { name, partition, asOf, detectionId, sink } = message as Record<string, unknown>;
  return {
    ...(typeof name === 'string' && { exportId: sha256(name) }),
    ...(typeof partition === 'string' && /^[0-9a-f]$/.test(partition) && { partition }),
    ...(typeof asOf === 'string' && isTimestamp(asOf) && { asOf }),
    ...(typeof detectionId === 'string' &&
      DETECTION_ID.test(detectionId) && { detection: loggedDetectionId(detectionId) }),
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
