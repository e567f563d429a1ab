import * as z from 'zod';
import { DETECTION_ID, DETECTION_STATES, SEVERITIES } from '../core/detections/detection.ts';
import { ipRangeOf } from '../core/detections/ip_range.ts';
import { SORTS, type Sort, type SortKey } from '../core/detections/sort_key.ts';
import { VERDICTS } from '../core/detections/verdict.ts';
import { type Timestamp, timestampOf } from '../core/kql/timestamp.ts';
import { MAX_NAME_LENGTH, SOURCES } from '../core/records/report.ts';
import { faultsIn, type InputFault, oneOfText } from './input_faults.ts';
import type { DetectionQuery } from './query_detections.ts';

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

const NAME = { error: `must be a name of 1 to ${MAX_NAME_LENGTH} characters` };
const REMOTE = { error: 'must be an address or CIDR, IPv4 or IPv6' };
const SINCE = { error: 'must be an ISO 8601 instant such as 2026-11-20T12:00:00Z' };
const LIMIT = { error: `must be a whole number from 1 to ${MAX_LIMIT}` };
const CONTINUATION = { error: 'must be the continuation of the previous page, with the same sort' };

const name = z.string(NAME).min(1, NAME).max(MAX_NAME_LENGTH, NAME);

function words<const W extends string>(of: readonly W[]) {
  return z.enum(of, { error: oneOfText(of) });
}

/** The query parameters of a list of detections; the command line has the same as options. */
export const detectionQuery = z.strictObject({
  state: words([...DETECTION_STATES, 'active'])
    .optional()
    .meta({ description: '`active` is new or ongoing' }),
  device: name.optional().meta({ description: 'DeviceName, not case-sensitive' }),
  process: name.optional().meta({ description: 'InitiatingProcessFileName, not case-sensitive' }),
  remote: z
    .string(REMOTE)
    .max(64, REMOTE)
    .refine((text) => ipRangeOf(text) !== null, REMOTE)
    .optional()
    .meta({ description: 'Address or CIDR, IPv4 or IPv6' }),
  severity: words(SEVERITIES).optional(),
  source: words(SOURCES).optional().meta({ description: 'Kind of telemetry' }),
  suppressed: words(['true', 'false']).optional(),
  verdict: words([...VERDICTS, 'none'])
    .optional()
    .meta({ description: 'The last verdict of an analyst; `none`: no verdict yet' }),
  since: z
    .string(SINCE)
    .max(40, SINCE)
    .refine((text) => timestampOf(text) !== null, SINCE)
    .optional()
    .meta({ description: 'Last match at or after this instant (ISO 8601)' }),
  sort: words(SORTS).default('average').meta({
    description:
      '`average`: most connections per hour first; `prevalence`: fewest devices that connect to the address first; `spread`: smallest spread first; `newest`: latest opening first',
  }),
  limit: z.coerce
    .number(LIMIT)
    .int(LIMIT)
    .min(1, LIMIT)
    .max(MAX_LIMIT, LIMIT)
    .default(DEFAULT_LIMIT)
    .meta({ description: 'Detections per page' }),
  continuation: z
    .string(CONTINUATION)
    .max(300, CONTINUATION)
    .optional()
    .meta({ description: 'The `continuation` of the previous page (opaque)' }),
});

export type QueryReading =
  | { readonly ok: true; readonly query: DetectionQuery }
  /** At least one. */
  | { readonly ok: false; readonly faults: readonly InputFault[] };

/** Reads the query parameters of a list. */
export function readDetectionQuery(parameters: Readonly<Record<string, string>>): QueryReading {
  const read = detectionQuery.safeParse(parameters);
  if (!read.success) return { ok: false, faults: faultsIn(read.error) };
  const { continuation, sort, limit, suppressed, since, remote, ...rest } = read.data;
  const after = continuation === undefined ? null : sortKeyIn(continuation, sort);
  if (after === undefined) return { ok: false, faults: [{ name: 'continuation', message: CONTINUATION.error }] };
  const filter = {
    ...rest,
    ...(remote !== undefined && { remote: ipRangeOf(remote) ?? undefined }),
    ...(suppressed !== undefined && { suppressed: suppressed === 'true' }),
    ...(since !== undefined && { since: timestampOf(since) as Timestamp }),
  };
  return { ok: true, query: { filter, sort, limit, after } };
}

const token = z.tuple([z.enum(SORTS), z.number(), z.number(), z.string().regex(DETECTION_ID)]);

/** The opaque text from which `readDetectionQuery` reads the sort key after which the next page begins. */
export function continuationOf(key: SortKey, sort: Sort): string {
  return Buffer.from(JSON.stringify([sort, ...key])).toString('base64url');
}

function sortKeyIn(continuation: string, sort: Sort): SortKey | undefined {
  try {
    const [ofSort, ...key] = token.parse(JSON.parse(Buffer.from(continuation, 'base64url').toString()));
    return ofSort === sort ? key : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
