import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../src/cli/compile_cache.ts';

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
