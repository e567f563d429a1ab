import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { build, type Ended, node, REPO } from '../bundle/child.ts';

/** The command line as it ships, built for the tests of the file that asks for it; the environment is PATH and what is given. */
export function builtCommand(): (args: readonly string[], settings?: Record<string, string>) => Promise<Ended> {
  const folder = join(REPO, '.local', `test-${randomUUID()}`);
  beforeAll(() => build(folder), 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (args, settings = {}) =>
    node([join(folder, 'beaconwatch.js'), ...args], { env: { PATH: process.env['PATH'] ?? '', ...settings } });
}
