import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const REPO = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../.local/bench/dist', import.meta.url));

/** What ships, built from the sources as they are now. */
export function builtBundles(): { readonly cli: string; readonly functions: string } {
  execFileSync(process.execPath, ['scripts/build.ts', FOLDER], { cwd: REPO, stdio: ['ignore', 'ignore', 'inherit'] });
  return { cli: `${FOLDER}/beaconwatch.js`, functions: `${FOLDER}/functions.js` };
}
