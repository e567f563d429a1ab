import * as z from 'zod';
import { MAX_NOTE_LENGTH, MAX_WHO_LENGTH, VERDICTS } from '../core/detections/verdict.ts';
import { oneOfText } from './input_faults.ts';

const NOTE = { error: `must be a text of at most ${MAX_NOTE_LENGTH} characters` };
const WHO = { error: `must name somebody, in at most ${MAX_WHO_LENGTH} characters` };

/** What an analyst says of a detection, as it is posted. */
export const verdictInput = z
  .strictObject(
    {
      value: z.enum(VERDICTS, { error: oneOfText(VERDICTS) }),
      note: z.string(NOTE).max(MAX_NOTE_LENGTH, NOTE).default(''),
      who: z
        .string(WHO)
        .max(MAX_WHO_LENGTH, WHO)
        .regex(/\S/, WHO)
        .meta({ description: 'Who says so: taken as it is, since a function key names nobody' }),
    },
    { error: 'must be a JSON object' },
  )
  .meta({ id: 'VerdictInput' });
