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
const examples = sinkExamples();
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(examples)) await writeFile(join(folder, name), text);

if (CHROMIUM === undefined) {
  console.warn('the cards are not drawn: there is no Chromium here');
} else {
  const browser = await startBrowser();
  for (const name of ['teams', 'teams-digest']) {
    const [attachment] = JSON.parse(examples[`${name}.json`] ?? '{}').attachments;
    const page = await cardPage(browser, attachment.content);
    await page.locator('#card').screenshot({ path: join(folder, `${name}.png`) });
  }
  await browser.close();
}
