import type { Detection, Severity } from '../../core/detections/detection.ts';
import { paceOf, processOf, remoteOf } from '../../core/detections/message.ts';
import type { Notification } from '../sink.ts';
import { CHAT_DETAILS, chatContentOf, digestEnd, digestHeadline } from './chat.ts';
import { fitted, forChat, jsonText, lines, utf8BytesOf } from './escape.ts';
import type { Links } from './links.ts';
import type { SinkRequest } from './request.ts';
import type { SinkOf } from './settings.ts';

/**
 * A message for a Workflows URL of Teams: an Adaptive Card. Teams parses Markdown in a `TextBlock` and a `FactSet`, so
 * all text of the telemetry stands in the `TextRun`s of a `RichTextBlock`, which Teams does not parse.
 * https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
 */
export function teamsRequest(notification: Notification, sink: SinkOf<'teams'>, links: Links): SinkRequest {
  const { detections, digest } = notification;
  const [first] = detections;
  const body = first && !digest ? single(first, links) : messageText(digestCard(notification));
  return { url: sink.url, body, headers: { 'content-type': 'application/json; charset=utf-8' } };
}

/** Teams takes about 28 KB; its documentation does not name the encoding, so the limit applies to UTF-8 and to UTF-16. */
export const TEAMS_BYTES = 27_000;

export function fitsTeams(body: string): boolean {
  return utf8BytesOf(body) <= TEAMS_BYTES && body.length * 2 <= TEAMS_BYTES;
}

const COLORS: Readonly<Record<Severity, string>> = { high: 'attention', medium: 'warning', low: 'accent' };

function single(detection: Detection, links: Links): string {
  return fitted(
    CHAT_DETAILS,
    (detail) => messageText(cardOf(chatContentOf(detection, links, detail), detail.length)),
    fitsTeams,
  );
}

function cardOf(
  { message, queries, command, urls, omitted }: ReturnType<typeof chatContentOf>,
  length: number,
): object {
  return card(
    [
      title(`${message.headline} (${message.severity})`, COLORS[message.severity]),
      ...message.facts.map(({ label, value }) => line(run(`${label}: `, BOLD), run(forCard(value, length)))),
      line(run(message.sparkTitle, BOLD)),
      code(message.sparkline),
      ...(omitted === '' ? [] : [line(run(omitted))]),
    ],
    [
      ...urls.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
      ...queries.map(({ label, query }) => toCopy(label, lines(query))),
      ...(command === null ? [] : [toCopy('Suppress', command)]),
    ],
  );
}

function digestCard({ detections, more }: Notification): object {
  const items = detections.map((detection) => {
    const { severity, DeviceName } = detection;
    const what = `${forCard(processOf(detection), 60)} on ${forCard(DeviceName, 80)} to ${forCard(remoteOf(detection), 60)}`;
    return line(run(`${severity} `, { ...BOLD, color: COLORS[severity] }), run(`${what}: ${paceOf(detection)}`));
  });
  return card([title(digestHeadline(detections.length, more), 'attention'), ...items, line(run(digestEnd(more)))], []);
}

/** The envelope for the workflow "Post to a channel when a webhook request is received". */
function messageText(content: object): string {
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return jsonText({ type: 'message', attachments: [{ contentType, contentUrl: null, content }] });
}

function card(body: readonly object[], actions: readonly object[]): object {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body,
    ...(actions.length > 0 && { actions }),
  };
}

const BOLD = { weight: 'bolder' } as const;

/** For text without telemetry: Teams parses Markdown in a TextBlock. */
function title(text: string, color: string): object {
  return { type: 'TextBlock', text, size: 'large', weight: 'bolder', color, wrap: true };
}

function line(...inlines: readonly object[]): object {
  return { type: 'RichTextBlock', inlines, spacing: 'small' };
}

function code(text: string): object {
  return line(run(text, { fontType: 'monospace' }));
}

/** The lines of a query or a command, behind a button so that the card stays short. */
function toCopy(label: string, text: string): object {
  const body = text.split('\n').map((each) => ({ ...code(each), spacing: 'none' }));
  return { type: 'Action.ShowCard', title: label, card: { type: 'AdaptiveCard', version: '1.4', body } };
}

/** Text of the telemetry, escaped, of at most `maxLength` characters. */
function forCard(text: string, maxLength: number): string {
  return forChat(escapeBraces(text), maxLength);
}

/**
 * Escapes the second of two braces. Teams replaces `{{DATE(…)}}` and `{{TIME(…)}}` anywhere in the text of a card; KQL reads
 * the escape as the brace. (A run of its own for each brace would cost fifty bytes.)
 */
function escapeBraces(text: string): string {
  return text.replace(/(?<=\{)\{/g, '\\u007b');
}

/** Text as it is; a run must not be empty. */
function run(text: string, style: Readonly<Record<string, string>> = {}): object {
  return { type: 'TextRun', text: text === '' ? ' ' : escapeBraces(text), ...style };
}
