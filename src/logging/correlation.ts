import { isTimestamp } from '../core/kql/timestamp.ts';
import { sha256 } from '../storage/keys.ts';

/** The ids that a log line may contain: none reveals content of the telemetry. */
export interface Ids {
  /** RowKey of the export in the table `Exports`. */
  readonly exportId?: string;
  readonly partitions?: readonly string[];
  /** End of the scored window. */
  readonly asOf?: string;
  readonly sink?: string;
}

const SINK_NAME = /^[A-Za-z0-9_]{1,40}$/;

function isPartitions(value: unknown): value is readonly string[] {
  const isOne = (each: unknown) => typeof each === 'string' && /^[0-9a-f]$/.test(each);
  return Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every(isOne);
}

/** The ids in a queue message, or in the reference to an export; empty for any other value. */
export function idsOf(message: unknown): Ids {
  if (typeof message !== 'object' || message === null) return {};
  const { name, partitions, asOf, sink } = message as Record<string, unknown>;
  return {
    ...(typeof name === 'string' && { exportId: sha256(name) }),
    ...(isPartitions(partitions) && { partitions }),
    ...(typeof asOf === 'string' && isTimestamp(asOf) && { asOf }),
    ...(typeof sink === 'string' && SINK_NAME.test(sink) && { sink }),
  };
}

/**
 * A detection's id without its first eight digits: those are a hash of the address alone, which a search over all addresses
 * would reverse. The rest is a hash of device, process and address.
 */
export function loggedDetectionId(detectionId: string): string {
  return detectionId.slice(8);
}

/** The same for a notification's id, which starts with the detection's. A digest's id is a hash of all its detections. */
export function loggedNotificationId(id: string): string {
  return id.startsWith('digest|') ? id : loggedDetectionId(id);
}
