import * as z from 'zod';
import { VERDICTS } from '../core/disposition.ts';
import { ipRangeOf } from '../core/ip_range.ts';
import { type Place, SORTS, type Sort } from '../core/place.ts';
import { MAX_NAME_LENGTH, SOURCES } from '../core/report.ts';
import { shown } from '../core/text.ts';
import { type Timestamp, timestampOf } from '../core/timestamp.ts';
import type { DetectionQuery } from '../detections.ts';
import { DETECTION_ID, severity, state } from './detection.ts';

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

const name = z.string().min(1).max(MAX_NAME_LENGTH);

/** What a list may be asked for, as the query of the URL has it; the command line says the same by its options. */
export const detectionQuery = z.strictObject({
  state: z
    .enum([...state.options, 'live'])
    .optional()
    .meta({ description: '`live` is new or ongoing' }),
  device: name.optional().meta({ description: 'DeviceName; case makes no difference' }),
  process: name.optional().meta({ description: 'InitiatingProcessFileName; case makes no difference' }),
  remote: z
    .string()
    .max(64)
    .refine((text) => ipRangeOf(text) !== null, { error: 'must be an address or CIDR' })
    .optional()
    .meta({ description: 'Address or CIDR, IPv4 or IPv6' }),
  severity: severity.optional(),
  source: z.enum(SOURCES).optional().meta({ description: 'Kind of telemetry' }),
  suppressed: z.enum(['true', 'false']).optional(),
  disposition: z
    .enum([...VERDICTS, 'none'])
    .optional()
    .meta({ description: 'What an analyst said last; `none`: nothing yet' }),
  since: z
    .string()
    .max(40)
    .refine((text) => timestampOf(text) !== null, { error: 'must be an ISO 8601 instant' })
    .optional()
    .meta({ description: 'Matched in a run at or after this instant (ISO 8601)' }),
  sort: z.enum(SORTS).default('average').meta({
    description:
      'Most connections an hour, fewest devices that talk to the address, most regular, or latest opened first',
  }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .meta({ description: 'Detections of a page' }),
  continuation: z.string().max(300).optional().meta({ description: 'Of the page before: opaque' }),
});

export type QueryReading =
  | { readonly ok: true; readonly query: DetectionQuery }
  /** What is wrong, by the names of the parameters; repeats nothing of their values. */
  | { readonly ok: false; readonly reason: string };

/** Reads the query of a list. */
export function readDetectionQuery(parameters: Readonly<Record<string, string>>): QueryReading {
  const read = detectionQuery.safeParse(parameters);
  if (!read.success) return { ok: false, reason: faultsOf(read.error) };
  const { continuation, sort, limit, suppressed, since, remote, ...rest } = read.data;
  const after = continuation === undefined ? null : placeIn(continuation, sort);
  if (after === undefined) return { ok: false, reason: 'continuation: not one of this sort' };
  const filter = {
    ...rest,
    ...(remote !== undefined && { remote: ipRangeOf(remote) ?? undefined }),
    ...(suppressed !== undefined && { suppressed: suppressed === 'true' }),
    ...(since !== undefined && { since: timestampOf(since) as Timestamp }),
  };
  return { ok: true, query: { filter, sort, limit, after } };
}

const token = z.tuple([z.enum(SORTS), z.number(), z.number(), z.string().regex(DETECTION_ID)]);

/** The place behind which the next page begins, for whom it is opaque. */
export function continuationOf(place: Place, sort: Sort): string {
  return Buffer.from(JSON.stringify([sort, ...place])).toString('base64url');
}

function placeIn(continuation: string, sort: Sort): Place | undefined {
  try {
    const [ofSort, ...place] = token.parse(JSON.parse(Buffer.from(continuation, 'base64url').toString()));
    return ofSort === sort ? place : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** `state: Invalid option: expected one of …`, a clause for each. Says nothing of values. */
export function faultsOf(error: z.ZodError): string {
  const clauses = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
  );
  return shown(clauses.join('; '), 500);
}
