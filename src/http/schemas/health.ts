import * as z from 'zod';
import { SECTIONS } from '../../operations/section.ts';

const count = z.int().min(0);
const text = z.string();

const stuck = z.strictObject({
  export: text.meta({ description: 'container/name' }),
  reason: text,
  failures: count,
  nextTry: text.meta({ description: 'ISO 8601; empty where there is no automatic retry' }),
});

export const healthSchema = z
  .strictObject({
    problems: z.array(text).meta({ description: 'Problems that need attention, a sentence each; empty for none' }),
    unavailable: z.array(z.enum(SECTIONS)).meta({
      description: 'Sections that storage did not answer: their members are null, and `problems` has the reasons',
    }),
    lastRun: z.strictObject({ asOf: text, partitions: count, endedAt: text }).nullable(),
    unscoredHours: z
      .array(text)
      .nullable()
      .meta({ description: 'Ends of windows of the last two days that no run scored' }),
    unread: z
      .strictObject({ exports: count, oldestMs: z.number().min(0) })
      .nullable()
      .meta({ description: 'Exports with unread data, and how long the oldest has waited (ms)' }),
    failing: z.array(stuck).nullable(),
    refused: z.array(stuck).nullable(),
    missingContainers: z.array(text).nullable(),
    deadLetters: count.nullable(),
    unknownShapes: count.nullable().meta({
      description: 'Records that carry the mark of an active source in a shape that no format knows; not counted',
    }),
    notifications: z
      .record(z.string(), z.strictObject({ pending: count, trying: count, more: z.boolean(), failed: count }))
      .nullable()
      .meta({
        description:
          'By sink: pending notifications, those of them that were tried already, and failed ones. `more`: of a ' +
          'partition only the first thousand are counted',
      }),
    disabledSinks: z.array(text).nullable(),
    queues: z
      .record(z.string(), count)
      .nullable()
      .meta({ description: 'Waiting messages by queue; `-poison` queues hold failed messages' }),
    badRows: z
      .strictObject({
        total: count,
        rows: z.array(z.strictObject({ table: text, partitionKey: text, rowKey: text, fault: text })),
      })
      .meta({ description: 'Stored rows that cannot be read and are skipped, and the first of them' }),
  })
  .meta({ id: 'Health' });
