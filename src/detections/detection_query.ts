import * as z from 'zod';
import { DETECTORS } from '../core/detections/assessments.ts';
import { DETECTION_ID, DETECTION_STATES, SEVERITIES } from '../core/detections/detection.ts';
import { ipRangeOf } from '../core/detections/ip_range.ts';
import { NAME_PATTERN_FAULT, namePatternOf } from '../core/detections/name_pattern.ts';
import { SORTS } from '../core/detections/sort_key.ts';
import { VERDICTS } from '../core/detections/verdict.ts';
import { type Timestamp, timestampOf } from '../core/kql/timestamp.ts';
import { MAX_NAME_LENGTH, SOURCES } from '../core/records/report.ts';
import { wholeOf } from '../core/text/decimal.ts';
import { faultsIn, type InputFault, oneOfText } from './input_faults.ts';
import type { DetectionQuery } from './query_detections.ts';

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;
const MAX_CONTINUATION_LENGTH = 1000;

const NAME = { error: `must be a name of 1 to ${MAX_NAME_LENGTH} characters` };
const REMOTE = { error: 'must be an address or CIDR, IPv4 or IPv6' };
const SINCE = { error: 'must be an ISO 8601 instant such as 2026-11-20T12:00:00Z' };
const LIMIT = { error: `must be a whole number from 1 to ${MAX_LIMIT}` };
const CONTINUATION = { error: 'must be the continuation of the previous page, with the same sort' };
/** `key` is the order of the store, the only one in which a page does not read all rows. */
const LIST_SORTS = ['key', ...SORTS] as const;

const name = z
  .string(NAME)
  .min(1, NAME)
  .max(MAX_NAME_LENGTH, NAME)
  .refine((text) => namePatternOf(text) !== null, NAME_PATTERN_FAULT);

function words<const W extends string>(of: readonly W[]) {
  return z.enum(of, { error: oneOfText(of) });
}

/** The query parameters of a list of detections; the command line has the same as options. */
export const detectionQuery = z.strictObject({
  state: words([...DETECTION_STATES, 'active'])
    .optional()
    .meta({ description: '`active` is new or ongoing' }),
  device: name.optional().meta({ description: 'DeviceName, not case-sensitive; `*` is any text' }),
  process: name.optional().meta({ description: 'InitiatingProcessFileName, as `device`' }),
  remote: z
    .string(REMOTE)
    .max(64, REMOTE)
    .refine((text) => ipRangeOf(text) !== null, REMOTE)
    .optional()
    .meta({ description: 'Address or CIDR, IPv4 or IPv6' }),
  severity: words(SEVERITIES).optional(),
  source: words(SOURCES).optional().meta({ description: 'Kind of telemetry' }),
  detector: words(DETECTORS).optional().meta({ description: 'It has matched in this episode' }),
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
  sort: words(LIST_SORTS)
    .default('key')
    .meta({
      description:
        '`key`: by id; a page costs at most three requests. The others read all rows that fit `state`, `severity`, `source`, ' +
        '`suppressed`, `verdict` and `since`, and refuse more than 10,000 detections. `severity`: most severe first, then ' +
        'fewest devices, then the most regular; `average`: most connections per hour first; `prevalence`: fewest devices that connect to the address first; `spread`: smallest spread first; `newest`: ' +
        'latest opening first',
    }),
  limit: z
    .string(LIMIT)
    .default(String(DEFAULT_LIMIT))
    .transform((text, context) => {
      const value = wholeOf(text, 1, MAX_LIMIT);
      if (value !== null) return value;
      context.addIssue({ code: 'custom', message: LIMIT.error });
      return z.NEVER;
    })
    .meta({ description: 'The most detections per page; a page in the order `key` can have fewer' }),
  continuation: z
    .string(CONTINUATION)
    .max(MAX_CONTINUATION_LENGTH, CONTINUATION)
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
  const filter = {
    ...rest,
    ...(remote !== undefined && { remote: ipRangeOf(remote) ?? undefined }),
    ...(suppressed !== undefined && { suppressed: suppressed === 'true' }),
    ...(since !== undefined && { since: timestampOf(since) as Timestamp }),
  };
  if (continuation === undefined) return { ok: true, query: { filter, sort, limit, after: null } };
  const start = startIn(continuation);
  if (start === null || start.sort !== sort) {
    return { ok: false, faults: [{ name: 'continuation', message: CONTINUATION.error }] };
  }
  return { ok: true, query: { filter, limit, ...start } };
}

const position = z.string().max(300);
const start = z.union([
  z
    .tuple([z.literal('key'), position.min(1), position])
    .transform(([sort, partition, row]) => ({ sort, after: { partition, row } })),
  z
    .tuple([z.enum(SORTS), z.number(), z.number(), z.number(), z.string().regex(DETECTION_ID)])
    .transform(([sort, ...after]) => ({ sort, after })),
]);

/** The opaque text from which `readDetectionQuery` reads where the page of a query begins. */
export function continuationOf({ sort, after }: DetectionQuery): string {
  const places = after !== null && 'row' in after ? [after.partition, after.row] : (after ?? []);
  return Buffer.from(JSON.stringify([sort, ...places])).toString('base64url');
}

function startIn(continuation: string): z.infer<typeof start> | null {
  try {
    return start.parse(JSON.parse(Buffer.from(continuation, 'base64url').toString()));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}
