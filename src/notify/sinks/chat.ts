import type { Detection } from '../../core/detections/detection.ts';
import { type Message, messageOf } from '../../core/detections/message.ts';
import { type Links, linksOf } from './links.ts';

/** How much of a message a chat is shown. */
interface Attempt {
  /** Of a value, at most so many characters. */
  readonly length: number;
  readonly queries: number;
  readonly links: boolean;
}

/** From the fullest to the barest: a chat has its limits. */
export const ATTEMPTS: readonly Attempt[] = [
  { length: 300, queries: 2, links: true },
  { length: 300, queries: 1, links: true },
  { length: 150, queries: 1, links: true },
  { length: 150, queries: 0, links: true },
  { length: 60, queries: 0, links: false },
];
/** Slack takes 3,000 characters as one text. */
const LONGEST_QUERY = 2800;
/** A longer command is one that nobody pastes. */
const LONGEST_COMMAND = 1000;

/** What one attempt shows of a detection, and a line on what it had to leave out; '' where nothing. */
export function shownOf(detection: Detection, links: Links, attempt: Attempt) {
  const message = messageOf(detection);
  const queries = message.queries.slice(0, attempt.queries).filter(({ query }) => query.length <= LONGEST_QUERY);
  const command = message.suppress !== null && message.suppress.length <= LONGEST_COMMAND ? message.suppress : null;
  const urls = attempt.links ? linksOf(links, detection) : [];
  const left = [
    ...(queries.length < message.queries.length ? [`${message.queries.length - queries.length} queries`] : []),
    ...(urls.length < Object.keys(links).length ? [`${Object.keys(links).length - urls.length} links`] : []),
    ...(command === null ? [commandLeft(message)] : []),
  ];
  const leftOut =
    left.length === 0 ? '' : `Left out: ${left.join(', ')}. See: beaconwatch detections show '${message.id}'`;
  return { message, queries, command, urls, leftOut };
}

function commandLeft({ suppress }: Message): string {
  return suppress === null
    ? 'the command that suppresses it, since a name is missing, or a shell could take one for more'
    : 'the command that suppresses it';
}

export function digestHeadline(shown: number, more: number): string {
  return `${shown + more} new or changed beacons`;
}

/** The end of a digest: a flood is cut, and nothing of it is lost. */
export function digestEnd(more: number): string {
  const all = 'All of them are in the Detections table: beaconwatch detections list';
  return more > 0 ? `and ${more} more. ${all}` : all;
}
