import * as z from 'zod';
import { DETECTION_ID, DETECTION_STATES, SEVERITIES } from '../../core/detections/detection.ts';
import { KNOWN_LISTS } from '../../core/detections/known.ts';
import { trafficLists } from '../../core/detections/traffic.ts';
import { VERDICTS } from '../../core/detections/verdict.ts';
import type { Hour } from '../../core/kql/bin.ts';
import { SOURCES } from '../../core/records/report.ts';
import { FRACTION, jsonOf, orNull, partNames, TEXT, TIME, WHOLE } from './columns.ts';

/** The stored columns of Detections. */

const HOUR = TIME.transform((time) => time as Hour);
const COUNT = z.int().min(0);
const TEXTS = z.array(z.string());
const VIEW = z.enum(['spread', 'steps', 'gaps']);
/** Negative where there is none: a merge cannot remove a column. */
const OR_NONE = FRACTION.transform((number) => (number < 0 ? null : number));
/** '' where the detector has not matched in this episode. */
const LAST_MATCHED = z.union([z.literal(''), TIME], { error: 'must be a time or empty' });

const ACTIVITY = z.array(z.number().nullable());

/** The columns of a summary that hold JSON, and the most parts that each can have: ten names of processes need three. */
const MOST_PARTS = {
  OtherProcesses: 3,
  Technique: 1,
  Known: 1,
  Hours: 1,
  Days: 1,
  RuleInterval: 1,
  RegularMeasures: 1,
  RegularIPs: 1,
  Ports: 1,
};
export const SUMMARY_TEXTS = Object.keys(MOST_PARTS);

export const SUMMARY_ROW = z.object({
  rowKey: z.string().regex(DETECTION_ID, { error: 'must be a group id' }),
  Source: z.enum(SOURCES),
  DeviceName: TEXT,
  InitiatingProcessFileName: TEXT,
  RemoteIP: TEXT,
  FirstConnection: HOUR,
  LastConnection: HOUR,
  Devices: WHOLE,
  FleetDevices: FRACTION.transform((devices) => (devices < 0 ? null : devices)),
  OtherProcesses: jsonOf(TEXTS),
  Account: TEXT,
  Ports: jsonOf(z.array(z.int())),
  Hours: jsonOf(ACTIVITY),
  Days: jsonOf(ACTIVITY),
  Severity: z.enum(SEVERITIES),
  SeverityReason: TEXT,
  Technique: jsonOf(z.object({ id: z.string(), name: z.string() }).nullable()),
  ProgramHash: z
    .string()
    .regex(/^(?:[0-9a-f]{16})?$/, { error: 'must be 16 hex digits or empty' })
    .transform((hash) => (hash === '' ? null : hash)),
  Known: jsonOf(z.object({ list: z.enum(KNOWN_LISTS), reason: z.string() }).nullable()),
  State: z.enum(DETECTION_STATES),
  Episode: TIME,
  Revision: WHOLE,
  RevisionReason: TEXT,
  Decided: z.boolean(),
  Ripe: z.boolean(),
  RunsInARow: WHOLE,
  HighestSeverity: z.enum(SEVERITIES),
  NotifiedInterval: OR_NONE,
  NotifiedScore: OR_NONE,
  HighestAverage: OR_NONE,
  AsOf: TIME,
  LastMatched: TIME,
  SuppressedBy: TEXT,
  RuleLastMatched: LAST_MATCHED,
  RegularLastMatched: LAST_MATCHED,
});

/** The assessment of the KQL rule: only where `RuleLastMatched` is a time. What is stored otherwise is of an earlier episode. */
export const RULE_ROW = z.object({
  RuleFirstConnection: HOUR,
  RuleLastConnection: HOUR,
  count_of_hours: WHOLE,
  inliner_count: WHOLE,
  outlier_count: WHOLE,
  avg_conn_count: WHOLE,
  Average: FRACTION,
  Spread: FRACTION,
  RuleInterval: jsonOf(z.object({ seconds: z.number(), deviation: z.number() }).nullable()),
});

/** That of `regularity`, likewise. */
export const REGULAR_ROW = z.object({
  Regularity: FRACTION,
  RegularThreshold: FRACTION,
  RegularWay: z.enum(['score', 'session', 'process']),
  RegularView: VIEW,
  RegularInterval: WHOLE,
  RegularIntervalLow: WHOLE,
  RegularIntervalHigh: WHOLE,
  RegularHours: WHOLE,
  RegularActiveHours: WHOLE,
  RegularConnections: WHOLE,
  RegularCoverage: FRACTION,
  RegularHourOffset: WHOLE,
  RegularDevices: WHOLE,
  RegularAddresses: WHOLE,
  RegularIPs: jsonOf(TEXTS),
  RegularMeasures: jsonOf(
    z.object({
      views: z.partialRecord(VIEW, z.number()),
      measured: z.array(z.object({ name: VIEW, value: z.number(), n: z.number(), k: z.number() })),
      session: z.object({ p: z.number(), n: z.number(), mean: z.number() }).nullable(),
    }),
  ),
});

export const LONG_TEXTS = ['Traffic', 'Episodes', 'OtherAddresses'];
export const EVIDENCE_TEXTS = ['Evidence'];

export const LONG_ROW = z.object({
  Traffic: jsonOf(
    z.object({
      asOf: z.union([z.literal(''), TIME]),
      ports: z.array(z.object({ port: z.int(), reports: COUNT })),
      succeeded: COUNT,
      failed: COUNT,
      ...trafficLists(() => TEXTS),
    }),
  ),
  OtherAddresses: orNull(jsonOf(z.object({ asOf: TIME, remoteIPs: TEXTS }))),
  Episodes: jsonOf(z.array(z.object({ episode: TIME, resolved: TIME, average: z.number().nullable() }))),
});

export const LIST_TEXTS = ['OtherAddresses'];
export const LIST_ROW = LONG_ROW.pick({ OtherAddresses: true }).extend({ rowKey: SUMMARY_ROW.shape.rowKey });

export const EVIDENCE_ROW = z.object({
  Evidence: jsonOf(
    z.object({
      grain: z.enum(['hour', 'report']),
      Timestamp: z.array(HOUR),
      ConnCounts: z.array(z.number()),
      flags: z.array(z.number()),
      scores: z.array(z.number()),
      baseline: z.array(z.number()),
      period: z.number(),
      omitted: COUNT,
      thresholds: z.object({
        lookbackDays: z.number(),
        minUniform: z.number(),
        minAverage: z.number(),
        anomalyThreshold: z.number(),
      }),
    }),
  ),
});

/** The column of one sink. */
export const DELIVERY = jsonOf(
  z.object({
    episode: TIME,
    revision: COUNT,
    status: z.enum(['pending', 'withdrawn', 'sent', 'failed']),
    severity: z.enum(SEVERITIES),
    attempts: COUNT,
    firstAt: z.number().nullable(),
    at: z.number(),
    answer: z.string(),
    digest: z.string().exactOptional(),
  }),
);

export const VERDICT_ROW = z.object({
  VerdictValue: z.enum(VERDICTS),
  VerdictNote: TEXT,
  VerdictWho: TEXT,
  VerdictAt: WHOLE,
});

/** The columns that a list selects: those of a summary and the verdict, without those of the sinks. */
export const SUMMARY_COLUMNS: readonly string[] = [
  ...new Set([
    'partitionKey',
    ...Object.keys(SUMMARY_ROW.shape),
    ...Object.keys(RULE_ROW.shape),
    ...Object.keys(REGULAR_ROW.shape),
    ...Object.entries(MOST_PARTS).flatMap(([name, most]) => partNames(name, most)),
    ...Object.keys(VERDICT_ROW.shape),
  ]),
];

/** Named addresses are few and short (`MAX_NAMED`): the list has two parts at most. */
export const LIST_COLUMNS: readonly string[] = ['partitionKey', 'rowKey', ...partNames('OtherAddresses', 2)];
