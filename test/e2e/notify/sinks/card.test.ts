import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, startBrowser } from '../../../../scripts/browser.ts';
import { cardPage } from '../../../../scripts/card_page.ts';
import type { Notification } from '../../../../src/notify/sink.ts';
import { forChat } from '../../../../src/notify/sinks/escape.ts';
import { syntheticDetection } from '../../../../src/notify/sinks/synthetic.ts';
import { teamsRequest } from '../../../../src/notify/sinks/teams.ts';
import { HOSTILE } from '../../../support/sinks/hostile.ts';
import { digest, NOW, one, SINKS } from '../../../support/sinks/samples.ts';

const LINKS = { Portal: 'https://portal.example/{DeviceName}' };
const cardOf = (notification: Notification): unknown =>
  JSON.parse(teamsRequest(notification, SINKS.teams, LINKS).body).attachments[0].content;
/** By fives: every one of them in each place at some time. */
const FIVES = Array.from({ length: Math.ceil(HOSTILE.length / 5) }, (_, n) => HOSTILE.slice(n * 5, n * 5 + 5));

let browser: Browser | undefined;
beforeAll(async () => {
  if (CHROMIUM === undefined) console.warn('skipped: cards are looked at in a browser, and there is no Chromium here');
  else browser = await startBrowser();
});
afterAll(() => browser?.close());

/** What a card is in a browser: its text, and the names of the elements that could do something. */
async function shown(card: unknown) {
  const page = await cardPage(browser as Browser, card);
  for (const button of await page.getByRole('button').all()) await button.click();
  const text = (await page.locator('#card').innerText()).replaceAll('\u00a0', ' ');
  const acting = await page
    .locator('#card :is(a, img, script, iframe, svg, form, input, style, video, object)')
    .count();
  const requests = await page.locator('#card [src], #card [onerror]').count();
  const links = await page.locator('#card [href]').evaluateAll((all) => all.map((each) => each.getAttribute('href')));
  await page.close();
  return { text, acting, requests, links };
}

describe.skipIf(CHROMIUM === undefined)('an Adaptive Card of ours, rendered by adaptivecards in a browser', () => {
  it('is checked by eyes that see unsafe characters: text in a TextBlock would', async () => {
    const body = [{ type: 'TextBlock', text: '[x](javascript:alert(1)) <img src=x>', wrap: true }];
    const { acting } = await shown({ type: 'AdaptiveCard', version: '1.4', body });
    expect(acting).toBe(2);
  });

  it('shows the facts, and what is behind its buttons', async () => {
    const { text, acting } = await shown(cardOf(one(syntheticDetection(NOW.getTime()))));
    expect(acting).toBe(0);
    for (const part of [
      'HIGH: new beacon',
      'wks-0417.corp.example',
      '70 of 72 (minimum 12)',
      '█ is 96 per hour',
      'Portal',
    ]) {
      expect(text).toContain(part);
    }
  });

  it.each(FIVES.map((five) => [JSON.stringify(five).slice(0, 60), five] as const))(
    'shows hostile names as text, and escapes unsafe characters: %s',
    async (_, five) => {
      const detections = five.map((DeviceName, n) =>
        syntheticDetection(NOW.getTime(), { ...namesOf(five, n), DeviceName, RemoteIP: `203.0.113.${n}` }),
      );
      const base = syntheticDetection(NOW.getTime());
      const everywhere = syntheticDetection(NOW.getTime(), {
        DeviceName: five[0] ?? '',
        InitiatingProcessFileName: five[1] ?? '',
        otherProcesses: [five[2] ?? ''],
        traffic: { ...base.traffic, accounts: [five[3] ?? ''], urls: [five[4] ?? ''], folderPaths: [five[0] ?? ''] },
      });
      for (const notification of [digest(detections, 0), one(everywhere)]) {
        const { text, ...others } = await shown(cardOf(notification));
        isInert(others, notification);
        for (const { DeviceName } of notification.detections) {
          const apart = DeviceName.replace(/(?<=\{)\{/g, '\\u007b');
          const wanted = forChat(apart, notification.digest ? 80 : 60).replace(/…$/, '');
          expect(squeezed(text)).toContain(squeezed(wanted));
        }
      }
    },
  );
});

/** A digest has a link of ours on each line; nothing else acts. */
function isInert({ acting, requests, links }: Omit<Shown, 'text'>, { digest: isDigest, detections }: Notification) {
  expect({ acting, requests }).toEqual({ acting: links.length, requests: 0 });
  expect(links.length).toBeLessThanOrEqual(isDigest ? detections.length : 0);
  for (const link of links) expect(link).toMatch(/^https:\/\/(security\.microsoft\.com|portal\.example)\//);
}

type Shown = Awaited<ReturnType<typeof shown>>;

/** The process has the name that the device before has. */
function namesOf(five: readonly string[], n: number) {
  return { InitiatingProcessFileName: five[n - 1] ?? five[n] ?? '' };
}

/** Browsers lay out runs of blanks as one. */
function squeezed(text: string): string {
  return text.replace(/\s+/g, '');
}
