import { isAtStart } from '../scoring/hours.ts';
import { windowOf } from '../scoring/window.ts';
import { counted, rateText, roundedText } from '../text/numbers.ts';
import { scaleOf, sparkline } from '../text/sparkline.ts';
import { ACTIVITY_HOURS } from './activity.ts';
import { ANY_REMOTE, type RuleAssessment } from './assessments.ts';
import type { Detection, Severity } from './detection.ts';
import { defenderQuery, sentinelQuery } from './hunting_queries.ts';
import { isRaisedByOutliers } from './interval.ts';
import { rateUnit } from './rate_unit.ts';
import { regularPaceOf, regularReasonOf } from './regular_text.ts';
import { suppressCommand } from './suppress_command.ts';

/** A line of a message: a fixed label, and a value that may hold text of the telemetry. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/**
 * The content of a notification about one detection. Labels, headline and reasons are fixed; every other text may come
 * unescaped from the telemetry. Each sink format escapes it in its own way.
 */
export interface Message {
  /** Id of the detection. */
  readonly id: string;
  /** The event: `New beacon`. */
  readonly headline: string;
  readonly severity: Severity;
  readonly DeviceName: string;
  readonly InitiatingProcessFileName: string;
  readonly RemoteIP: string;
  /** The facts, the most important first. */
  readonly facts: readonly Fact[];
  /** The counts of the last `ACTIVITY_HOURS`. */
  readonly sparkline: string;
  /** Title with the scale of the bars: `Connections by hour, the last 72; █ is 96`. */
  readonly sparkTitle: string;
  readonly queries: readonly { readonly label: string; readonly query: string }[];
  /** The command that suppresses the detection; null where a name is not safe in a shell. */
  readonly suppress: string | null;
}

export function messageOf(detection: Detection): Message {
  const { DeviceName, InitiatingProcessFileName, RemoteIP, severity } = detection;
  const { hours } = detection;
  return {
    id: detection.groupId,
    headline: headlineOf(detection),
    severity,
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    facts: factsOf(detection),
    sparkline: sparkline(hours),
    sparkTitle: `Connections by hour, the last ${ACTIVITY_HOURS}; ${scaleOf(hours)}`,
    queries: [
      { label: 'Query for Defender', query: defenderQuery(detection) },
      { label: 'Query for Sentinel', query: sentinelQuery(detection) },
    ],
    suppress: commandOf(detection),
  };
}

type Headed = Pick<Detection, 'groupId' | 'state' | 'revision' | 'episodes'>;

/** The group id of test messages; no hash gives it. */
export const TEST_GROUP_ID = '0'.repeat(32);

/** The event in a fixed sentence, without telemetry. */
export function headlineOf({ groupId, state, revision, episodes }: Headed): string {
  if (groupId === TEST_GROUP_ID) return 'TEST MESSAGE';
  if (state === 'resolved') return 'Beacon is over';
  if (revision > 0) return 'Beacon changed';
  return episodes.length > 0 ? 'Beacon is back' : 'New beacon';
}

/** A missing process name is named: it is suspicious by itself, and an empty value would be a gap in a sentence. */
export function processOf({ InitiatingProcessFileName }: Pick<Detection, 'InitiatingProcessFileName'>): string {
  return InitiatingProcessFileName === '' ? '(no process name)' : InitiatingProcessFileName;
}

/** The text of the address; of a process as a whole, that it has several. */
export function remoteOf({ RemoteIP }: Pick<Detection, 'RemoteIP'>): string {
  return RemoteIP === ANY_REMOTE ? 'several addresses' : RemoteIP;
}

/** How often it connects, in the words of the first detector that matches. */
export function paceOf({ assessments }: Pick<Detection, 'assessments'>): string {
  const { 'kql-rule': rule, regularity } = assessments;
  if (rule !== null) return rulePaceOf(rule);
  return regularity === null ? '' : regularPaceOf(regularity);
}

/** `60 connections per hour, 70 of 72 hours within the expected range, one about every 60 s (± 2 s) in these hours` */
function rulePaceOf(rule: RuleAssessment): string {
  const { inliner_count, count_of_hours, average, interval, evidence } = rule;
  const points = pointsOf(evidence);
  const every =
    interval === null
      ? ''
      : `, one about every ${roundedText(interval.seconds, 2)} s (± ${roundedText(interval.deviation, 2)} s) in these ${points}`;
  const raised = isRaisedByOutliers(rule) ? `; the other ${points} raise the average above the threshold` : '';
  return `${rateText(average)} connections ${rateUnit(evidence.grain)}, ${inliner_count} of ${count_of_hours} ${points} within the expected range${every}${raised}`;
}

/** Each figure of the match, of each detector that matches. */
export function matchReasonOf({ assessments }: Pick<Detection, 'assessments'>): string {
  const { 'kql-rule': rule, regularity } = assessments;
  return [
    ...(rule === null ? [] : [ruleReasonOf(rule)]),
    ...(regularity === null ? [] : [`regularity: ${regularReasonOf(regularity)}`]),
  ].join('; ');
}

/** Each figure of the rule with its threshold. */
function ruleReasonOf({ inliner_count, count_of_hours, average, outlier_count, evidence }: RuleAssessment): string {
  const { minUniform, minAverage, anomalyThreshold } = evidence.thresholds;
  return (
    `${inliner_count} of ${count_of_hours} ${pointsOf(evidence)} within the expected range ` +
    `(minimum ${roundedText(minUniform, 2)}); ${rateText(average)} ${rateUnit(evidence.grain)} (threshold ${rateText(minAverage)}); ` +
    `${counted(outlier_count, 'outlier')} (score above ${anomalyThreshold})`
  );
}

function pointsOf({ grain }: RuleAssessment['evidence']): string {
  return grain === 'hour' ? 'hours' : 'reports';
}

function factsOf(detection: Detection): Fact[] {
  const { assessments, traffic, otherProcesses, revisionReason, technique } = detection;
  const { regularity } = assessments;
  const facts: (Fact | null)[] = [
    { label: 'Device', value: detection.DeviceName },
    { label: 'Process', value: processOf(detection) },
    { label: 'Remote', value: remoteFactOf(detection) },
    { label: 'Severity', value: `${detection.severity}: ${detection.severityReason}` },
    revisionReason === '' ? null : { label: 'Changed', value: revisionReason },
    { label: 'Since', value: sinceOf(detection) },
    { label: 'Rate', value: paceOf(detection) },
    assessments['kql-rule'] === null || regularity === null
      ? null
      : { label: 'Regularity', value: regularPaceOf(regularity) },
    { label: 'Prevalence', value: rarityOf(detection) },
    { label: 'Reason', value: matchReasonOf(detection) },
    listed('Other processes', otherProcesses),
    listed('Account', traffic.accounts),
    listed('Path', traffic.folderPaths),
    listed('URL', traffic.urls),
    listed('SHA-1', traffic.sha1),
    listed('SHA-256', traffic.sha256),
    traffic.succeeded + traffic.failed === 0
      ? null
      : {
          label: 'Connections',
          value: `${counted(traffic.succeeded, 'report')} of success, ${counted(traffic.failed, 'report')} of failure`,
        },
    {
      label: 'MITRE ATT&CK',
      value: `TA0011 Command and Control${technique ? `, ${technique.id} ${technique.name}` : ''}`,
    },
    { label: 'Details', value: `beaconwatch detections show ${detection.groupId}` },
  ];
  return facts.filter((fact) => fact !== null);
}

function remoteFactOf(detection: Detection): string {
  const { assessments, traffic } = detection;
  const ports = traffic.ports.map(({ port }) => port).join(', ');
  const first =
    detection.RemoteIP === ANY_REMOTE ? (assessments.regularity?.remoteIPs ?? []).slice(0, MOST_REMOTES) : [];
  const named = `${remoteOf(detection)}${first.length === 0 ? '' : `, such as ${first.join(', ')}`}`;
  return ports === '' ? named : `${named}, port ${ports}`;
}

const MOST_REMOTES = 5;

function sinceOf({ FirstConnection, LastConnection, episode, episodes, lastMatched, assessments }: Detection): string {
  const isCut = isAtStart(FirstConnection, windowOf(lastMatched, lookbackDaysOf(assessments)));
  const first = isCut
    ? `since the start of the window (${minute(FirstConnection)}) or earlier, last ${minute(LastConnection)}`
    : `${minute(FirstConnection)} to ${minute(LastConnection)} in this window`;
  const before = episodes.length === 0 ? '' : `; ${counted(episodes.length, 'earlier episode')}`;
  return `seen ${first}; opened ${minute(episode)}${before}`;
}

/** The length of the window behind a detection's numbers. */
export function lookbackDaysOf({ 'kql-rule': rule }: Detection['assessments']): number {
  return rule?.evidence.thresholds.lookbackDays ?? REGULARITY_DAYS;
}

const REGULARITY_DAYS = ACTIVITY_HOURS / 24;

function rarityOf({ devices, RemoteIP, assessments }: Detection): string {
  const regular = assessments.regularity;
  const does =
    regular !== null && regular.regularDevices > 1 ? `; ${regular.regularDevices} devices do so regularly` : '';
  if (RemoteIP === ANY_REMOTE) return `few other devices use these addresses${does}`;
  return `${devices <= 1 ? 'no other device connects to this address' : `${devices} devices connect to this address`}${does}`;
}

function listed(label: string, values: readonly string[]): Fact | null {
  return values.length === 0 ? null : { label, value: values.join(', ') };
}

/** null where an option would be missing: the command would suppress more than this detection. */
function commandOf(detection: Detection): string | null {
  const { command, omitted } = suppressCommand(detection);
  return omitted.length === 0 ? `beaconwatch ${command}` : null;
}

/** `2026-11-20 09:45Z` */
function minute(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)}Z`;
}
