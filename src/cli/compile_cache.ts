import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets Node keep the compiled code of the command line, so that the next call starts faster. The folder is the user's own.
 * Node's default is below the folder for temporary files, where another user of the machine can create it first, and then
 * chooses the code. Where the folder cannot be written, nothing is kept. `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): void {
  const folder = ownFolder(cacheFolder(env, platform, homedir()));
  // An import of the name would keep an old Node from saying that it is too old.
  if (folder !== null) module.enableCompileCache?.(folder);
}

/**
 * Our folder in that of the user, made if it is missing; null where it cannot be written. Node is never asked to make it: its
 * own way does not come back from a path such as /proc/none.
 */
export function ownFolder(cache: string): string | null {
  const own = join(cache, 'beaconwatch');
  try {
    for (const folder of [cache, own]) {
      if (statSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
    }
    accessSync(own, constants.W_OK | constants.X_OK);
    return statSync(own).isDirectory() ? own : null;
  } catch {
    return null;
  }
}

/** The folder of a user for what a program can make again. */
export function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = env;
  if (platform === 'win32') return LOCALAPPDATA || join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  // The specification of XDG: a relative path is invalid.
  return XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(home, '.cache');
}
