/**
 * Writes docs/sinks/examples: what each sink is sent of a fictional detection, and of ten of the synthetic tenant. Draws
 * Adaptive Cards among them by Microsoft's own renderer in a browser. `node scripts/write-sink-examples.ts [folder]`
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { CHROMIUM, startBrowser } from './browser.ts';
import { cardPage } from './card_page.ts';
import { sinkExamples } from './sink_examples.ts';
import { DRAWN, TEN, tenantMessages, tenDetections } from './tenant_messages.ts';

const folder = process.argv[2] ?? 'docs/sinks/examples';
/** Widths of a card in pixels. */
const DESKTOP = 760;
const PHONE = 390;
const tenant = tenantMessages(await tenDetections());
const examples = { ...sinkExamples(), ...tenant };
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(examples)) await writeFile(join(folder, name), text);

if (CHROMIUM === undefined) console.warn('the cards are not drawn: there is no Chromium here');
else await drawAll(await startBrowser());

async function drawAll(browser: Browser): Promise<void> {
  const pictures = [
    { picture: 'teams', name: 'teams', width: DESKTOP },
    { picture: 'teams-phone', name: 'teams', width: PHONE },
    { picture: 'teams-digest', name: 'teams-digest', width: DESKTOP },
  ];
  for (const { picture, name, width } of pictures) {
    await draw(cardIn(examples[`${name}.json`]), width, picture, 2);
  }
  const messages = (tenant['tenant-teams.jsonl'] ?? '').split('\n');
  for (const kind of DRAWN) {
    const card = cardIn(messages[TEN.findIndex((each) => each.kind === kind)]);
    await draw(card, DESKTOP, `tenant-${kind}`, 1);
    await draw(card, PHONE, `tenant-${kind}-phone`, 1);
  }
  await browser.close();

  async function draw(card: unknown, width: number, picture: string, scale: number): Promise<void> {
    const page = await cardPage(browser, card, width, scale);
    await page.locator('#card').screenshot({ path: join(folder, `${picture}.png`) });
    await page.close();
  }
}

function cardIn(message = '{}'): unknown {
  return JSON.parse(message).attachments[0].content;
}
