import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { cached } from '../cache.ts';

export const REPO = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node with these arguments to its end. `env` is the whole environment, TZ excepted. */
export async function node(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const { cwd = REPO, env = {} } = options;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { TZ: 'America/Los_Angeles', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}

/** Makes the package of the functions in a folder, by the project's own script, without its source maps. */
export async function pack(folder: string): Promise<void> {
  const { code, stderr } = await node(['scripts/package.ts', folder], { env: { PATH: process.env['PATH'] ?? '' } });
  if (code !== 0) throw new Error(`the package cannot be made:\n${stderr}`);
  await rm(`${folder}-maps`, { recursive: true });
}

/** The folder of the bundles, built by the project's own script, once for each state of the sources. */
export function bundles(): Promise<string> {
  return cached('bundles', ['bin', 'functions', 'scripts', 'src', 'tools'], async (folder) => {
    const { code, stderr } = await node(['scripts/build.ts', folder], { env: { PATH: process.env['PATH'] ?? '' } });
    if (code !== 0) throw new Error(`the build fails:\n${stderr}`);
  });
}
