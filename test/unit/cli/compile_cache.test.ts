import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, ownFolder } from '../../../src/cli/compile_cache.ts';

describe('cacheFolder(env, platform, home)', () => {
  it.each([
    ['linux', {}, '/home/ann/.cache'],
    ['linux', { XDG_CACHE_HOME: '/var/cache/ann' }, '/var/cache/ann'],
    ['linux', { XDG_CACHE_HOME: 'cache' }, '/home/ann/.cache'],
    ['linux', { XDG_CACHE_HOME: '' }, '/home/ann/.cache'],
    ['darwin', { XDG_CACHE_HOME: '/var/cache/ann' }, '/home/ann/Library/Caches'],
    ['win32', { LOCALAPPDATA: 'C:/ann/Local' }, 'C:/ann/Local'],
    ['win32', {}, '/home/ann/AppData/Local'],
  ] as const)('on %s with %j is %s, the own folder of the user', (platform, env, folder) => {
    expect(cacheFolder(env, platform, '/home/ann').replaceAll('\\', '/')).toBe(folder);
  });
});

describe('ownFolder(cache)', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'beaconwatch-cache-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is made for the user alone, below a folder of the user that is missing too', () => {
    const cache = join(folder, '.cache');
    expect(ownFolder(cache)).toBe(join(cache, 'beaconwatch'));
    expect(statSync(join(cache, 'beaconwatch')).isDirectory()).toBe(true);
    if (process.platform !== 'win32') expect(statSync(join(cache, 'beaconwatch')).mode & 0o077).toBe(0);
    expect(ownFolder(cache)).toBe(join(cache, 'beaconwatch'));
  });

  it('is null where it cannot be made, or is a file', () => {
    expect(ownFolder(join(folder, 'no', 'such'))).toBeNull();
    expect(ownFolder('/proc/none')).toBeNull();
    writeFileSync(join(folder, 'beaconwatch'), '');
    expect(ownFolder(folder)).toBeNull();
    writeFileSync(join(folder, 'file'), '');
    expect(ownFolder(join(folder, 'file'))).toBeNull();
  });
});
