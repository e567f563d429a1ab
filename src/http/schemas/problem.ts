import * as z from 'zod';

/** RFC 9457, application/problem+json. Never says anything of the telemetry, nor repeats a value that was sent. */
export const problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
  })
  .meta({ id: 'Problem', description: 'What is wrong, as RFC 9457 has it' });
export type Problem = z.infer<typeof problem>;
