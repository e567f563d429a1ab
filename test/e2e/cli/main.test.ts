import { randomUUID } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, node, REPO } from '../../support/bundle/child.ts';

const folder = join(REPO, '.local', `test-${randomUUID()}`);
const built = join(folder, 'beaconwatch.js');
beforeAll(() => build(folder), 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const about = JSON.parse(await readFile(join(REPO, 'package.json'), 'utf8')) as { version: string; bin: object };

describe('beaconwatch', () => {
  it('is what `npm link` makes a command of: a file that runs by itself', async () => {
    expect(about.bin).toEqual({ beaconwatch: 'dist/beaconwatch.js' });
    expect((await readFile(built, 'utf8')).split('\n', 1)).toEqual(['#!/usr/bin/env node']);
    expect((await stat(built)).mode & 0o111).toBe(0o111);
  });

  it('--version says the version, for whoever reports something', async () => {
    expect(await node([built, '--version'])).toMatchObject({ code: 0, stdout: `${about.version}\n` });
  });

  it('without a command shows the help, and fails as wrong usage', async () => {
    const { code, stdout, stderr } = await node([built]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: beaconwatch');
  });

  it.each([[['score']], [['local']], [['run']], [['ingest']], [['suppress']]])(
    '%j --help fills its lines, and names no default that is none',
    async (command) => {
      const { stdout } = await node([built, ...command, '--help']);
      expect(stdout).not.toMatch(/default: (false|\[\])/);
      const about = stdout.split('\n\n')[1]?.split('\n') ?? [];
      for (const line of about.slice(0, -1)) expect(line.length).toBeGreaterThan(60);
    },
  );
});
