import { ANY_REMOTE } from '../../core/detections/assessments.ts';
import { type Detection, FIRST_REVISION, SEVERITIES, type Severity } from '../../core/detections/detection.ts';
import { intervalSecondsOf, prevalenceText } from '../../core/detections/headline.ts';
import { endpointOf, processOf } from '../../core/detections/names.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import { spanText } from '../../core/text/span.ts';
import type { Notification } from '../sink.ts';
import { type Links, linksOf } from './links.ts';
import { type Link, portalLinksOf } from './portal_links.ts';

/** A line of a digest: one detection, or several that share an address. */
export interface DigestLine {
  readonly severity: Severity;
  /** Escaped text of the telemetry among our own. */
  readonly text: string;
  /** Of the first detection. */
  readonly link: Link | null;
}

/** Detections of one address from which on a digest has one line for them. */
const GROUPED = 3;
/** Names in such a line at most; the others are counted. */
const NAMED = 3;

/** `HIGH: 47 new or changed beacons`: the highest severity of those that are listed, which come first. */
export function digestHeadline({ detections, more }: Notification): string {
  const highest = Math.max(...detections.map(({ severity }) => SEVERITIES.indexOf(severity)), 0);
  return `${SEVERITIES[highest]?.toUpperCase()}: ${counted(detections.length + more, 'new or changed beacon')}`;
}

/** The lines of a digest, the most severe first. `escapeText` is the format's. */
export function digestLines(
  { detections }: Notification,
  templates: Links,
  escapeText: (text: string, maxLength: number) => string,
): readonly DigestLine[] {
  const groups = Map.groupBy(detections, ({ RemoteIP, groupId }) => (RemoteIP === ANY_REMOTE ? groupId : RemoteIP));
  const isGrouped = (group: readonly Detection[] | undefined) => (group?.length ?? 0) >= GROUPED;
  const lines = [...groups.values()].flatMap((group) => (isGrouped(group) ? [group] : group.map((each) => [each])));
  return lines
    .toSorted(([a], [b]) => severityOf(b) - severityOf(a))
    .map((group) => lineOf(group, templates, escapeText));
}

function severityOf(detection: Detection | undefined): number {
  return detection === undefined ? -1 : SEVERITIES.indexOf(detection.severity);
}

function lineOf(
  group: readonly Detection[],
  templates: Links,
  escapeText: (text: string, maxLength: number) => string,
): DigestLine {
  const most = group.toSorted((a, b) => severityOf(b) - severityOf(a));
  const first = most[0] as Detection;
  const names = (texts: readonly string[], length: number) => namesText(texts.map((text) => escapeText(text, length)));
  const processes = names(most.map(processOf), 60);
  const devices = names(
    most.map(({ DeviceName }) => DeviceName || '(no device name)'),
    80,
  );
  const seconds = intervalSecondsOf(first);
  const facts = [
    `${processes} on ${devices} to ${escapeText(endpointOf(first), 60)}`,
    ...(seconds === null ? [] : [`every ${spanText(seconds)}`]),
    prevalenceText(first),
    ...(first.state === 'resolved' ? ['over'] : first.revision > FIRST_REVISION ? ['changed'] : []),
  ];
  const [link] = [...linksOf(pagesOf(templates), first), ...portalLinksOf(first), ...linksOf(templates, first)];
  return { severity: first.severity, text: facts.join(', '), link: link ?? null };
}

/** Links to a page of the detection itself. */
function pagesOf(templates: Links): Links {
  return Object.fromEntries(Object.entries(templates).filter(([, template]) => /\{(id|groupId)\}/.test(template)));
}

/** `a, b, c and 4 more`, each once. */
function namesText(texts: readonly string[]): string {
  const distinct = [...new Set(texts)];
  const more = distinct.length - NAMED;
  return more > 0 ? `${distinct.slice(0, NAMED).join(', ')} and ${more} more` : distinct.join(', ');
}

/** The last line of a digest: how many detections it does not list, and where all of them are. */
export function digestEnd(more: number): string {
  const all = 'To list all detections: beaconwatch detections list';
  return more > 0 ? `and ${groupedText(more)} more. ${all}` : all;
}
