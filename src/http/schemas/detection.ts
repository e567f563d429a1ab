import * as z from 'zod';
import { DETECTION_ID, DETECTION_STATES, SEVERITIES } from '../../core/detections/detection.ts';
import { VERDICTS } from '../../core/detections/verdict.ts';

/** The shapes of detections in the HTTP API. Tests check the answers against them; docs/openapi.json publishes them. */

const timestamp = z.string().meta({
  description: 'ISO 8601 in UTC with seven decimals, as in Kusto',
  example: '2026-11-20T12:00:00.0000000Z',
});
const name = z.string().meta({ description: 'Text of the telemetry: treat as hostile' });
const count = z.int().min(0);
const text = z.string();

export const detectionId = z.string().regex(DETECTION_ID).meta({
  description: '`<groupId>|<detector>`. In a path, percent-encode it: `%7C` for `|`',
  example: '0f3c5a7e9b1d2f4a6c8e0b2d4f6a8c0e|kql-rule',
});

const severity = z.enum(SEVERITIES);
const state = z.enum(DETECTION_STATES);

const delivery = z
  .strictObject({
    episode: timestamp,
    revision: count,
    status: z.enum(['pending', 'withdrawn', 'sent', 'failed']).meta({
      description: '`withdrawn`: resolved or suppressed before it was sent',
    }),
    severity,
    attempts: count.meta({ description: 'In a list, 0 while it is pending' }),
    firstAt: timestamp.nullable().meta({ description: 'Time of the first attempt; null before it' }),
    at: timestamp.meta({ description: 'Time of this status' }),
    answer: text.meta({ description: 'An HTTP status, or a code such as `timeout`' }),
    nextTry: timestamp.meta({ description: 'Earliest time of the next attempt; absent for no wait' }).optional(),
    digest: text
      .meta({ description: 'Id of the digest that it was sent within; absent for a message of its own' })
      .optional(),
  })
  .meta({ id: 'Delivery', description: 'The delivery of one revision of a detection to one sink' });

const verdict = z
  .strictObject({
    value: z.enum(VERDICTS),
    note: text,
    who: text,
    at: timestamp,
  })
  .meta({ id: 'Verdict', description: 'The last verdict of an analyst; it stays for all later episodes' });

const technique = z.strictObject({ id: text, name: text });

const summaryShape = {
  id: detectionId,
  groupId: text,
  detector: text,
  source: text.meta({ description: 'Kind of telemetry' }),
  DeviceName: name,
  InitiatingProcessFileName: name,
  RemoteIP: name,
  FirstConnection: timestamp,
  LastConnection: timestamp,
  count_of_hours: count,
  inliner_count: count,
  outlier_count: count,
  avg_conn_count: count,
  average: z
    .number()
    .min(0)
    .meta({ description: 'Mean connections per hour (per report with SERIES_GRAIN report), not rounded' }),
  devices: count.meta({ description: 'Devices that connected to the address within the window' }),
  otherProcesses: z.array(name),
  spread: z
    .number()
    .min(0)
    .meta({ description: 'Standard deviation over mean of the inliers; 0: every hour has the same count' }),
  interval: z
    .strictObject({ seconds: z.number().min(0), deviation: z.number().min(0) })
    .nullable()
    .meta({
      description: 'Mean seconds between connections and their standard deviation, estimated from the hourly counts',
    }),
  severity,
  severityReason: text,
  technique: technique
    .nullable()
    .meta({ description: 'Technique of MITRE ATT&CK (setting MITRE_TECHNIQUE); the tactic is always TA0011' }),
  state,
  episode: timestamp.meta({ description: 'The asOf of the run that opened it' }),
  revision: count.meta({ description: '0 at the opening, one more for each change worth a notification' }),
  revisionReason: text,
  notifiedLevel: z.strictObject({ average: z.number(), severity }),
  highestAverage: z.number().min(0),
  asOf: timestamp.meta({ description: 'The asOf of the newest run that wrote the row' }),
  lastMatched: timestamp,
  suppressedBy: text.meta({ description: 'Id of the suppression that applies to it; empty for none' }),
  deliveries: z.record(z.string(), delivery).meta({ description: 'By name of the sink' }),
  verdict: verdict.nullable(),
};

export const detectionSummary = z
  .strictObject(summaryShape)
  .meta({ id: 'DetectionSummary', description: 'A detection without its evidence, traffic and past episodes' });

const evidence = z.strictObject({
  grain: z.enum(['hour', 'report']),
  Timestamp: z.array(timestamp),
  ConnCounts: z.array(z.number()),
  flags: z.array(z.int()).meta({ description: 'anomalies_decomposed: 1 above, -1 below, 0 within the expected range' }),
  scores: z.array(z.number()),
  baseline: z.array(z.number()),
  period: count.meta({ description: 'Points of the season; 0 for none' }),
  omitted: count,
  thresholds: z.strictObject({
    lookbackDays: z.number(),
    minUniform: z.number(),
    minAverage: z.number(),
    anomalyThreshold: z.number(),
  }),
});

const texts = z.array(name);
const traffic = z.strictObject({
  asOf: text,
  ports: z.array(z.strictObject({ port: z.int(), reports: count })),
  succeeded: count,
  failed: count,
  localIPs: texts,
  sha1: texts,
  sha256: texts,
  folderPaths: texts,
  accounts: texts,
  urls: texts,
});

const report = z.strictObject({
  Timestamp: timestamp,
  count: z.number().nullable(),
  ActionType: name.optional(),
  RemotePort: z.int().optional(),
  LocalIP: name.optional(),
  InitiatingProcessSHA1: name.optional(),
  InitiatingProcessSHA256: name.optional(),
  InitiatingProcessFolderPath: name.optional(),
  InitiatingProcessAccountName: name.optional(),
  RemoteUrl: name.optional(),
});

export const detectionDetail = z
  .strictObject({
    ...summaryShape,
    evidence: evidence.meta({ description: 'The series behind the assessment, at most the newest 500 points' }),
    traffic: traffic.meta({
      description: 'Facts of the newest reports beside their counts, of the newest four hours with reports',
    }),
    episodes: z
      .array(z.strictObject({ episode: timestamp, resolved: timestamp, average: z.number() }))
      .meta({ description: 'Past episodes, oldest first' }),
    latestReports: z
      .array(report)
      .meta({ description: 'Newest first, at most 10, of the newest four hours with reports' }),
    queries: z.strictObject({ defender: text, sentinel: text }).meta({ description: 'KQL queries, ready to paste' }),
  })
  .meta({ id: 'Detection' });

export const detectionList = z
  .strictObject({
    detections: z.array(detectionSummary),
    total: count.nullable().meta({
      description:
        'Detections that fit the filter, on all pages; null in the order `key` where there are several pages',
    }),
    continuation: text.nullable().meta({
      description:
        'Parameter for the next page, with the same filter and sort; null on the last page. A page can have fewer ' +
        'detections than `limit`, even none, and still not be the last',
    }),
  })
  .meta({ id: 'DetectionList' });
