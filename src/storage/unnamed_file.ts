import { mkdtempSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Opens a new file and removes its name, so that the system frees it however the process ends. */
export function unnamedFile(parent: string = tmpdir()): number {
  const folder = mkdtempSync(join(parent, 'beaconwatch-'));
  const path = join(folder, 'data');
  try {
    const file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return file;
  } finally {
    rmdirSync(folder);
  }
}
