import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe, { type RunOptions } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export const WIDE = { width: 1400, height: 900 };
export const PHONE = { width: 360, height: 780 };

/** Kept where a person wants to look at them: SCREENSHOTS=folder. */
const SCREENSHOTS = process.env['SCREENSHOTS'];

export interface OpenedPage {
  readonly page: Page;
  /** Messages of the console, errors, dialogs and requests that are not allowed: a good page has none. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** Opens an address, and records what a good page never does. `allowed`: the addresses that it may request. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions,
  allowed: RegExp,
): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => problems.push(dialog.message()));
  page.on('request', (request) => {
    if (!allowed.test(request.url())) problems.push(request.url());
  });
  await page.goto(address);
  return { page, problems, close: () => context.close() };
}

/** Somebody wants pictures. */
export const KEEPS_PICTURES = SCREENSHOTS !== undefined;

/** Keeps a picture of the page, where somebody wants one. */
export async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  // An artefact of CI refuses files with characters that some system does not know, such as `?`.
  await page.screenshot({ path: join(SCREENSHOTS, `${name.replaceAll(/[^\w-]+/g, '-')}.png`) });
}

/** Of the rules that axe applies by default, those that depend on colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** The rules that axe finds broken, with the first place of each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await axeFindings(page, {});
}

/** The same, after `violations`, in the other colour scheme: only the rules about colours can find something else. */
export async function violationsOfColours(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  await page.emulateMedia({ colorScheme });
  return await axeFindings(page, { runOnly: COLOUR_RULES });
}

function axeFindings(page: Page, options: RunOptions): Promise<string[]> {
  const given = JSON.stringify({ ...options, resultTypes: ['violations'] });
  return page.evaluate<string[]>(`axe.run(document, ${given}).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' (' + nodes.length + '): ' + nodes[0].html.slice(0, 200) + ' ' + nodes[0].failureSummary))`);
}
