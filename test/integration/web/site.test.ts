import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, startBrowser } from '../../../scripts/browser.ts';
import { startUi, type UiServer } from '../../../src/cli/commands/ui_server.ts';
import { escapeForDisplay } from '../../../src/core/text/escape.ts';
import { delivery, groupId, HOSTILE_NAMES, suppression } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { onlyRegular } from '../../support/detections.ts';
import { openPage, PHONE, picture, violations, violationsOfColours, WIDE } from '../../support/web/browser.ts';
import { SITE_NOW, siteApp, storedDetection } from '../../support/web/site.ts';

const stores = memoryStores({ clock: () => SITE_NOW });
const FIRST = groupId(2);
const HOSTILE = [
  ...HOSTILE_NAMES,
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'javascript:alert(1)',
];
let server: UiServer;
let browser: Browser;

beforeAll(async () => {
  for (const seed of [2, 3, 4]) await stores.detections.insert(storedDetection(seed));
  await stores.detections.insert(onlyRegular(storedDetection(5)));
  for (const [index, name] of HOSTILE.entries())
    await stores.detections.insert(
      storedDetection(100 + index, { DeviceName: name, InitiatingProcessFileName: name, otherProcesses: [name] }),
    );
  const found = await stores.detections.get(FIRST);
  await stores.detections.mark(FIRST, { sink: 'soar', delivery: delivery() }, found?.version ?? '');
  await stores.suppressions.insert(suppression({ id: 's-00000001', reason: HOSTILE_NAMES[0] ?? '' }));
  const options = { port: 0, name: 'ana', mayWrite: true };
  server = await startUi(siteApp(stores), {
    ...options,
    onError: (error) => {
      throw error;
    },
  });
  if (CHROMIUM === undefined) console.warn('skipped: pages are looked at in a browser, and there is no Chromium here');
  else browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server.stop();
});

describe.skipIf(CHROMIUM === undefined)('the pages of beaconwatch ui in a browser', () => {
  const opened = (address: string, options: BrowserContextOptions = { viewport: WIDE }) =>
    openPage(browser, server.url + address, options, new RegExp(`^(data:|${server.url})`));
  const links = (page: Page) =>
    page.evaluate<string[]>("[...document.querySelectorAll('.open')].map((each) => each.href)");

  it.each(
    ['detections', `detections/${FIRST}`, 'fleet', 'fleet?by=day', 'health', 'suppressions', 'nothing'].flatMap(
      (address) => [WIDE, PHONE].map((viewport) => [address, viewport] as const),
    ),
  )('%s passes axe, light and dark, says nothing, asks nobody else and fits: %o', async (address, viewport) => {
    const { page, problems, close } = await opened(address, { colorScheme: 'light', viewport });
    const fits = async (colorScheme: 'light' | 'dark') => {
      await picture(
        page,
        `site-${address.split('/').length > 1 ? 'detection' : address}-${colorScheme}-${viewport.width}`,
      );
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
    };
    await fits('light');
    expect(await violations(page)).toEqual([]);
    expect(await violationsOfColours(page, 'dark')).toEqual([]);
    await fits('dark');
    // Chromium itself says in its console that an answer is a 404.
    expect(problems.filter((text) => !(address === 'nothing' && text.includes('404')))).toEqual([]);
    await close();
  });

  it('shows every hostile name as text, and runs none', async () => {
    const { page, problems, close } = await opened('detections');
    const text = await page.locator('.list-table').innerText();
    for (const name of HOSTILE.filter((each) => each.trim() !== ''))
      expect(text).toContain(shownPart(name.toWellFormed()));
    for (const [index] of HOSTILE.entries()) {
      await page.goto(`${server.url}detections/${groupId(100 + index)}`);
      expect(await page.locator('body script, body iframe, body img, body object, body [onerror]').count()).toBe(0);
    }
    expect(problems).toEqual([]);
    await close();
  });

  it('is walked with j, k and Enter, from the list through the detections and back', async () => {
    const { page, problems, close } = await opened('detections');
    const all = await links(page);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(all[1] ?? '');
    await page.keyboard.press('j');
    await page.waitForURL(all[2] ?? '');
    await page.keyboard.press('k');
    await page.waitForURL(all[1] ?? '');
    await page.getByRole('link', { name: 'Fleet' }).click();
    await page.waitForURL(/fleet$/);
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.className')).toBe('open');
    expect(problems).toEqual([]);
    await close();
  });

  it('records a verdict with one key, and then shows it', async () => {
    const { page, problems, close } = await opened(`detections/${groupId(3)}`);
    await page.getByLabel('Note').fill('seen');
    // In a field a key is a letter.
    await page.getByLabel('Note').press('t');
    await page.getByLabel('Note').blur();
    await page.keyboard.press('t');
    await page.locator('.timeline', { hasText: 'true-positive, by ana' }).waitFor();
    expect((await stores.detections.get(groupId(3)))?.row.verdict).toMatchObject({ note: 'seent', who: 'ana' });
    expect(problems).toEqual([]);
    await close();
  });

  it('suppresses a detection, with s and a reason, and removes the entry again', async () => {
    const { page, problems, close } = await opened(`detections/${groupId(4)}`);
    await page.keyboard.press('s');
    await page.waitForURL(/suppressions\?/);
    // Another device connects to the address too, so none is named.
    expect(await page.getByLabel('Device').inputValue()).toBe('');
    expect(await page.getByLabel('Process').inputValue()).toBe(storedDetection(4).InitiatingProcessFileName);
    await page.getByLabel('Reason').fill('our own agent');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('our own agent').waitFor();
    const [entry] = (await siteApp(stores).listSuppressions()).filter(({ owner }) => owner === 'ana');
    await page.getByRole('button', { name: `Remove ${entry?.id}` }).click();
    await page.getByText('our own agent').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
    await close();
  });

  it('is used without a script: filters, search, a verdict', async () => {
    const { page, close } = await opened('detections', { viewport: WIDE, javaScriptEnabled: false });
    const all = await page.locator('.list-table .row:visible').count();
    await page.getByLabel('medium', { exact: true }).uncheck();
    expect(await page.locator('.list-table .row:visible').count()).toBeLessThan(all);
    await page.getByLabel('Search all detections').fill('device:wks-1002*');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(await page.locator('.list-table .row:visible').count()).toBe(1);
    await page.locator('.list-table .open').click();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.locator('.timeline', { hasText: 'acknowledged, by ana' }).waitFor();
    await close();
  });

  it('does not move while it loads', async () => {
    const { page, close } = await opened('detections');
    const shift = await page.evaluate<number>(`new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const each of list.getEntries()) sum += each.value; }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 300);
    })`);
    expect(shift).toBe(0);
    await close();
  });
});

/** How a name begins on the page, whose line breaks are where the window has them. */
function shownPart(name: string): string {
  return escapeForDisplay(name).slice(0, 20).trim();
}
