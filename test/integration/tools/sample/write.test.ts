import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SampleFolderError, SEEDED_BEACONS_FILE, writeSample } from '../../../../tools/sample/write.ts';
import { END, tenant } from '../../../support/sample/tenant.ts';

const SMALL = { devices: 3, seed: 5, end: END };

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-sample-'));
  out = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function contents(root: string): Promise<Map<string, string>> {
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const hashes = await Promise.all(
    paths.map(async (path) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ),
  );
  return new Map(paths.map((path, i) => [path.slice(root.length + 1), hashes[i]!]));
}

test('writeSample(…) writes the exports under their container and name, and returns the totals', async () => {
  const progress: number[] = [];
  const written = await writeSample({ out, ...SMALL, onProgress: (done) => progress.push(done) });
  const expected = tenant(SMALL);
  const files = await contents(out);
  expect([...files.keys()].filter((path) => path !== SEEDED_BEACONS_FILE)).toEqual(
    expected.exports.map(({ container, name }) => `${container}/${name}`),
  );
  const first = expected.exports[0]!;
  expect(Buffer.concat(first.lines).equals(await readFile(join(out, first.container, first.name)))).toBe(true);
  expect(written).toMatchObject({
    exports: expected.exports.length,
    lines: expected.lines.length,
    bytes: expected.lines.reduce((sum, line) => sum + line.length, 0),
    reports: expected.exports.reduce((sum, { reports }) => sum + reports, 0),
    unreadable: 12,
    seededBeacons: expected.plan.seededBeacons,
  });
  expect(progress).toEqual(expected.exports.map((_, i) => i + 1));
});

test('writeSample(…) describes the seeded beacons in a file beside the exports', async () => {
  const { seededBeacons } = await writeSample({ out, ...SMALL });
  const description = JSON.parse(await readFile(join(out, SEEDED_BEACONS_FILE), 'utf8'));
  expect(description).toMatchObject({
    seed: 5,
    devices: 3,
    window: { from: '2026-11-20T09:00:00.000Z', to: '2026-11-23T09:00:00.000Z' },
    seededBeacons,
  });
  expect(description.unreadable).toHaveLength(12);
  for (const { blob, line, kind } of description.unreadable) {
    const path = join(out, 'insights-logs-advancedhunting-devicenetworkevents', blob);
    const text = (await readFile(path, 'utf8')).split('\r\n')[line - 1]!;
    if (kind === 'empty') expect(text).toBe('');
    if (kind === 'text') expect(text).toMatch(/^<html>/);
    if (kind === 'bad-time') expect(text).toContain('T25:61:00Z');
  }
});

test('writeSample(…) twice gives the same files; another sample replaces the first', async () => {
  await writeSample({ out, ...SMALL });
  const first = await contents(out);
  await writeSample({ out, ...SMALL });
  expect(await contents(out)).toEqual(first);
  await writeSample({ out, ...SMALL, end: END + 24 * 3_600_000 });
  const names = [...(await contents(out)).keys()];
  expect(names.filter((name) => name.includes('/d=20/'))).toEqual([]);
  expect(names.filter((name) => name.includes('/d=24/')).length).toBeGreaterThan(0);
});

test('writeSample(…) refuses a folder with other files, and leaves it unchanged', async () => {
  await mkdir(out);
  await writeFile(join(out, 'thesis.txt'), 'years of work');
  await expect(writeSample({ out, ...SMALL })).rejects.toThrow(SampleFolderError);
  await expect(writeSample({ out, ...SMALL })).rejects.toThrow('is not empty and holds no sample');
  expect(await readdir(out)).toEqual(['thesis.txt']);
});

test('writeSample(…) refuses a file', async () => {
  await writeFile(out, 'a file');
  await expect(writeSample({ out, ...SMALL })).rejects.toThrow('is a file: name a folder');
});

test('writeSample(…) replaces a sample and keeps other files beside it', async () => {
  await writeSample({ out, ...SMALL });
  await writeFile(join(out, 'notes.txt'), 'mine');
  await writeSample({ out, ...SMALL });
  expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine');
});

test('writeSample(…) checks its numbers before it touches the folder', async () => {
  await expect(writeSample({ out, ...SMALL, devices: 0 })).rejects.toThrow(RangeError);
  await expect(readdir(out)).rejects.toThrow('ENOENT');
});
