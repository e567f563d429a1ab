import { countsByHour, isAtStart } from '../scoring/hours.ts';
import { windowOf } from '../scoring/window.ts';
import { counted } from '../text/counted.ts';
import { rateText } from '../text/rate.ts';
import { scaleOf, sparkline } from '../text/sparkline.ts';
import { type Detection, detectionIdOf, type Severity } from './detection.ts';
import { defenderQuery, sentinelQuery } from './hunting_queries.ts';
import { suppressCommand } from './suppress_command.ts';

/** A line of a message: a label of ours, and a value that may hold text of the telemetry. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/**
 * What a notification tells a person of one detection. Labels, headline and reasons are ours; every other text may be
 * the telemetry's, as it is: each format makes it inert in its own way.
 */
export interface Message {
  /** Of the detection. */
  readonly id: string;
  /** What happened: `New beacon`. */
  readonly headline: string;
  readonly severity: Severity;
  readonly DeviceName: string;
  readonly InitiatingProcessFileName: string;
  readonly RemoteIP: string;
  /** What, where, since when, how regular, how rare, why; the most important first. */
  readonly facts: readonly Fact[];
  /** The counts of the newest hours of the window, at most `SPARK_HOURS`. */
  readonly sparkline: string;
  /** What the bars are, with their scale: `Connections by hour, the last 72; █ is 96`. */
  readonly sparkTitle: string;
  readonly queries: readonly { readonly label: string; readonly query: string }[];
  /** The command that suppresses it; null where a shell could take the names for more. */
  readonly suppress: string | null;
}

/** Three days: what fits into a line of a chat. */
export const SPARK_HOURS = 72;

export function messageOf(detection: Detection): Message {
  const { DeviceName, InitiatingProcessFileName, RemoteIP, severity } = detection;
  const bars = barsOf(detection);
  return {
    id: detectionIdOf(detection),
    headline: headlineOf(detection),
    severity,
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    facts: factsOf(detection),
    sparkline: sparkline(bars),
    sparkTitle: `Connections by hour, the last ${bars.length}; ${scaleOf(bars)}`,
    queries: [
      { label: 'Query for Defender', query: defenderQuery(detection) },
      { label: 'Query for Sentinel', query: sentinelQuery(detection) },
    ],
    suppress: commandOf(detection),
  };
}

type Headed = Pick<Detection, 'groupId' | 'state' | 'revision' | 'episodes'>;

/** Of test messages; no hash comes out as this. */
export const TEST_GROUP_ID = '0'.repeat(32);

/** What happened, in words of ours. */
export function headlineOf({ groupId, state, revision: change, episodes }: Headed): string {
  if (groupId === TEST_GROUP_ID) return 'TEST MESSAGE';
  if (state === 'resolved') return 'Beacon is over';
  if (change > 0) return 'Beacon changed';
  return episodes.length > 0 ? 'Beacon is back' : 'New beacon';
}

/** A beacon without a process name is worth a look for that alone: no gap in a sentence. */
export function processOf({ InitiatingProcessFileName }: Pick<Detection, 'InitiatingProcessFileName'>): string {
  return InitiatingProcessFileName === '' ? '(no process name)' : InitiatingProcessFileName;
}

/** How regular: `60 connections an hour, alike in 70 of 72 hours, one about every 60 s (± 2 s)`. */
export function paceOf(detection: Detection): string {
  const { inliner_count, count_of_hours, average, interval, evidence } = detection;
  const points = evidence.grain === 'hour' ? 'hours' : 'reports';
  const every =
    interval === null ? '' : `, one about every ${rounded(interval.seconds)} s (± ${rounded(interval.deviation)} s)`;
  return `${rateText(average)} connections an hour, alike in ${inliner_count} of ${count_of_hours} ${points}${every}`;
}

/** Why it fired, and how far over each line it is. */
export function reasonOf({ inliner_count, average, outlier_count, evidence }: Detection): string {
  const { minUniform, minAverage, anomalyThreshold } = evidence.thresholds;
  return (
    `${inliner_count} alike, ${rounded(minUniform)} are enough${over(inliner_count, minUniform)}; ` +
    `average ${rateText(average)} an hour, the line is ${rateText(minAverage)}${over(average, minAverage)}; ` +
    `${counted(outlier_count, 'outlier')} beyond a score of ${anomalyThreshold}`
  );
}

function factsOf(detection: Detection): Fact[] {
  const { traffic, otherProcesses, revisionReason, technique } = detection;
  const facts: (Fact | null)[] = [
    { label: 'Device', value: detection.DeviceName },
    { label: 'Process', value: processOf(detection) },
    { label: 'Remote', value: remoteOf(detection) },
    { label: 'Severity', value: `${detection.severity}: ${detection.severityReason}` },
    revisionReason === '' ? null : { label: 'Changed', value: revisionReason },
    { label: 'Since', value: sinceOf(detection) },
    { label: 'How regular', value: paceOf(detection) },
    { label: 'How rare', value: rarityOf(detection) },
    { label: 'Why', value: reasonOf(detection) },
    listed('Other processes there', otherProcesses),
    listed('Account', traffic.accounts),
    listed('Path', traffic.folderPaths),
    listed('URL', traffic.urls),
    listed('SHA-256', traffic.sha256),
    traffic.succeeded + traffic.failed === 0
      ? null
      : {
          label: 'Connections',
          value: `${counted(traffic.succeeded, 'report')} of success, ${traffic.failed} of failure`,
        },
    {
      label: 'MITRE ATT&CK',
      value: `TA0011 Command and Control${technique ? `, ${technique.id} ${technique.name}` : ''}`,
    },
    { label: 'All of it', value: `beaconwatch detections show ${detection.groupId}` },
  ];
  return facts.filter((fact) => fact !== null);
}

function remoteOf({ RemoteIP, traffic }: Detection): string {
  const ports = traffic.ports.map(({ port }) => port).join(', ');
  return ports === '' ? RemoteIP : `${RemoteIP}, port ${ports}`;
}

function sinceOf(detection: Detection): string {
  const { FirstConnection, LastConnection, episode, episodes, lastMatched, evidence } = detection;
  const isCut = isAtStart(FirstConnection, windowOf(lastMatched, evidence.thresholds.lookbackDays));
  const first = isCut
    ? `since the window began (${minute(FirstConnection)}) or before, last ${minute(LastConnection)}`
    : `${minute(FirstConnection)} to ${minute(LastConnection)} in this window`;
  const before = episodes.length === 0 ? '' : `; ${counted(episodes.length, 'episode')} before`;
  return `seen ${first}; opened ${minute(episode)}${before}`;
}

function rarityOf({ devices }: Detection): string {
  return devices <= 1 ? 'no other device talks to this address' : `${devices} devices talk to this address`;
}

function listed(label: string, values: readonly string[]): Fact | null {
  return values.length === 0 ? null : { label, value: values.join(', ') };
}

function barsOf({ asOf, evidence }: Detection): (number | null)[] {
  const window = windowOf(asOf, evidence.thresholds.lookbackDays);
  return countsByHour(window, evidence.Timestamp, evidence.ConnCounts).slice(-SPARK_HOURS);
}

/** All of it or nothing: a command that leaves out a name would hide more. */
function commandOf(detection: Detection): string | null {
  const { command, leftOut } = suppressCommand(detection);
  return leftOut.length === 0 ? `beaconwatch ${command}` : null;
}

function over(value: number, line: number): string {
  return line > 0 && Number.isFinite(value / line) ? ` (${rounded(value / line)} times)` : '';
}

/** At most two digits behind the point. */
function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** `2026-11-20 09:45` */
function minute(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)}Z`;
}
