import { type Assessments, detectorsOf, type Evidence } from '../../core/detections/assessments.ts';
import { type Detection, notificationIdOf } from '../../core/detections/detection.ts';
import { headlineOf } from '../../core/detections/headline.ts';
import { defenderQuery, sentinelQuery } from '../../core/detections/hunting_queries.ts';
import { trafficLists } from '../../core/detections/traffic.ts';
import { cutTo } from './escape.ts';
import { type Links, linksOf } from './links.ts';
import { portalLinksOf } from './portal_links.ts';

/** How much of a detection goes to a machine. A message with less than all names the missing parts in `omitted`. */
export interface Detail {
  /** Points of the series at most, the newest. */
  readonly points: number;
  /** Items of each list of the traffic at most. */
  readonly listed: number;
  readonly queries: boolean;
  readonly links: boolean;
  /** Characters of a text of the telemetry at most. */
  readonly length: number;
}

const WHOLE: Detail = { points: 500, listed: 10, queries: true, links: true, length: 32_767 };

/** From the most to the least detail. */
export const DETAILS: readonly Detail[] = [
  WHOLE,
  { ...WHOLE, points: 168 },
  { ...WHOLE, points: 72 },
  { ...WHOLE, points: 24, listed: 3 },
  { points: 24, listed: 1, queries: false, links: true, length: 1024 },
  { points: 0, listed: 1, queries: false, links: false, length: 128 },
  { points: 0, listed: 1, queries: false, links: false, length: 64 },
  { points: 0, listed: 0, queries: false, links: false, length: 64 },
];

/** A detection for a machine: of the KQL rule the numbers under the rule's own names, and the evidence. */
export function detectionData(detection: Detection, links: Links, detail: Detail = WHOLE) {
  const { groupId, state, episode, revision, revisionReason, asOf, source, traffic } = detection;
  const { episodes, devices, fleetDevices, otherProcesses, severity, severityReason, technique, hours, days } =
    detection;
  const { owner = null, known, programHash } = detection;
  const cut = (text: string) => cutTo(text, detail.length);
  const some = (texts: readonly string[]) => texts.slice(0, detail.listed).map(cut);
  const whole = {
    id: detection.groupId,
    notificationId: notificationIdOf(detection),
    headline: headlineOf(detection),
    groupId,
    detectors: detectorsOf(detection),
    state,
    episode,
    revision,
    revisionReason,
    asOf,
    severity,
    severityReason,
    known,
    programHash,
    tactic: { id: 'TA0011', name: 'Command and Control' },
    technique,
    source,
    FirstConnection: detection.FirstConnection,
    LastConnection: detection.LastConnection,
    DeviceName: cut(detection.DeviceName),
    InitiatingProcessFileName: cut(detection.InitiatingProcessFileName),
    RemoteIP: cut(detection.RemoteIP),
    assessments: assessmentsData(detection.assessments, detail, some),
    owner: owner && { ...owner, organisation: cut(owner.organisation), country: cut(owner.country) },
    devices,
    fleetDevices,
    otherProcesses: some(otherProcesses),
    traffic: {
      ...traffic,
      ports: traffic.ports.slice(0, detail.listed),
      ...trafficLists((list) => some(traffic[list])),
    },
    episodes: detail.listed === 0 ? [] : episodes.slice(-detail.listed),
    links: detail.links ? [...linksOf(links, detection), ...portalLinksOf(detection)] : [],
    queries: detail.queries ? { defender: defenderQuery(detection), sentinel: sentinelQuery(detection) } : null,
    hours: hours.slice(-Math.min(detail.points, hours.length) || hours.length),
    days,
  };
  return { ...whole, omitted: omittedOf(detection, detail) };
}

function assessmentsData(
  { 'kql-rule': rule, regularity }: Assessments,
  detail: Detail,
  some: (texts: readonly string[]) => readonly string[],
): Assessments {
  return {
    'kql-rule': rule && { ...rule, evidence: newest(rule.evidence, detail.points) },
    regularity: regularity && { ...regularity, remoteIPs: some(regularity.remoteIPs) },
  };
}

/** The newest points; `omitted` counts the others. */
function newest(evidence: Evidence, points: number): Evidence {
  const last = <T>(values: readonly T[]): readonly T[] => (points === 0 ? [] : values.slice(-points));
  const left = Math.max(0, evidence.ConnCounts.length - points);
  return {
    ...evidence,
    Timestamp: last(evidence.Timestamp),
    ConnCounts: last(evidence.ConnCounts),
    flags: last(evidence.flags),
    scores: last(evidence.scores),
    baseline: last(evidence.baseline),
    omitted: evidence.omitted + left,
  };
}

/** Names of the parts that a smaller message omits or cuts. */
function omittedOf({ assessments, traffic, otherProcesses, episodes, ...names }: Detection, detail: Detail): string[] {
  const { 'kql-rule': rule, regularity } = assessments;
  const lists = { ...traffic, otherProcesses, episodes, remoteIPs: regularity?.remoteIPs } as Readonly<
    Record<string, unknown>
  >;
  const isCut = (value: unknown) => typeof value === 'string' && value.length > detail.length;
  const { DeviceName, InitiatingProcessFileName, RemoteIP } = names;
  return [
    ...((rule?.evidence.ConnCounts.length ?? 0) > detail.points ? ['evidence'] : []),
    ...Object.entries(lists).flatMap(([name, list]) =>
      Array.isArray(list) && (list.length > detail.listed || list.some(isCut)) ? [name] : [],
    ),
    ...(detail.queries ? [] : ['queries']),
    ...(detail.links ? [] : ['links']),
    ...Object.entries({ DeviceName, InitiatingProcessFileName, RemoteIP }).flatMap(([name, value]) =>
      isCut(value) ? [name] : [],
    ),
  ];
}
