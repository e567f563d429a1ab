import type { Detection } from '../../core/detections/detection.ts';
import { type Message, messageOf } from '../../core/detections/message.ts';
import { type Links, linksOf } from './links.ts';

/** How much of a message goes to a chat. */
interface ChatDetail {
  /** Characters of a value at most. */
  readonly length: number;
  readonly queries: number;
  readonly links: boolean;
}

/** From the most to the least detail: the length of a chat message is limited. */
export const CHAT_DETAILS: readonly ChatDetail[] = [
  { length: 300, queries: 2, links: true },
  { length: 300, queries: 1, links: true },
  { length: 150, queries: 1, links: true },
  { length: 150, queries: 0, links: true },
  { length: 60, queries: 0, links: false },
];
/** Slack takes at most 3,000 characters in one text. */
const LONGEST_QUERY = 2800;
/** Nobody pastes a longer command. */
const LONGEST_COMMAND = 1000;

/** The content of a chat message at one level of detail. `omitted` names what the level leaves away; '' for nothing. */
export function chatContentOf(detection: Detection, links: Links, detail: ChatDetail) {
  const message = messageOf(detection);
  const queries = message.queries.slice(0, detail.queries).filter(({ query }) => query.length <= LONGEST_QUERY);
  const command = message.suppress !== null && message.suppress.length <= LONGEST_COMMAND ? message.suppress : null;
  const urls = detail.links ? linksOf(links, detection) : [];
  const parts = [
    ...(queries.length < message.queries.length ? [`${message.queries.length - queries.length} queries`] : []),
    ...(urls.length < Object.keys(links).length ? [`${Object.keys(links).length - urls.length} links`] : []),
    ...(command === null ? [omittedCommand(message)] : []),
  ];
  const omitted =
    parts.length === 0 ? '' : `Omitted: ${parts.join(', ')}. See: beaconwatch detections show '${message.id}'`;
  return { message, queries, command, urls, omitted };
}

function omittedCommand({ suppress }: Message): string {
  return suppress === null ? 'the suppress command (a name is empty, or unsafe in a shell)' : 'the suppress command';
}

export function digestHeadline(listed: number, more: number): string {
  return `${listed + more} new or changed beacons`;
}

/** The last line of a digest: how many detections it does not list, and where all of them are. */
export function digestEnd(more: number): string {
  const all = 'To list all detections: beaconwatch detections list';
  return more > 0 ? `and ${more} more. ${all}` : all;
}
