import * as z from 'zod';

/** RFC 9457, application/problem+json. Never holds telemetry, nor a value of the request. */
export const problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
  })
  .meta({ id: 'Problem', description: 'A problem, as in RFC 9457' });
export type Problem = z.infer<typeof problem>;
