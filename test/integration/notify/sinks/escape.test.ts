import type { KnownBlock } from '@slack/types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { TEXT_LENGTH } from '../../../../src/notify/sinks/chat.ts';
import { JSON_BYTES } from '../../../../src/notify/sinks/json.ts';
import type { Links } from '../../../../src/notify/sinks/links.ts';
import { bodyOf } from '../../../../src/notify/sinks/messages.ts';
import { OCSF_BYTES } from '../../../../src/notify/sinks/ocsf.ts';
import { SENTINEL_ROW_BYTES } from '../../../../src/notify/sinks/sentinel_row.ts';
import { SLACK_LENGTH } from '../../../../src/notify/sinks/slack.ts';
import { SPLUNK_EVENT_BYTES } from '../../../../src/notify/sinks/splunk.ts';
import { fitsTeams } from '../../../../src/notify/sinks/teams.ts';
import { tries } from '../../../support/effort.ts';
import { ACTING, hostileDetection, within } from '../../../support/sinks/hostile.ts';
import { digest, NOW, one, SINKS } from '../../../support/sinks/samples.ts';
import { isAdaptiveCard, isDetectionFinding } from '../../../support/sinks/schemas.ts';

const LINKS: Links = {
  'Device in Defender': 'https://portal.example/machines/{DeviceName}?p={InitiatingProcessFileName}',
  Detection: 'https://beaconwatch.example/detections/{id}',
  Address: 'https://intel.example/ip/{RemoteIP}#{groupId}',
};
const HOSTS = ['portal.example', 'beaconwatch.example', 'intel.example', 'security.microsoft.com'];
const HEADLINE =
  /^(LOW|MEDIUM|HIGH): ((new beacon|beacon is back|beacon changed|beacon is over)(, every [\d.]+ s)?, (over [\d,]+ addresses|[\d,]+( of [\d,]+)? devices?)|[\d,]+ new or changed beacons)$/;
const bytes = (text: string) => Buffer.byteLength(text, 'utf8');

type Format = keyof typeof SINKS;
const single = (format: Format, detection: Detection) => bodyOf(one(detection), SINKS[format], LINKS, NOW.getTime());
const together = (format: Format, detections: readonly Detection[], more: number) =>
  bodyOf(digest(detections, more), SINKS[format], LINKS, NOW.getTime());

/** For any detection, and any ten of them in a digest of a thousand. */
function forAny(format: Format, check: (body: string, detections: readonly Detection[]) => void, digests = true): void {
  fc.assert(
    fc.property(hostileDetection, (detection) => check(single(format, detection), [detection])),
    { numRuns: tries(40, 600) },
  );
  if (!digests) return;
  fc.assert(
    fc.property(fc.array(hostileDetection, { minLength: 2, maxLength: 10 }), fc.nat(990), (detections, more) =>
      check(together(format, detections, more), detections),
    ),
    { numRuns: tries(10, 160) },
  );
}

/** The body alone: what a log or a terminal would do with it. */
function isInertText(body: string): void {
  expect(ACTING.exec(body.replaceAll('\n', ''))?.[0]).toBeUndefined();
  expect(Buffer.from(body, 'utf8').toString()).toBe(body);
  // Nor half of a pair behind its escape: a strict reader of JSON refuses the whole for one.
  const texts = body.split('\n').flatMap((each) => [...within(JSON.parse(each))].map(({ value }) => value));
  for (const text of texts) if (typeof text === 'string') expect(text.isWellFormed()).toBe(true);
}

function isOurLink(url: unknown): void {
  const { protocol, hostname, username } = new URL(String(url));
  expect([protocol, username]).toEqual(['https:', '']);
  expect(HOSTS).toContain(hostname);
}

function objectsOf(value: unknown): Record<string, unknown>[] {
  return [...within(value)]
    .map((each) => each.value)
    .filter((each) => typeof each === 'object' && each !== null && !Array.isArray(each)) as Record<string, unknown>[];
}

/** A text or a link of ours: nothing that mentions, and nothing that Slack reads mark-up in. */
function isSlackElement({ type, text, url, ...rest }: Record<string, unknown>): void {
  if (type === undefined) {
    expect(rest).toEqual({ bold: true });
    return;
  }
  expect(type).toMatch(/^(text|link)$/);
  expect(String(text).length).toBeGreaterThan(0);
  expect(String(text).length).toBeLessThanOrEqual(3000);
  if (type === 'link') isOurLink(url);
}

const PORTAL = ['Run in Defender', 'Device in Defender'];
const TITLES = [...Object.keys(LINKS), ...PORTAL, 'Query for Defender', 'Query for Sentinel', 'Commands'];

function beforeQuery(blocks: readonly KnownBlock[]): readonly KnownBlock[] {
  const end = blocks.findIndex((block) => /"text":"(Query for \w+|Commands)"/.test(JSON.stringify(block)));
  expect(end).toBeGreaterThan(0);
  return blocks.slice(0, end);
}

/** What a client shows that knows no charts: the schema has none. */
function withoutCharts(card: Record<string, unknown>): object {
  const body = (card['body'] as Record<string, unknown>[]).map((each) =>
    each['type'] === 'Chart.VerticalBar' ? each['fallback'] : each,
  );
  return { ...card, body };
}

/** The text that a person reads before the query. */
function readText(elements: readonly unknown[]): string {
  return elements
    .flatMap((element) => objectsOf(element))
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}

/** Teams' own element: numbers, hours and fixed words. */
function isChart({ title, color, data, fallback, ...rest }: Record<string, unknown>): void {
  expect(rest).toEqual({});
  expect(title).toMatch(/^Connections per hour( \(threshold [\d.]+\))?$/);
  expect(color).toBe('categoricalBlue');
  expect(fallback).toMatchObject({ type: 'Container' });
  for (const { x, y, color: own = 'warning' } of data as { x: string; y: number; color?: string }[]) {
    expect(x).toMatch(/^\d\d \d\dh$/);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(['warning', 'neutral']).toContain(own);
  }
}

function isCardElement({ type, text, title, url, ...rest }: Record<string, unknown>): void {
  if ('selectAction' in rest) expect(rest['selectAction']).toMatchObject({ type: 'Action.OpenUrl' });
  if (type === 'TextBlock') expect(text).toMatch(HEADLINE);
  else if (type === 'TextRun') expect(text).not.toContain('{{');
  else if (type === 'Action.ShowCard') expect(TITLES).toContain(title);
  else if (type === 'Action.OpenUrl') expect([...TITLES, undefined]).toContain(title);
  else if (type === 'Chart.VerticalBar') isChart({ title, ...rest });
  else if (type !== undefined) expect(type).toMatch(/^(AdaptiveCard|RichTextBlock|Container)$/);
  else if (text === undefined) expect(Object.keys(rest).sort().join()).toMatch(/^(color,)?x,y$/);
  if (type === 'Action.OpenUrl') isOurLink(url);
}

describe('for any text of the telemetry', () => {
  it('slack: blocks and elements that are text or our links, within the limits of Block Kit', () => {
    forAny('slack', (body, detections) => {
      isInertText(body);
      expect(body.length).toBeLessThanOrEqual(SLACK_LENGTH);
      const message = JSON.parse(body) as { text: string; blocks: KnownBlock[] } & Record<string, unknown>;
      expect(message).toMatchObject({ parse: 'none', link_names: false, mrkdwn: false });
      expect(message.text).toMatch(HEADLINE);
      expect(message.blocks.length).toBeLessThanOrEqual(50);
      if (detections.length === 1)
        expect(readText(beforeQuery(message.blocks)).length).toBeLessThanOrEqual(TEXT_LENGTH);
      for (const [index, block] of message.blocks.entries())
        expect(block.type).toBe(index === 0 ? 'header' : 'rich_text');
      expect(message.blocks[0]).toMatchObject({ text: { type: 'plain_text', text: message.text, emoji: false } });
      for (const element of objectsOf(message.blocks.slice(1))) {
        if (!('elements' in element)) isSlackElement(element);
      }
    });
  });

  it('teams: a valid card whose Markdown is ours alone, of at most 28 KB', () => {
    forAny('teams', (body, detections) => {
      isInertText(body);
      expect(fitsTeams(body)).toBe(true);
      const message = JSON.parse(body) as { type: string; attachments: { contentType: string; content: object }[] };
      expect(message.type).toBe('message');
      expect(message.attachments).toHaveLength(1);
      const [{ contentType, content }] = message.attachments as [{ contentType: string; content: object }];
      expect(contentType).toBe('application/vnd.microsoft.card.adaptive');
      // Teams' own, beside the schema.
      const { msteams, ...card } = content as { msteams: unknown; body: unknown[] };
      expect(msteams).toEqual({ width: 'Full' });
      if (detections.length === 1) expect(readText(card.body).length).toBeLessThanOrEqual(TEXT_LENGTH);
      expect(isAdaptiveCard(withoutCharts(card)), JSON.stringify(isAdaptiveCard.errors?.slice(0, 3))).toBe(true);
      for (const element of objectsOf(card)) isCardElement(element);
    });
  });

  it('json: the names as they are, below 20 kB', () => {
    forAny('json', (body, detections) => {
      isInertText(body);
      expect(bytes(body)).toBeLessThanOrEqual(JSON_BYTES);
      const { type, data } = JSON.parse(body);
      const all = type === 'beacon.digest' ? data.detections : [data];
      expect(all).toHaveLength(detections.length);
      for (const [n, each] of all.entries()) {
        const whole = (detections[n] as Detection).DeviceName.toWellFormed();
        // Cut only where it says so.
        if (type !== 'beacon.digest' && !data.omitted.includes('DeviceName')) expect(each.DeviceName).toBe(whole);
        expect(whole.startsWith(each.DeviceName)).toBe(true);
      }
    });
  });

  it('ocsf: a valid Detection Finding', () => {
    forAny(
      'ocsf',
      (body, [detection]) => {
        isInertText(body);
        expect(bytes(body)).toBeLessThanOrEqual(OCSF_BYTES);
        const finding = JSON.parse(body);
        expect(isDetectionFinding(finding), JSON.stringify(isDetectionFinding.errors?.slice(0, 3))).toBe(true);
        expect(finding.finding_info.title).toMatch(HEADLINE);
        const { hostname } = finding.evidences[0].device;
        expect(detection?.DeviceName.toWellFormed().startsWith(hostname)).toBe(true);
      },
      false,
    );
  });

  it('splunk-hec: an event a line, each within what Splunk reads fields from', () => {
    forAny('splunk-hec', (body, detections) => {
      isInertText(body);
      const events = body.split('\n');
      expect(events).toHaveLength(detections.length);
      for (const [n, event] of events.entries()) {
        expect(bytes(event)).toBeLessThanOrEqual(SPLUNK_EVENT_BYTES);
        const { event: data, ...about } = JSON.parse(event);
        expect(about).toEqual({ time: 1_795_165_200, source: 'beaconwatch', sourcetype: 'beaconwatch:detection' });
        expect(detections[n]?.DeviceName.toWellFormed().startsWith(data.DeviceName)).toBe(true);
      }
    });
  });

  it('sentinel: rows of known columns, fifty of them below a megabyte', () => {
    forAny('sentinel', (body, detections) => {
      isInertText(body);
      const rows = JSON.parse(body) as Record<string, unknown>[];
      expect(rows).toHaveLength(detections.length);
      for (const row of rows) {
        expect(bytes(JSON.stringify(row))).toBeLessThanOrEqual(SENTINEL_ROW_BYTES);
        expect(Object.keys(row)).toEqual(Object.keys(rows[0] as object));
        for (const value of Object.values(row)) expect(bytes(JSON.stringify(value))).toBeLessThan(64 * 1024);
      }
      expect(50 * SENTINEL_ROW_BYTES).toBeLessThan(1_000_000);
    });
  });
});
