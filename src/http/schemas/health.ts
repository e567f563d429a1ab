import * as z from 'zod';

const count = z.int().min(0);
const text = z.string();

const stuck = z.strictObject({
  export: text.meta({ description: 'container/name' }),
  reason: text,
  failures: count,
  nextTry: text.meta({ description: 'ISO 8601; empty where it is not tried again by itself' }),
});

export const healthSchema = z
  .strictObject({
    problems: z.array(text).meta({ description: 'What wants attention, a sentence each; empty where all is well' }),
    lastRun: z.strictObject({ asOf: text, partitions: count, endedAt: text }).nullable(),
    unread: z
      .strictObject({ exports: count, oldestMs: z.number().min(0) })
      .meta({ description: 'Exports with something unread, and how long the oldest has waited' }),
    failing: z.array(stuck),
    refused: z.array(stuck),
    missingContainers: z.array(text),
    deadLetters: count,
    notifications: z
      .record(z.string(), z.strictObject({ pending: count, failed: count, trying: count }))
      .meta({ description: 'By sink: still to be told, ended as failed, and of those due the ones being tried' }),
    disabledSinks: z.array(text),
    queues: z.record(z.string(), count).meta({ description: 'Messages that wait, by queue; `-poison` are the failed' }),
  })
  .meta({ id: 'Health' });
