/**
 * Writes the pictures of the pages that README and docs show, from the synthetic tenant: `npm run pictures`. It needs
 * Chromium. Look at each before you commit it.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main } from '../bin/main.ts';
import { startBrowser } from './browser.ts';

const NOW = '2026-11-20T12:00:00Z';
const FOLDER = 'docs/pictures';
/** Of a picture, so that a clone stays small. */
const MOST_BYTES = 150_000;

const PICTURES = [
  { name: 'list', fragment: '', width: 1240, height: 640 },
  { name: 'detection', fragment: '#d3', width: 760, height: 960 },
  { name: 'fleet', fragment: '#fleet', width: 1240, height: 460 },
];

const work = await mkdtemp(join(tmpdir(), 'beaconwatch-pictures-'));
const sample = join(work, 'sample');
const file = join(work, 'report.html');
await beaconwatch('sample', '--out', sample, '--end', NOW);
await beaconwatch('score', sample, '--now', NOW, '--html', file);
await mkdir(FOLDER, { recursive: true });
const browser = await startBrowser();
for (const { name, fragment, width, height } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: 'light' });
  await page.goto(pathToFileURL(file).href + fragment);
  await page.evaluate('scrollTo(0, 0)');
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path });
  const { size } = await stat(path);
  console.log(`${path}: ${size} bytes${size > MOST_BYTES ? `, more than ${MOST_BYTES}` : ''}`);
  if (size > MOST_BYTES) process.exitCode = 1;
  await page.close();
}
await browser.close();
await rm(work, { recursive: true });

async function beaconwatch(...args: string[]): Promise<void> {
  const { stdin, stderr, env } = process;
  const code = await main(args, { stdin, stdout: stderr, stderr, env });
  if (code !== 0) throw new Error(`beaconwatch ${args.join(' ')} ended with ${code}`);
}
