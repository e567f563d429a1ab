import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPO = fileURLToPath(new URL('../..', import.meta.url));
/** Beside the packages: a bundle in it finds node_modules. */
const CACHE = join(REPO, '.local/cache');
const UNUSED_MS = 86_400_000;

/**
 * A folder that `make` fills once for all tests, and for later runs over the same sources. It is keyed by `name`, by
 * the content of the files under `sources` (paths in the repository), and by package-lock.json. Tests must not write to
 * it. Folders that are older than a day are deleted.
 */
export async function cached(
  name: string,
  sources: readonly string[],
  make: (folder: string) => Promise<unknown>,
): Promise<string> {
  const folder = join(CACHE, await keyOf(name, sources));
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  await deleteOld();
  const unfinished = `${folder}-${randomUUID()}`;
  try {
    await make(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another worker may have made it at the same time.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function keyOf(name: string, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(name);
  for (const path of [...(await filesUnder(sources)), 'package-lock.json']) {
    hash.update(`\n${path}\n`).update(await readFile(join(REPO, path)));
  }
  return hash.digest('hex').slice(0, 32);
}

async function filesUnder(sources: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const source of sources) {
    const entries = await readdir(join(REPO, source), { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) files.push(join(entry.parentPath, entry.name).slice(REPO.length));
  }
  return files.sort();
}

async function deleteOld(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const path = join(CACHE, name);
    const found = await stat(path).catch(() => null);
    if (found && found.mtimeMs < Date.now() - UNUSED_MS) await rm(path, { recursive: true, force: true });
  }
}
