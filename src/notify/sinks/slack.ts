import type { KnownBlock, RichTextBlock, RichTextElement, RichTextSection } from '@slack/types';
import type { Detection } from '../../core/detections/detection.ts';
import type { Notification } from '../sink.ts';
import { CHAT_DETAILS, type ChatContent, chatContentOf } from './chat.ts';
import { digestEnd, digestHeadline, digestLines } from './digest.ts';
import { fitted, forChat, jsonText, lines } from './escape.ts';
import type { Links } from './links.ts';
import type { Link } from './portal_links.ts';
import type { SinkRequest } from './request.ts';
import type { SinkOf } from './settings.ts';

/**
 * A message for an incoming webhook of Slack. All text of the telemetry stands in `rich_text`, which Slack does not parse:
 * mentions, links and emoji are elements of their own there, so text cannot become one.
 */
export function slackRequest(notification: Notification, sink: SinkOf<'slack'>, links: Links): SinkRequest {
  const { detections, digest } = notification;
  const [first] = detections;
  const body = first && !digest ? single(first, links) : digestBody(notification, links);
  return { url: sink.url, body, headers: { 'content-type': 'application/json; charset=utf-8' } };
}

/** Slack refuses a message of about 13,200 characters (`msg_blocks_too_long`). */
export const SLACK_LENGTH = 12_000;

function single(detection: Detection, links: Links): string {
  return fitted(
    CHAT_DETAILS,
    (detail) => {
      const content = chatContentOf(detection, links, detail, forChat);
      return bodyOf(content.headline, blocksOf(content));
    },
    (text) => text.length <= SLACK_LENGTH,
  );
}

function blocksOf({ sentence, figures, bars, facts, links, query, commands, omitted }: ChatContent): KnownBlock[] {
  return [
    richText([section(...sentence.map(({ text: words, isName }) => (isName ? bold(words) : text(words))))]),
    richText([
      section(...figures.flatMap(({ label, value }, n) => [text(`${n === 0 ? '' : ' · '}${label} `), bold(value)])),
    ]),
    richText([], bars),
    ...(facts.length === 0
      ? []
      : [richText(facts.map(({ label, value }) => section(bold(`${label}: `), text(value))))]),
    ...(omitted === '' ? [] : [richText([section(text(omitted))])]),
    ...(links.length === 0 ? [] : [richText([section(...between(links.map(linkTo)))])]),
    ...(query === null ? [] : [richText([section(bold(`Query for ${query.portal}`))], lines(query.text))]),
    richText([section(bold('Commands'))], commands.join('\n')),
  ];
}

function linkTo({ label, url }: Link): RichTextElement {
  return { type: 'link', url, text: label };
}

function digestBody(notification: Notification, links: Links): string {
  return fitted(
    [true, false],
    (hasLinks) => {
      const items = digestLines(notification, links, forChat).map(({ severity, text: words, link }) =>
        section(
          bold(`${severity.toUpperCase()} `),
          text(words),
          ...(hasLinks && link !== null ? [text('  ·  '), linkTo(link)] : []),
        ),
      );
      return bodyOf(digestHeadline(notification), [
        { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements: items }] },
        richText([section(text(digestEnd(notification.more)))]),
      ]);
    },
    (body) => body.length <= SLACK_LENGTH,
  );
}

/** Switches off the parsing of mentions, links and markup in the summary, which phones show. */
const QUIET = { parse: 'none', link_names: false, mrkdwn: false, unfurl_links: false, unfurl_media: false } as const;

/** The title holds no text of the telemetry; it is the header and the summary. */
function bodyOf(title: string, blocks: readonly KnownBlock[]): string {
  const header: KnownBlock = { type: 'header', text: { type: 'plain_text', text: title, emoji: false } };
  return jsonText({ ...QUIET, text: title, blocks: [header, ...blocks] });
}

function richText(sections: RichTextSection[], preformatted?: string): RichTextBlock {
  // Without a line end the next section continues on the same line.
  const ended = sections.map(({ type, elements }, n) => ({
    type,
    elements: n < sections.length - 1 ? [...elements, text('\n')] : elements,
  }));
  const code = preformatted ?? '';
  return {
    type: 'rich_text',
    elements:
      code === '' ? ended : [...ended, { type: 'rich_text_preformatted', elements: [{ type: 'text', text: code }] }],
  };
}

function section(...elements: RichTextElement[]): RichTextSection {
  return { type: 'rich_text_section', elements };
}

/** Slack refuses an element without text. */
function text(value: string): RichTextElement {
  return { type: 'text', text: value === '' ? '-' : value };
}

function bold(value: string): RichTextElement {
  return { type: 'text', text: value === '' ? '-' : value, style: { bold: true } };
}

function between(elements: RichTextElement[]): RichTextElement[] {
  return elements.flatMap((element, n) => (n === 0 ? [element] : [text('  ·  '), element]));
}
