import { type Detection, detectionIdOf, type Evidence, notificationIdOf } from '../../core/detections/detection.ts';
import { defenderQuery, sentinelQuery } from '../../core/detections/hunting_queries.ts';
import { headlineOf } from '../../core/detections/message.ts';
import { cutTo } from './escape.ts';
import { type Links, linksOf } from './links.ts';

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
];

/** A detection for a machine: the rule's row under the rule's own names, and its evidence. */
export function detectionData(detection: Detection, links: Links, detail: Detail = WHOLE) {
  const { groupId, detector, state, episode, revision, revisionReason, asOf, source, evidence, traffic } = detection;
  const { episodes, devices, otherProcesses, spread, interval, severity, severityReason, technique } = detection;
  const cut = (text: string) => cutTo(text, detail.length);
  const some = (texts: readonly string[]) => texts.slice(0, detail.listed).map(cut);
  const whole = {
    id: detectionIdOf(detection),
    notificationId: notificationIdOf(detection),
    headline: headlineOf(detection),
    groupId,
    detector,
    state,
    episode,
    revision,
    revisionReason,
    asOf,
    severity,
    severityReason,
    tactic: { id: 'TA0011', name: 'Command and Control' },
    technique,
    source,
    FirstConnection: detection.FirstConnection,
    LastConnection: detection.LastConnection,
    DeviceName: cut(detection.DeviceName),
    InitiatingProcessFileName: cut(detection.InitiatingProcessFileName),
    RemoteIP: cut(detection.RemoteIP),
    count_of_hours: detection.count_of_hours,
    inliner_count: detection.inliner_count,
    outlier_count: detection.outlier_count,
    avg_conn_count: detection.avg_conn_count,
    average: detection.average,
    spread,
    interval,
    devices,
    otherProcesses: some(otherProcesses),
    traffic: {
      ...traffic,
      ports: traffic.ports.slice(0, detail.listed),
      localIPs: some(traffic.localIPs),
      sha1: some(traffic.sha1),
      sha256: some(traffic.sha256),
      folderPaths: some(traffic.folderPaths),
      accounts: some(traffic.accounts),
      urls: some(traffic.urls),
    },
    episodes: episodes.slice(-detail.listed),
    links: detail.links ? linksOf(links, detection) : [],
    queries: detail.queries ? { defender: defenderQuery(detection), sentinel: sentinelQuery(detection) } : null,
    evidence: newest(evidence, detail.points),
  };
  return { ...whole, omitted: omittedOf(detection, detail) };
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
function omittedOf({ evidence, traffic, otherProcesses, episodes, ...names }: Detection, detail: Detail): string[] {
  const lists = { ...traffic, otherProcesses, episodes } as Readonly<Record<string, unknown>>;
  const isCut = (value: unknown) => typeof value === 'string' && value.length > detail.length;
  const { DeviceName, InitiatingProcessFileName, RemoteIP } = names;
  return [
    ...(evidence.ConnCounts.length > detail.points ? ['evidence'] : []),
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
