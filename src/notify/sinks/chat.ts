import type { Detection } from '../../core/detections/detection.ts';
import type { Fact } from '../../core/detections/fact.ts';
import { type Message, messageOf } from '../../core/detections/message.ts';
import { pictureText } from '../../core/detections/picture.ts';
import type { SentencePart } from '../../core/detections/sentence.ts';
import { type Links, linksOf } from './links.ts';
import { type Link, portalLinksOf } from './portal_links.ts';

/** How much of a message goes to a chat. */
interface ChatDetail {
  readonly query: boolean;
  readonly links: boolean;
}

/** From the most to the least detail: the length of a chat message is limited. */
export const CHAT_DETAILS: readonly ChatDetail[] = [
  { query: true, links: true },
  { query: false, links: true },
  { query: false, links: false },
];

/** Characters before the query at most: a person reads them on a phone. */
export const TEXT_LENGTH = 1200;
/** Kept free for the line that names what was omitted, without the labels of facts. */
const OMITTED_LENGTH = 110;
/** Characters of a name in the sentence, and of a fact. */
const NAME_LENGTH = 60;
const FACT_LENGTH = 160;
/** Slack takes at most 3,000 characters in one text. */
const LONGEST_QUERY = 2800;

/** Escapes text of the telemetry for a format, and cuts it visibly. */
type Escape = (text: string, maxLength: number) => string;

/** The content of a chat message, escaped, at one level of detail. */
export interface ChatContent extends Pick<Message, 'headline' | 'severity' | 'figures' | 'picture'> {
  readonly sentence: readonly SentencePart[];
  /** The picture as text. */
  readonly bars: string;
  readonly facts: readonly Fact[];
  readonly links: readonly Link[];
  readonly query: Message['query'] | null;
  /** To type, one a line. */
  readonly commands: readonly string[];
  /** Names what this message does not have, and where it is; '' for nothing. */
  readonly omitted: string;
}

export function chatContentOf(
  detection: Detection,
  templates: Links,
  detail: ChatDetail,
  escapeText: Escape,
): ChatContent {
  const message = messageOf(detection);
  const { headline, severity, figures, picture } = message;
  const sentence = message.sentence.map(({ text, isName }) => ({
    isName,
    text: isName ? escapeText(text, NAME_LENGTH) : text,
  }));
  const bars = pictureText(picture);
  const links = [...portalLinksOf(detection), ...linksOf(templates, detection)];
  const whole =
    lengthOf([headline, bars, ...sentence.map(({ text }) => text), ...links.map(({ label }) => `${label}  ·  `)]) +
    figures.map(factLength).reduce(sum, 0);
  const { facts, left } = factsWithin(TEXT_LENGTH - OMITTED_LENGTH - whole, message.facts, escapeText);
  const query = message.query.text.length <= LONGEST_QUERY && detail.query ? message.query : null;
  const omitted = [
    ...left,
    ...(query === null ? ['the query'] : []),
    ...(detail.links || links.length === 0 ? [] : ['links']),
  ];
  return {
    ...{ headline, severity, sentence, figures, picture, bars, facts, query },
    links: detail.links ? links : [],
    commands: Object.values(message.commands),
    omitted:
      omitted.length === 0 ? '' : `Omitted: ${omitted.join(', ')}. See: beaconwatch detections show ${message.id}`,
  };
}

/** The facts that fit into so many characters beside the labels of the others, in order, and these labels. */
function factsWithin(length: number, all: readonly Fact[], escapeText: Escape) {
  const facts: Fact[] = [];
  const left: string[] = [];
  let free = length - all.map(({ label }) => label.length + 2).reduce(sum, 0);
  for (const { label, value } of all) {
    const fact = { label, value: escapeText(value, FACT_LENGTH) };
    const more = factLength(fact) - label.length - 2;
    if (more > free) left.push(label);
    else {
      free -= more;
      facts.push(fact);
    }
  }
  return { facts, left };
}

/** With the colon and the end of the line. */
function factLength({ label, value }: Fact): number {
  return label.length + value.length + 3;
}

function lengthOf(texts: readonly string[]): number {
  return texts.map((text) => text.length).reduce(sum, 0);
}

function sum(a: number, b: number): number {
  return a + b;
}
