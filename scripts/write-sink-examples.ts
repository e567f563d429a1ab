/**
 * Writes docs/sinks/examples: what each sink is sent of a fictional detection; and draws the Adaptive Cards among them by
 * Microsoft's own renderer in a browser. `node scripts/write-sink-examples.ts [folder]`
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHROMIUM, startBrowser } from './browser.ts';
import { cardPage } from './card_page.ts';
import { sinkExamples } from './sink_examples.ts';

const folder = process.argv[2] ?? 'docs/sinks/examples';
/** Widths of a card in pixels. */
const DESKTOP = 760;
const PHONE = 390;
const examples = sinkExamples();
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(examples)) await writeFile(join(folder, name), text);

if (CHROMIUM === undefined) {
  console.warn('the cards are not drawn: there is no Chromium here');
} else {
  const browser = await startBrowser();
  const pictures = [
    { picture: 'teams', name: 'teams', width: DESKTOP },
    { picture: 'teams-phone', name: 'teams', width: PHONE },
    { picture: 'teams-digest', name: 'teams-digest', width: DESKTOP },
  ];
  for (const { picture, name, width } of pictures) {
    const [attachment] = JSON.parse(examples[`${name}.json`] ?? '{}').attachments;
    const page = await cardPage(browser, attachment.content, width);
    await page.locator('#card').screenshot({ path: join(folder, `${picture}.png`) });
  }
  await browser.close();
}
