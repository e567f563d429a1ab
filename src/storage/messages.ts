import * as z from 'zod';
import { isTimestamp, type Timestamp } from '../core/kql/timestamp.ts';
import { PARTITIONS } from './keys.ts';
import type { Partition } from './ports/hourly_counts.ts';
import type { Messages } from './ports/queues.ts';

const MAX_BLOB_NAME = 1024;

const schemas = {
  ingest: z.object({ container: z.string().min(1).max(63), name: z.string().min(1).max(MAX_BLOB_NAME) }),
  score: z.preprocess(
    ofOnePartition,
    z
      .object({
        partitions: z
          .array(z.custom<Partition>((value) => PARTITIONS.includes(value as Partition)))
          .max(PARTITIONS.length),
        asOf: z.custom<Timestamp>((value) => typeof value === 'string' && isTimestamp(value)),
        oldestUnreadMs: z.number().min(0).nullable().default(null),
        newestReport: z
          .custom<Timestamp | ''>((value) => value === '' || (typeof value === 'string' && isTimestamp(value)))
          .default(''),
        processes: z.literal(true).optional(),
      })
      .refine(({ partitions, processes }) => (partitions.length === 0) === (processes ?? false), {
        error: 'must name partitions, or the process view',
        path: ['partitions'],
      }),
  ),
  notify: z.object({ sink: z.string().min(1).max(40) }),
} satisfies Record<keyof Messages, z.ZodType>;

/** An invalid message on a queue: it ends in the poison queue. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** A message of a version before names one partition. */
function ofOnePartition(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || !('partition' in message)) return message;
  return { partitions: [message.partition], ...message };
}

/** Checks a message that the host has parsed. Throws a MessageError. */
export function parseMessage<Q extends keyof Messages>(queue: Q, message: unknown): z.infer<(typeof schemas)[Q]> {
  const result = schemas[queue].safeParse(message);
  if (!result.success) {
    // In one line: the host keeps only the first as an error.
    const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the message'}: ${message}`);
    throw new MessageError(`${queue}: invalid message: ${faults.join('; ')}`);
  }
  return result.data as z.infer<(typeof schemas)[Q]>;
}
