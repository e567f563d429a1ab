/** The system's Chromium, for what has to be looked at in a browser; `CHROMIUM` names it where it is elsewhere. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const CHROMIUM: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path));

/** Starts it, with no network but this machine. Throws where there is none. */
export async function startBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('no Chromium: apt-get install chromium, or set CHROMIUM to its path');
  // Its sandbox does not start for root, as in most containers; it shows nothing but our own pages.
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-lcd-text',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  ];
  return await chromium.launch({ executablePath: CHROMIUM, args });
}
