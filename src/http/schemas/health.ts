import * as z from 'zod';

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
    lastRun: z.strictObject({ asOf: text, partitions: count, endedAt: text }).nullable(),
    unread: z
      .strictObject({ exports: count, oldestMs: z.number().min(0) })
      .meta({ description: 'Exports with unread data, and how long the oldest has waited (ms)' }),
    failing: z.array(stuck),
    refused: z.array(stuck),
    missingContainers: z.array(text),
    deadLetters: count,
    unknownShapes: count.meta({
      description: 'Records that carry the mark of an active source in a shape that no format knows; not counted',
    }),
    notifications: z
      .record(z.string(), z.strictObject({ pending: count, trying: count, more: z.boolean(), failed: count }))
      .meta({
        description:
          'By sink: pending notifications, those of them that were tried already, and failed ones. `more`: of a ' +
          'partition only the first thousand are counted',
      }),
    disabledSinks: z.array(text),
    queues: z
      .record(z.string(), count)
      .meta({ description: 'Waiting messages by queue; `-poison` queues hold failed messages' }),
  })
  .meta({ id: 'Health' });
