import * as z from 'zod';
import { DETECTORS } from '../core/detections/assessments.ts';
import { PROGRAM_HASH_FAULT, programHashIn } from '../core/detections/program_hash.ts';
import { MAX_WHO_LENGTH } from '../core/detections/verdict.ts';
import { MAX_NAME_LENGTH, SOURCES } from '../core/records/report.ts';
import { oneOfText } from './input_faults.ts';
import { DEFAULT_SUPPRESSION_DAYS, MAX_REASON_LENGTH, MAX_SUPPRESSION_DAYS } from './suppressions.ts';

const NAME = { error: `must be a string of at most ${MAX_NAME_LENGTH} characters` };
const HASH = { error: PROGRAM_HASH_FAULT };
const REASON = { error: `must be a text of 1 to ${MAX_REASON_LENGTH} characters` };
const OWNER = { error: `must be the name of a person, of 1 to ${MAX_WHO_LENGTH} characters` };
const DAYS = { error: `must be a whole number from 1 to ${MAX_SUPPRESSION_DAYS}` };
const FORCE = { error: 'must be true or false' };

const name = z.string(NAME).max(MAX_NAME_LENGTH, NAME).default('');

/** A new suppression, as a client posts it: at least one of the six criteria, the reason, and how long it lasts. */
export const suppressionInput = z
  .strictObject(
    {
      device: name.meta({ description: 'DeviceName, not case-sensitive; `*` is any text' }),
      process: name.meta({ description: 'InitiatingProcessFileName, as `device`' }),
      remote: name.meta({ description: 'Address or CIDR, IPv4 or IPv6' }),
      hash: z
        .string(HASH)
        .refine((text) => text === '' || programHashIn(text) !== null, HASH)
        .default('')
        .meta({ description: 'SHA-1 or SHA-256: only while the newest program of the group has it' }),
      source: z.enum(['', ...SOURCES], { error: oneOfText(SOURCES) }).default(''),
      detector: z.enum(['', ...DETECTORS], { error: oneOfText(DETECTORS) }).default(''),
      reason: z.string(REASON).max(MAX_REASON_LENGTH, REASON).regex(/\S/, REASON),
      owner: z.string(OWNER).max(MAX_WHO_LENGTH, OWNER).regex(/\S/, OWNER).optional().meta({
        description: 'Who is responsible: required with a function key alone, refused where a sign-in names it',
      }),
      days: z
        .int(DAYS)
        .min(1, DAYS)
        .max(MAX_SUPPRESSION_DAYS, DAYS)
        .default(DEFAULT_SUPPRESSION_DAYS)
        .meta({ description: 'Days until it expires' }),
      force: z.boolean(FORCE).default(false).meta({ description: 'Adds an entry that is refused as too wide' }),
    },
    { error: 'must be a JSON object' },
  )
  .meta({ id: 'SuppressionInput' });
