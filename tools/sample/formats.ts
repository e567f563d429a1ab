import type { Append } from './appends.ts';
import { ecs, winlogbeat } from './envelopes/beats.ts';
import { batchedExports } from './envelopes/event_hubs.ts';
import { containerOf, event, securityEvent, windowsEvent } from './envelopes/log_analytics.ts';
import { exportedRows } from './envelopes/log_analytics_rows.ts';
import { nxlog } from './envelopes/nxlog.ts';
import { PORTAL_FOLDER, portalFiles } from './envelopes/portal_csv.ts';
import { carriedEvents } from './events.ts';
import { CONTAINER, sampleExports } from './exports.ts';
import type { Plan } from './plan.ts';
import { securityLog } from './security.ts';
import { sysmonLog } from './sysmon.ts';

/** A source of telemetry, as in the setting SOURCES. */
export type SampleSource = 'defender' | 'defender-raw' | 'sysmon' | 'wfp';

/** A format of a sample tenant. */
export interface SampleFormat {
  readonly sources: readonly [SampleSource, ...SampleSource[]];
  /** Default number of devices; smaller for formats with one line per connection. */
  readonly devices: number;
  readonly about: string;
  /** Container, or folder below the output folder. */
  readonly container: string;
  /** The same plan gives the same bytes. */
  appends(plan: Plan): Iterable<Append>;
}

const REPORTS = { sources: ['defender'], devices: 40, container: CONTAINER } as const;
const SYSMON = { sources: ['sysmon'], devices: 5 } as const;

export const SAMPLE_FORMATS = {
  defender: { ...REPORTS, about: "Defender's Streaming API", appends: (plan) => sampleExports(plan) },
  'defender-records': {
    ...REPORTS,
    about: 'the same, batched by Event Hubs as {"records":[…]}',
    appends: batchedExports,
  },
  'log-analytics': {
    ...REPORTS,
    about: 'DeviceNetworkEvents of a Log Analytics export rule',
    container: containerOf('DeviceNetworkEvents'),
    appends: exportedRows,
  },
  'portal-csv': {
    ...REPORTS,
    about: "CSV of the Defender portal's advanced hunting",
    container: PORTAL_FOLDER,
    appends: portalFiles,
  },
  'defender-raw': {
    sources: ['defender-raw'],
    devices: 5,
    container: CONTAINER,
    about: 'Streaming API, one ConnectionSuccess row per connection',
    appends: (plan) => sampleExports(plan, 'connections'),
  },
  'sysmon-event': {
    ...SYSMON,
    about: 'Sysmon in the table Event of a Log Analytics export rule',
    container: event.container,
    appends: (plan) => carriedEvents(plan, [sysmonLog], event),
  },
  'sysmon-windowsevent': {
    ...SYSMON,
    about: 'Sysmon in the table WindowsEvent',
    container: windowsEvent.container,
    appends: (plan) => carriedEvents(plan, [sysmonLog], windowsEvent),
  },
  'wfp-securityevent': {
    sources: ['wfp'],
    devices: 5,
    about: 'Windows Security 5156 in the table SecurityEvent',
    container: securityEvent.container,
    appends: (plan) => carriedEvents(plan, [securityLog], securityEvent),
  },
  nxlog: {
    sources: ['sysmon', 'wfp'],
    devices: 5,
    about: 'Sysmon and Windows Security 5156 as flat JSON of NXLog',
    container: nxlog.container,
    appends: (plan) => carriedEvents(plan, [sysmonLog, securityLog], nxlog),
  },
  winlogbeat: {
    ...SYSMON,
    about: 'Sysmon as Winlogbeat writes it',
    container: winlogbeat.container,
    appends: (plan) => carriedEvents(plan, [sysmonLog], winlogbeat),
  },
  ecs: {
    ...SYSMON,
    about: 'Sysmon as Elastic Agent writes it (ECS)',
    container: ecs.container,
    appends: (plan) => carriedEvents(plan, [sysmonLog], ecs),
  },
} as const satisfies Readonly<Record<string, SampleFormat>>;

export type SampleFormatName = keyof typeof SAMPLE_FORMATS;
