import type { KnownBlock, RichTextBlock, RichTextElement, RichTextSection } from '@slack/types';
import type { Detection } from '../../core/detections/detection.ts';
import { paceOf, processOf, remoteOf } from '../../core/detections/message.ts';
import type { Notification } from '../sink.ts';
import { CHAT_DETAILS, chatContentOf, digestEnd, digestHeadline } from './chat.ts';
import { fitted, forChat, jsonText, lines } from './escape.ts';
import type { Links } from './links.ts';
import type { SinkRequest } from './request.ts';
import type { SinkOf } from './settings.ts';

/**
 * A message for an incoming webhook of Slack. All text of the telemetry stands in `rich_text`, which Slack does not parse:
 * mentions, links and emoji are elements of their own there, so text cannot become one.
 */
export function slackRequest(notification: Notification, sink: SinkOf<'slack'>, links: Links): SinkRequest {
  const { detections, digest } = notification;
  const [first] = detections;
  const body = first && !digest ? single(first, links) : digestBody(notification);
  return { url: sink.url, body, headers: { 'content-type': 'application/json; charset=utf-8' } };
}

/** Slack refuses a message of about 13,200 characters (`msg_blocks_too_long`). */
export const SLACK_LENGTH = 12_000;

function single(detection: Detection, links: Links): string {
  return fitted(
    CHAT_DETAILS,
    (detail) => {
      const content = chatContentOf(detection, links, detail);
      const { headline, severity } = content.message;
      return bodyOf(`${headline} (${severity})`, blocksOf(content, detail.length));
    },
    (text) => text.length <= SLACK_LENGTH,
  );
}

function blocksOf(
  { message, queries, command, urls, omitted }: ReturnType<typeof chatContentOf>,
  length: number,
): KnownBlock[] {
  const links = urls.map(({ label, url }): RichTextElement => ({ type: 'link', url, text: label }));
  return [
    richText(message.facts.map(({ label, value }) => section(bold(`${label}: `), text(forChat(value, length))))),
    richText([section(bold(message.sparkTitle))], message.sparkline),
    ...queries.map(({ label, query }) => richText([section(bold(label))], lines(query))),
    ...(command === null ? [] : [richText([section(bold('Suppress'))], command)]),
    ...(links.length === 0 ? [] : [richText([section(...between(links))])]),
    ...(omitted === '' ? [] : [richText([section(text(omitted))])]),
  ];
}

function digestBody({ detections, more }: Notification): string {
  const items = detections.map((detection) => {
    const { severity, DeviceName } = detection;
    const what = `${forChat(processOf(detection), 60)} on ${forChat(DeviceName, 80)} to ${forChat(remoteOf(detection), 60)}`;
    return section(bold(`${severity} `), text(`${what}: ${paceOf(detection)}`));
  });
  return bodyOf(digestHeadline(detections.length, more), [
    { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements: items }] },
    richText([section(text(digestEnd(more)))]),
  ]);
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
  return { type: 'text', text: value, style: { bold: true } };
}

function between(elements: RichTextElement[]): RichTextElement[] {
  return elements.flatMap((element, n) => (n === 0 ? [element] : [text('  ·  '), element]));
}
