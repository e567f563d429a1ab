import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node } from '../../support/bundle/child.ts';
import { sampleFolder } from '../../support/sample/folder.ts';

const ENV = { PATH: process.env['PATH'] ?? '' };

let folder: string;
let archive: string;
let installed: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-pack-'));
  const packed = await node(['scripts/pack-cli.ts', folder], { env: ENV });
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  archive = packed.stdout.trim();
  installed = join(folder, 'empty');
  await mkdir(installed);
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-save', archive], {
    cwd: installed,
    stdio: 'pipe',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run pack:cli', () => {
  it('packs the bundle of the command line, without dependencies or source maps', async () => {
    const root = join(installed, 'node_modules/beaconwatch');
    expect(await readdir(join(installed, 'node_modules'))).toEqual(['.bin', '.package-lock.json', 'beaconwatch']);
    const names = await readdir(root);
    expect(names.filter((name) => !/^(beaconwatch.*\.js(\.LEGAL\.txt)?|LICENSES?|package\.json)$/.test(name))).toEqual(
      [],
    );
    expect(JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))).not.toHaveProperty('dependencies');
    expect((await stat(archive)).size).toBeLessThan(3e6);
  });

  it('runs score in an empty folder', async () => {
    const sample = await sampleFolder({ devices: 3, seed: 1, end: Date.UTC(2026, 10, 20, 12) });
    const args = ['score', sample, '--now', '2026-11-20T12:00:00Z', '--format', 'json'];
    const command = join(installed, 'node_modules/.bin/beaconwatch');
    const { code, stdout } = await node([command, ...args], { cwd: installed, env: ENV });
    expect(code).toBe(0);
    expect(stdout.split('\n').length).toBeGreaterThan(10);
    const inThreads = await node([command, ...args, '--threads', '2'], { cwd: installed, env: ENV });
    expect(inThreads).toMatchObject({ code, stdout });
  });

  it('names the installed command in the hint for the next step, not an npm script of a checkout', async () => {
    const command = join(installed, 'node_modules/.bin/beaconwatch');
    const out = join(folder, 'sample');
    const { stdout } = await node([command, 'sample', '--out', out, '--devices', '1'], { cwd: installed, env: ENV });
    expect(stdout).toContain(`\nNext:  npx beaconwatch score ${out} --now `);
  });

  it('reads Parquet, by a process of its own', async () => {
    const data = ['ConnectionSuccess'];
    const path = join(installed, 'rows.parquet');
    const columns = ['ActionType', 'DeviceName'].map((name) => ({ name, data, type: 'STRING' as const }));
    await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData: columns })));
    const command = join(installed, 'node_modules/.bin/beaconwatch');
    const { code, stderr } = await node([command, 'score', path], { cwd: installed, env: ENV });
    // The row is read; it has no columns of the rule.
    expect(code).toBe(1);
    expect(stderr).toContain('1 export, 1 line, 0 reports');
  });

  it('local ends with an error that names the checkout', async () => {
    const command = join(installed, 'node_modules/.bin/beaconwatch');
    const { code, stdout, stderr } = await node([command, 'local'], { cwd: installed, env: ENV });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('local needs a checkout of Beaconwatch: run npm ci there, then npm start\n');
  });
});
