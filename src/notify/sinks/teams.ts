import type { Detection, Severity } from '../../core/detections/detection.ts';
import type { Picture, PictureHour } from '../../core/detections/picture.ts';
import { rateText } from '../../core/text/numbers.ts';
import type { Notification } from '../sink.ts';
import { CHAT_DETAILS, type ChatContent, chatContentOf } from './chat.ts';
import { digestEnd, digestHeadline, digestLines } from './digest.ts';
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
  const body = first && !digest ? single(first, links) : messageText(digestCard(notification, links));
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
    (detail) => messageText(cardOf(chatContentOf(detection, links, detail, forCard))),
    fitsTeams,
  );
}

function cardOf(content: ChatContent): object {
  const { headline, severity, sentence, figures, picture, bars, facts, links, query, commands, omitted } = content;
  return card(
    [
      title(headline, COLORS[severity]),
      line(...sentence.map(({ text, isName }) => run(text, isName ? BOLD : {}))),
      line(...figures.flatMap(({ label, value }, n) => [run(`${n === 0 ? '' : ' · '}${label} `), run(value, BOLD)])),
      chart(picture, bars),
      ...facts.map(({ label, value }) => line(run(`${label}: `, BOLD), run(value))),
      ...(omitted === '' ? [] : [line(run(omitted))]),
    ],
    [
      ...links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
      ...(query === null ? [] : [toCopy(`Query for ${query.portal}`, lines(query.text))]),
      toCopy('Commands', commands.join('\n')),
    ],
  );
}

/**
 * The hours as bars; where a client knows no charts, as text. A chart has no line for the threshold, so hours at or below it
 * are grey, and the title names it.
 * https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/charts-in-adaptive-cards
 */
function chart({ hours, threshold }: Picture, bars: string): object {
  return {
    type: 'Chart.VerticalBar',
    title: `Connections per hour${threshold === null ? '' : ` (threshold ${rateText(threshold)})`}`,
    color: 'categoricalBlue',
    data: hours.map((each) => ({ x: hourLabel(each), y: each.count ?? 0, ...colorOf(each) })),
    fallback: { type: 'Container', spacing: 'small', items: bars.split('\n').map(barLine) },
  };
}

/** `20 08h`: the day and the hour, each once in a picture. */
function hourLabel({ hour }: PictureHour): string {
  return `${hour.slice(8, 10)} ${hour.slice(11, 13)}h`;
}

function colorOf({ flag, isBelow }: PictureHour): object {
  if (flag !== 0) return { color: 'warning' };
  return isBelow ? { color: 'neutral' } : {};
}

/** A renderer shortens runs of blanks: those that hold the marks below their bars do not break. */
function barLine(text: string): object {
  return { ...code(text.replaceAll(' ', '\u00a0')), spacing: 'none' };
}

function digestCard(notification: Notification, links: Links): object {
  const items = digestLines(notification, links, forCard).map(({ severity, text, link }) =>
    line(
      run(`${severity.toUpperCase()} `, { ...BOLD, color: COLORS[severity] }),
      run(text),
      ...(link === null
        ? []
        : [run('  '), { ...run(link.label), selectAction: { type: 'Action.OpenUrl', url: link.url } }]),
    ),
  );
  const [first] = digestLines(notification, links, forCard);
  const color = COLORS[first?.severity ?? 'low'];
  return card([title(digestHeadline(notification), color), ...items, line(run(digestEnd(notification.more)))], []);
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
    version: '1.5',
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
  return { type: 'Action.ShowCard', title: label, card: { type: 'AdaptiveCard', version: '1.5', body } };
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
