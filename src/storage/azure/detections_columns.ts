import * as z from 'zod';
import { DETECTION_ID, DETECTION_STATES, SEVERITIES } from '../../core/detections/detection.ts';
import { VERDICTS } from '../../core/detections/verdict.ts';
import type { Hour } from '../../core/kql/bin.ts';
import { SOURCES } from '../../core/records/report.ts';
import { FRACTION, jsonOf, partNames, TEXT, TIME, WHOLE } from './columns.ts';

/** The stored columns of Detections. */

const HOUR = TIME.transform((time) => time as Hour);
const COUNT = z.int().min(0);
const TEXTS = z.array(z.string());

/** The columns of a summary that hold JSON, and the most parts that each can have: ten names of processes need three. */
const MOST_PARTS = { OtherProcesses: 3, Interval: 1, Technique: 1 };
export const SUMMARY_TEXTS = Object.keys(MOST_PARTS);

export const SUMMARY_ROW = z.object({
  rowKey: z.string().regex(DETECTION_ID, { error: 'must be <groupId>|<detector>' }),
  Source: z.enum(SOURCES),
  DeviceName: TEXT,
  InitiatingProcessFileName: TEXT,
  RemoteIP: TEXT,
  FirstConnection: HOUR,
  LastConnection: HOUR,
  count_of_hours: WHOLE,
  inliner_count: WHOLE,
  outlier_count: WHOLE,
  avg_conn_count: WHOLE,
  Average: FRACTION,
  Devices: WHOLE,
  OtherProcesses: jsonOf(TEXTS),
  Spread: FRACTION,
  Interval: jsonOf(z.object({ seconds: z.number(), deviation: z.number() }).nullable()),
  Severity: z.enum(SEVERITIES),
  SeverityReason: TEXT,
  Technique: jsonOf(z.object({ id: z.string(), name: z.string() }).nullable()),
  State: z.enum(DETECTION_STATES),
  Episode: TIME,
  Revision: WHOLE,
  RevisionReason: TEXT,
  NotifiedAverage: FRACTION,
  NotifiedSeverity: z.enum(SEVERITIES),
  HighestAverage: FRACTION,
  AsOf: TIME,
  LastMatched: TIME,
  SuppressedBy: TEXT,
});

export const LONG_TEXTS = ['Traffic', 'Evidence', 'Episodes'];

export const LONG_ROW = z.object({
  Traffic: jsonOf(
    z.object({
      asOf: z.union([z.literal(''), TIME]),
      ports: z.array(z.object({ port: z.int(), reports: COUNT })),
      succeeded: COUNT,
      failed: COUNT,
      localIPs: TEXTS,
      sha1: TEXTS,
      sha256: TEXTS,
      folderPaths: TEXTS,
      accounts: TEXTS,
      urls: TEXTS,
    }),
  ),
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
  Episodes: jsonOf(z.array(z.object({ episode: TIME, resolved: TIME, average: z.number() }))),
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
    ...Object.entries(MOST_PARTS).flatMap(([name, most]) => partNames(name, most)),
    ...Object.keys(VERDICT_ROW.shape),
  ]),
];
