import * as z from 'zod';
import { MAX_NOTE_LENGTH, MAX_WHO_LENGTH, VERDICTS } from '../core/disposition.ts';

/** What an analyst says of a detection, as it is posted. */
export const dispositionPost = z
  .strictObject({
    verdict: z.enum(VERDICTS),
    note: z.string().max(MAX_NOTE_LENGTH).default(''),
    who: z
      .string()
      .max(MAX_WHO_LENGTH)
      .regex(/\S/, { error: 'must name somebody' })
      .meta({ description: 'Who says so: taken as it is, since a function key names nobody' }),
  })
  .meta({ id: 'DispositionPost' });
