import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundles, node } from '../../support/bundle/child.ts';
import { sampleFolder } from '../../support/sample/folder.ts';

let folder: string;
let cache: string;

beforeAll(async () => {
  folder = await bundles();
  cache = await mkdtemp(join(tmpdir(), 'beaconwatch-cache-'));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

/** Prints the modules of Node that were loaded. */
const LOADED = 'data:text/javascript,process.on("exit",()=>process._rawDebug(process.moduleLoadList.join(",")))';

describe('the start of the command line', () => {
  it('loads one file of code for score, after Node keeps what it compiles', async () => {
    const env = { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    const { code, stdout, stderr } = await node([join(folder, 'beaconwatch.js'), 'score', '--help'], { env });
    expect({ code, isHelp: stdout.startsWith('Usage: beaconwatch score') }).toEqual({ code: 0, isHelp: true });
    // Node 22 does not say ESM.
    const kept = [...stderr.matchAll(/writing cache for (?:ESM )?\S*\/(beaconwatch\S*?\.js)/g)].map(([, file]) => file);
    expect(kept).toContain('beaconwatch-core.js');
    const chunks = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    expect(chunks.length).toBeGreaterThan(20);
    expect(kept.length).toBeLessThan(5);
  });

  it('loads modules of Node only when they are used', async () => {
    const { code, stderr } = await node(['--import', LOADED, join(folder, 'beaconwatch.js'), 'score', 'nothing']);
    expect(code).toBe(1);
    const loaded = stderr.split(',').map((line) => line.replace('NativeModule ', ''));
    expect(loaded).toContain('module');
    for (const module of [
      'internal/fs/promises',
      'child_process',
      'crypto',
      // For standard output, to a pipe.
      'net',
      'perf_hooks',
      'worker_threads',
      'v8',
      'internal/readline/interface',
    ])
      expect(loaded).not.toContain(module);
  });
});

describe('score --threads of the bundle', () => {
  it('prints what one thread prints, and keeps what the threads compile', async () => {
    const sample = await sampleFolder({ devices: 3, seed: 1, end: Date.UTC(2026, 10, 20, 12) });
    const folders = { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache };
    const score = async (threads: string, env = {}) => {
      const args = [join(folder, 'beaconwatch.js'), 'score', sample, '--now', '2026-11-20T12:00:00Z'];
      const { code, stdout, stderr } = await node([...args, '--threads', threads], { env: { ...folders, ...env } });
      return { code, stdout, stderr: stderr.replace(/, [\d.]+ s\n/, '\n') };
    };
    // Lines of one thread may stand within those of another, so they are asked for apart.
    const { stderr: cached } = await score('3', { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    const one = await score('1');
    expect(await score('3')).toEqual(one);
    expect(one.stdout.split('\n').length).toBeGreaterThan(3);
    expect(cached).toMatch(/writing cache for (?:ESM )?\S*\/beaconwatch-reader-read_thread-\w+\.js/);
  });
});
