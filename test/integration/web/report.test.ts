import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, startBrowser } from '../../../scripts/browser.ts';
import { NO_TRAFFIC, trafficLists } from '../../../src/core/detections/traffic.ts';
import { escapeForDisplay } from '../../../src/core/text/escape.ts';
import type { PageDetection } from '../../../src/web/page_data.ts';
import { reportHtml } from '../../../src/web/report.ts';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { sampleFolder } from '../../support/sample/folder.ts';
import { KEEPS_PICTURES, openPage, PHONE, picture, violations, WIDE } from '../../support/web/browser.ts';
import { pageData, pageDetection } from '../../support/web/page.ts';

const NOW = '2026-11-29T07:00:00Z';
const LIMITS = { minAverage: 45, minScore: 0.6 };

let folder = '';
let file = '';
/** A page with each kind of detection and few of them: axe looks at every element. */
let small = '';
let sample = '';
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  file = join(folder, 'report.html');
  sample = await sampleFolder({ format: 'defender', devices: 40, seed: 1, end: Date.parse(NOW) });
  const { code } = await beaconwatch(['score', sample, '--now', NOW, '--html', file]);
  expect(code).toBe(0);
  small = join(folder, 'small-report.html');
  await writeFile(small, reportHtml(pageData(kinds()), { limits: LIMITS, command: 'score FILES' }));
  if (CHROMIUM === undefined) console.warn('skipped: pages are looked at in a browser, and there is no Chromium here');
  else browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

describe('score --html', () => {
  it('writes one file with every detection of the JSON output, beside the usual table', async () => {
    const page = await readFile(file, 'utf8');
    const { stdout } = await beaconwatch(['score', sample, '--now', NOW, '--detector', 'all', '--format', 'json']);
    const groups = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP', string>)
        .map((row) => [`${row.DeviceName} ${row.InitiatingProcessFileName} ${row.RemoteIP}`, row]),
    );
    expect(groups.size).toBeGreaterThan(30);
    expect([...page.matchAll(/<article class="detail"/g)]).toHaveLength(groups.size);
    for (const { DeviceName, RemoteIP } of groups.values()) {
      expect(page).toContain(DeviceName);
      expect(page).toContain(RemoteIP);
    }
  });

  it('refuses what has no page, and a file that cannot be written', async () => {
    const rule = await beaconwatch(['score', sample, '--now', NOW, '--detector', 'kql-rule', '--html', file]);
    expect([rule.code, rule.stderr]).toEqual([2, expect.stringContaining('--html')]);
    const nowhere = await beaconwatch([
      'score',
      sample,
      '--now',
      NOW,
      '--html',
      join(folder, 'missing', 'report.html'),
    ]);
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('ENOENT')]);
  });

  it('describes the 200 most urgent, and names the others and the command that prints them', () => {
    const detections = Array.from({ length: 203 }, (_, seed) => pageDetection(seed));
    const page = reportHtml(pageData(detections), { limits: LIMITS, command: 'score FILES' });
    expect([...page.matchAll(/<article class="detail"/g)]).toHaveLength(200);
    const rest = [...page.matchAll(/<li id="rest([0-9]+)">[^<]* on ([^<]*) to /g)].map(([, number, name]) => [
      number,
      name,
    ]);
    const others = pageData(detections).detections.slice(200);
    expect(rest).toEqual(others.map(({ DeviceName }, index) => [String(200 + index), DeviceName]));
    expect(page).toContain('>score FILES</pre>');
  });

  it('keeps 500 detections below 5 MB, and below 1 MB compressed', () => {
    const query = { label: 'Query for Defender', query: 'x'.repeat(1200) };
    // A fact of each kind, as long as those of the sample.
    const facts = trafficLists(() => ['c:\\windows\\system32\\a-1.exe']);
    const traffic = { ...NO_TRAFFIC, ...facts, ports: [{ port: 443, reports: 72 }], succeeded: 72 };
    const detections = Array.from({ length: 500 }, (_, seed) => pageDetection(seed, { queries: [query], traffic }));
    const page = reportHtml(pageData(detections), { limits: LIMITS, command: 'score FILES' });
    expect(Buffer.byteLength(page)).toBeLessThan(5_000_000);
    expect(gzipSync(page).length).toBeLessThan(1_000_000);
  });
});

describe.skipIf(CHROMIUM === undefined)('the report in a browser', () => {
  const opened = (options: BrowserContextOptions, { fragment = '', path = file } = {}) =>
    openPage(browser, pathToFileURL(path).href + fragment, options, /^(data:|file:.*report\.html)/);

  it.each([
    ['light', WIDE, ''],
    ['dark', WIDE, ''],
    ['light', PHONE, ''],
    ['dark', PHONE, '#d0'],
    ['light', WIDE, '#fleet'],
    ['dark', PHONE, '#fleet'],
    ['light', WIDE, '#notes'],
  ] as const)('passes axe, says nothing, loads nothing and fits: %s %o %s', async (colorScheme, viewport, fragment) => {
    if (KEEPS_PICTURES) {
      const whole = await opened({ colorScheme, viewport }, { fragment });
      await picture(whole.page, `report-${colorScheme}-${viewport.width}${fragment.replace('#', '-')}`);
      await whole.close();
    }
    const { page, problems, close } = await opened({ colorScheme, viewport }, { fragment, path: small });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  it('cuts no number of a plot on a phone', async () => {
    const { kqlRule } = pageDetection(1);
    const points = (kqlRule?.points ?? []).map((point) => ({ ...point, expected: 120.1 }));
    const path = join(folder, 'labels-report.html');
    const labelled = pageDetection(1, { kqlRule: kqlRule && { ...kqlRule, points } });
    await writeFile(path, reportHtml(pageData([labelled]), { limits: LIMITS, command: 'score FILES' }));
    const { page, close } = await opened({ viewport: PHONE }, { fragment: '#d0', path });
    const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('.detail .plot text')].filter((text) => {
      const plot = text.closest('svg');
      const isCut = getComputedStyle(plot).overflow === 'hidden';
      return text.getBoundingClientRect().right > (isCut ? plot.getBoundingClientRect().right : innerWidth);
    }).map((text) => text.textContent)`);
    expect(await page.locator('.plot text', { hasText: 'expected 120.1' }).count()).toBe(1);
    expect(cut).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
    await close();
  });

  it('shows every name of the sample as text, and runs none', async () => {
    const { page, problems, close } = await opened({ viewport: WIDE });
    const { seededBeacons: seeded } = JSON.parse(await readFile(join(sample, '_seeded-beacons.json'), 'utf8')) as {
      readonly seededBeacons: readonly { readonly process: string | null; readonly kind: string }[];
    };
    const hostile = seeded.filter(({ kind }) => kind === 'beacon-hostile-name');
    expect(hostile.length).toBeGreaterThan(3);
    const text = await page.locator('.list-table').innerText();
    for (const { process } of hostile) expect(text).toContain(escapeForDisplay(process ?? ''));
    expect(await page.locator('body script, body iframe, body img, body object, body [onerror]').count()).toBe(0);
    expect(problems).toEqual([]);
    await close();
  });

  it('is walked with j, k, Enter and /, one stop of the tab key for the whole list', async () => {
    const { page, problems, close } = await opened({ viewport: WIDE });
    const focused = () =>
      page.evaluate<string>('document.activeElement.getAttribute("href") ?? document.activeElement.id');
    const links = await page.evaluate<string[]>(
      "[...document.querySelectorAll('#list .open')].map((each) => each.getAttribute('href'))",
    );
    await page.keyboard.press('j');
    expect(await focused()).toBe(links[0]);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await focused()).toBe(links[1]);
    expect(await page.locator('#list .open[tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('Enter');
    expect(await page.evaluate('location.hash')).toBe(links[1]);
    expect(await page.locator('.detail:visible').count()).toBe(1);
    // Only the panes scroll.
    expect(await page.evaluate('scrollY')).toBe(0);
    expect(await page.locator(`#list .open[href="${links[1]}"]`).getAttribute('aria-current')).toBe('true');
    await page.keyboard.press('j');
    expect(await focused()).toBe(links[2]);
    await page.keyboard.press('/');
    expect(await focused()).toBe('filter');
    await page.keyboard.type('RUNDLL32');
    const shown = await page.locator('.list-table .row:visible').count();
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(links.length);
    await page.keyboard.press('Escape');
    expect(await page.locator('.list-table .row:visible').count()).toBe(links.length);
    expect(problems).toEqual([]);
    await close();
  });

  it('is read without a script: filters, a detection, the fleet', async () => {
    const { page, close } = await opened({ viewport: WIDE, javaScriptEnabled: false });
    const all = await page.locator('.list-table .row:visible').count();
    await page.getByLabel('medium', { exact: true }).uncheck();
    const fewer = await page.locator('.list-table .row:visible').count();
    expect(fewer).toBeLessThan(all);
    expect(await page.locator('.detail:visible').count()).toBe(1);
    await page.locator('.list-table .open:visible').nth(3).click();
    expect(await page.locator('.detail:visible').getAttribute('id')).toBe(
      (await page.locator('.list-table .open:visible').nth(3).getAttribute('href'))?.slice(1),
    );
    await page.getByRole('link', { name: 'Fleet' }).click();
    expect(await page.locator('.fleet-table .row:visible').count()).toBe(all);
    await close();
  });

  it('shows the local time of an instant on hover', async () => {
    const { page, close } = await opened({ viewport: WIDE, timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
    await page.locator('header time').hover();
    expect(await page.locator('header time').getAttribute('title')).toContain('16:00:00');
    await close();
  });

  it('does not move while it loads', async () => {
    const { page, close } = await opened({ viewport: WIDE });
    const shift = await page.evaluate<number>(`new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const each of list.getEntries()) sum += each.value; }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 300);
    })`);
    expect(shift).toBe(0);
    await close();
  });
});

/** Of both detectors, of one of them, of a process as a whole, with hostile names, with days and with facts. */
function kinds(): PageDetection[] {
  const both = pageDetection(1);
  const traffic = {
    ...NO_TRAFFIC,
    ...{ asOf: '' as const, ports: [], succeeded: 3, failed: 1, localIPs: ['192.0.2.1'], sha1: ['ab'], sha256: ['cd'] },
    ...{ folderPaths: ['c:\\windows'], accounts: ['ana'], urls: ['a.example'] },
  };
  const process = { ...both.regularity, way: 'process' } as PageDetection['regularity'];
  return [
    both,
    pageDetection(2, { regularity: null, days: [null, 3, 5], traffic }),
    pageDetection(3, { kqlRule: null, InitiatingProcessFileName: '<script>alert(1)</script>\u202e' }),
    pageDetection(4, {
      kqlRule: null,
      regularity: process,
      RemoteIP: '*',
      queries: [],
      otherAddresses: [{ RemoteIP: '2001:db8::7', connections: 7, hosts: ['a.example'] }],
    }),
  ];
}
