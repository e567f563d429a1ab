import * as z from 'zod';
import { MAX_NOTE_LENGTH, MAX_WHO_LENGTH, VERDICTS } from '../core/detections/verdict.ts';
import { oneOfText } from './input_faults.ts';

const NOTE = { error: `must be a string of at most ${MAX_NOTE_LENGTH} characters` };
const WHO = { error: `must be the name of a person, of 1 to ${MAX_WHO_LENGTH} characters` };

/** The verdict of an analyst, with the name that stands with it. */
export const verdictInput = z.strictObject(
  {
    value: z.enum(VERDICTS, { error: oneOfText(VERDICTS) }),
    note: z.string(NOTE).max(MAX_NOTE_LENGTH, NOTE).default(''),
    who: z.string(WHO).max(MAX_WHO_LENGTH, WHO).regex(/\S/, WHO).meta({
      description: 'Name of the analyst: required with a function key alone, refused where a sign-in names the caller',
    }),
  },
  { error: 'must be a JSON object' },
);

/** The same as a client posts it. */
export const verdictPost = verdictInput.partial({ who: true }).meta({ id: 'VerdictInput' });
