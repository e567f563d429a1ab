import * as z from 'zod';
import { DETECTION_ID, DETECTION_STATES, SEVERITIES } from '../../core/detections/detection.ts';
import { KNOWN_LISTS } from '../../core/detections/known.ts';
import { trafficLists } from '../../core/detections/traffic.ts';
import { VERDICTS } from '../../core/detections/verdict.ts';
import { TEXT_FACTS } from '../../core/records/report.ts';

/** The shapes of detections in the HTTP API. Tests check the answers against them; docs/openapi.json publishes them. */

const timestamp = z.string().meta({
  description: 'ISO 8601 in UTC with seven decimals, as in Kusto',
  example: '2026-11-20T12:00:00.0000000Z',
});
const name = z.string().meta({ description: 'Text of the telemetry: treat as hostile' });
const count = z.int().min(0);
const text = z.string();

export const detectionId = z.string().regex(DETECTION_ID).meta({
  description: 'The group: 128 bits of a hash over source, device, process and remote address',
  example: '0f3c5a7e9b1d2f4a6c8e0b2d4f6a8c0e',
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

const interval = z
  .strictObject({ seconds: z.number().min(0), deviation: z.number().min(0) })
  .nullable()
  .meta({
    description: 'Mean seconds between connections and their standard deviation, estimated from the hourly counts',
  });
const lastMatch = timestamp.meta({ description: 'The newest run in which the detector matched' });

const ruleSummaryShape = {
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
  spread: z
    .number()
    .min(0)
    .meta({ description: 'Standard deviation over mean of the inliers; 0: every hour has the same count' }),
  interval,
  lastMatched: lastMatch,
};

const viewName = z.enum(['spread', 'steps', 'gaps']);
const seconds = count.meta({ description: 'Seconds between connections' });
const regularAssessment = z
  .strictObject({
    regularity: z.number().min(0).max(1).meta({ description: 'The score: 0 is chance, 1 is clockwork' }),
    way: z.enum(['score', 'session', 'process']).meta({ description: 'How it matched' }),
    threshold: z.number().min(0).max(1).meta({ description: 'The score from which on it matches' }),
    view: viewName.meta({ description: 'The view that gave the score' }),
    views: z.partialRecord(viewName, z.number()).meta({ description: '1 is chance, 0 is clockwork' }),
    measuredViews: z
      .array(z.strictObject({ name: viewName, value: z.number(), n: z.number(), k: z.number() }))
      .meta({ description: 'The views not rounded, with the n and k of their score' }),
    session: z
      .strictObject({ p: z.number(), n: count, mean: z.number() })
      .nullable()
      .meta({ description: 'The probability that chance is so even, whole hours, connections per hour' }),
    interval: seconds,
    interval_low: seconds,
    interval_high: seconds,
    hours: count.meta({ description: 'Hours from the first to the last report with the device on' }),
    active_hours: count.meta({ description: 'Those with a connection' }),
    connections: count,
    coverage: z.number().min(0).meta({ description: '`hours` over those of the window of 72 hours' }),
    hour_offset_min: count.meta({ description: 'Where the hours of the reports begin, in minutes' }),
    regularDevices: count.meta({
      description: 'Devices regular with this address, or on which this process is regular with this network, if more',
    }),
    addresses: count.meta({ description: 'Of a process: how many addresses are summed' }),
    remoteIPs: z.array(name).meta({ description: 'The first of these addresses' }),
    lastMatched: lastMatch,
  })
  .meta({ id: 'RegularityAssessment', description: 'What the detector `regularity` found in its newest match' });

const ruleSummary = z
  .strictObject(ruleSummaryShape)
  .meta({ id: 'RuleSummary', description: 'What the KQL rule found in its newest match, without its evidence' });

const activity = z.array(z.number().nullable());

const summaryShape = {
  id: detectionId,
  groupId: text,
  source: text.meta({ description: 'Kind of telemetry' }),
  DeviceName: name,
  InitiatingProcessFileName: name,
  RemoteIP: name.meta({ description: '`*` for a process as a whole, whose addresses rotate' }),
  FirstConnection: timestamp,
  LastConnection: timestamp,
  assessments: z
    .strictObject({ 'kql-rule': ruleSummary.nullable(), regularity: regularAssessment.nullable() })
    .meta({ description: 'By detector; null for one that has not matched in this episode' }),
  devices: count.meta({ description: 'Devices that connected to the address within the window' }),
  fleetDevices: count
    .nullable()
    .meta({ description: 'Devices of the fleet in the window; null where that is unknown' }),
  otherProcesses: z.array(name),
  hours: activity.meta({
    description: 'Connections in each of the 72 hours up to `lastMatched`; null for an hour without a report',
  }),
  days: activity.meta({ description: 'Connections in each of the 30 UTC days up to `lastMatched`, as far as known' }),
  severity,
  severityReason: text,
  technique: technique
    .nullable()
    .meta({ description: 'Technique of MITRE ATT&CK (setting MITRE_TECHNIQUE); the tactic is always TA0011' }),
  programHash: text
    .regex(/^[0-9a-f]{16}$/)
    .nullable()
    .meta({ description: 'The first 64 bits of the hash of the newest program; null where the telemetry has none' }),
  known: z
    .strictObject({ list: z.enum(KNOWN_LISTS), reason: text })
    .nullable()
    .meta({ description: 'The entry of the file of known networks and programs that changed its severity' }),
  state,
  episode: timestamp.meta({ description: 'The asOf of the run that opened it' }),
  revision: count.meta({
    description: '0 until it is decided, then 1, and one more for each change worth a notification',
  }),
  revisionReason: text,
  decision: z
    .strictObject({
      isDecided: z.boolean().meta({ description: 'Whether its severity is known. Before that no sink is notified' }),
      isRipe: z.boolean().meta({ description: '`regularity` has shown enough for more than `low`' }),
      runsInARow: count.meta({ description: 'Runs without a break in which its score reached the threshold' }),
      highestSeverity: severity,
      lastNotified: z
        .strictObject({ interval: seconds, score: z.number().min(0).max(1) })
        .nullable()
        .meta({ description: 'The numbers of `regularity` that a sink was last notified of' }),
    })
    .meta({ description: 'What the decision about this episode remembers' }),
  highestAverage: z.number().min(0).nullable(),
  asOf: timestamp.meta({ description: 'The asOf of the newest run that wrote the row' }),
  lastMatched: timestamp,
  suppressedBy: text.meta({ description: 'Id of the suppression that applies to it; empty for none' }),
  deliveries: z.record(z.string(), delivery).meta({ description: 'By name of the sink' }),
  verdict: verdict.nullable(),
};

export const detectionSummary = z
  .strictObject({
    ...summaryShape,
    account: name.meta({ description: 'Newest account of the process; empty where none is known' }),
    ports: z.array(z.int()).meta({ description: 'Remote ports, at most 3, most reports first' }),
  })
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

const ruleAssessment = z
  .strictObject({
    ...ruleSummaryShape,
    evidence: evidence.meta({ description: 'The series behind the assessment, at most the newest 500 points' }),
  })
  .meta({ id: 'RuleAssessment', description: 'What the KQL rule found in its newest match' });

const texts = z.array(name);
const traffic = z.strictObject({
  asOf: text,
  ports: z.array(z.strictObject({ port: z.int(), reports: count })),
  succeeded: count,
  failed: count,
  ...trafficLists(() => texts),
});

const report = z.strictObject({
  Timestamp: timestamp,
  count: z.number().nullable(),
  RemotePort: z.int().optional(),
  ...(Object.fromEntries(TEXT_FACTS.map((fact) => [fact, name.optional()])) as {
    readonly [Name in (typeof TEXT_FACTS)[number]]: z.ZodOptional<typeof name>;
  }),
});

export const detectionDetail = z
  .strictObject({
    ...summaryShape,
    assessments: z
      .strictObject({ 'kql-rule': ruleAssessment.nullable(), regularity: regularAssessment.nullable() })
      .meta({ description: 'By detector; null for one that has not matched in this episode' }),
    owner: z
      .strictObject({ asn: count.nullable(), organisation: text, country: text })
      .nullable()
      .meta({ description: 'Who owns the address, by the database in the account; null where that is not known' }),
    traffic: traffic.meta({
      description: 'Facts of the newest reports beside their counts, of the newest four hours with reports',
    }),
    episodes: z
      .array(z.strictObject({ episode: timestamp, resolved: timestamp, average: z.number().nullable() }))
      .meta({ description: 'Past episodes, oldest first' }),
    otherAddresses: z
      .strictObject({ asOf: timestamp, remoteIPs: z.array(name) })
      .optional()
      .meta({
        description: 'Other rare addresses of the process on this device, as of a run; absent where none are known',
      }),
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
