import * as z from 'zod';

const text = z.string();
const timestamp = text.meta({ description: 'ISO 8601 in UTC', example: '2026-11-20T12:00:00.0000000Z' });

export const suppressionId = text.max(40).meta({ example: 's-0a1b2c3d' });

export const suppressionSchema = z
  .strictObject({
    id: suppressionId,
    device: text,
    process: text,
    remote: text.meta({ description: 'An address, or a range in CIDR form' }),
    hash: text.meta({ description: 'SHA-1 or SHA-256 of the newest program of the group' }),
    source: text,
    detector: text,
    owner: text,
    reason: text,
    createdAt: timestamp,
    expires: timestamp,
    expired: z.boolean(),
    hits: z.strictObject({
      detections: z.int().min(0).meta({ description: 'Active detections in the newest run with a hit' }),
      since: timestamp.nullable(),
      last: timestamp.nullable(),
    }),
  })
  .meta({ id: 'Suppression', description: 'Empty criteria match anything; all others must match' });

export const suppressionList = z
  .strictObject({ suppressions: z.array(suppressionSchema).meta({ description: 'The first to expire first' }) })
  .meta({ id: 'SuppressionList' });
