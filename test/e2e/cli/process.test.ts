import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { contentsOf } from '../../../src/cli/input_files.ts';
import { freshAccount } from '../../support/azurite.ts';
import { bundles, type Ended, node, REPO } from '../../support/bundle/child.ts';
import { sampleFolder } from '../../support/sample/folder.ts';
import { streamed } from '../../unit/core/records/records.ts';

const END = Date.UTC(2026, 10, 20, 12);
const NOW = '2026-11-20T12:00:00Z';

let built: string;
let folder: string;
let sample: string;
beforeAll(async () => {
  built = join(await bundles(), 'beaconwatch.js');
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-process-'));
  sample = await sampleFolder({ devices: 3, seed: 1, end: END });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function beaconwatch(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return node([built, ...args], { env });
}

describe('beaconwatch as a process', () => {
  it('is an executable file, as `npm link` needs it', async () => {
    const { bin } = JSON.parse(await readFile(join(REPO, 'package.json'), 'utf8')) as { bin: object };
    expect(bin).toEqual({ beaconwatch: 'dist/beaconwatch.js' });
    expect((await readFile(built, 'utf8')).split('\n', 1)).toEqual(['#!/usr/bin/env node']);
    expect((await stat(built)).mode & 0o111).toBe(0o111);
  });

  it('starts where its cache cannot be written', async () => {
    const { code, stdout } = await beaconwatch(['--version'], { XDG_CACHE_HOME: '/proc/none' });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it('without a command ends with 2', async () => {
    const { code, stdout, stderr } = await beaconwatch([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: beaconwatch');
  });

  it.each([
    ['3,000,000 lines of one character', 'x\n', 3_000_000, 'bad-json'],
    ['3,000,000 CSV rows of one quote', '"\n', 3_000_000, 'bad-csv'],
    ['1,000,000 broken records with the token of a source', '{"a":Aggreg}\n', 1_000_000, 'bad-json'],
    ['6 lists of 330,000 empty records', `[${'{},'.repeat(330_000)}"Aggreg"]\n`, 6, 'bad-json'],
    ['20 lines of 1,000,000 brackets', `${'['.repeat(1_000_000)}"Aggreg"]\n`, 20, 'too-deep'],
  ])('score takes less than 256 MB for %s, and counts all of them', async (_name, line, times, reason) => {
    const record = streamed({ Timestamp: '2026-11-20T09:00:00Z' });
    const { properties } = record as { properties: Record<string, unknown> };
    const row = Object.values(properties).map((value) => `"${String(value).replaceAll('"', '""')}"`);
    const csv = `${Object.keys(properties).join(',')}\n${row.join(',')}\n`;
    const head = reason === 'bad-csv' ? csv : `${JSON.stringify(record)}\n`;
    const path = join(folder, 'flood');
    await writeFile(path, head + line.repeat(times));
    const report = 'process.on("exit",()=>console.error("peak",process.resourceUsage().maxRSS,"KiB"))';
    const measure = `data:text/javascript,${encodeURIComponent(report)}`;
    const { stderr } = await node(['--import', measure, built, 'score', path, '--now', NOW], {});
    expect(stderr).toContain(`dead letters by reason: ${times.toLocaleString('en-US')} ${reason}`);
    expect(Number(/peak (\d+) KiB/.exec(stderr)?.[1])).toBeLessThan(256 * 1024);
  });

  it('score prints rows', async () => {
    const { code, stdout } = await beaconwatch(['score', sample, '--now', NOW, '--format', 'json']);
    expect(code).toBe(0);
    expect(stdout.split('\n').length).toBeGreaterThan(10);
  });

  it('score --from --to prints rows with their first and last window', async () => {
    const range = ['--from', '2026-11-19T12:00:00Z', '--to', NOW, '--every', '12h'];
    const { code, stdout } = await beaconwatch(['score', sample, ...range, '--format', 'csv']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/,FirstMatch,LastMatch,MatchingWindows\n.*,2026-11-20T12:00:00\.0000000Z,[123]\n/);
  });

  it('kql prints a query, and score --compare finds its own rows equal and others not', async () => {
    const { code, stdout } = await beaconwatch(['kql', '--grain', 'report', '--now', NOW]);
    expect(code).toBe(0);
    expect(stdout).toContain('\nDeviceNetworkEvents\n| where Timestamp > asOf - lookback');
    const answer = join(folder, 'answer.json');
    const rows = await beaconwatch(['score', sample, '--now', NOW, '--grain', 'report', '--format', 'json']);
    await writeFile(answer, rows.stdout);
    const compare = ['score', sample, '--now', NOW, '--compare', answer];
    expect(await beaconwatch([...compare, '--grain', 'report'])).toMatchObject({ code: 0 });
    expect(await beaconwatch(compare)).toMatchObject({ code: 1, stdout: expect.stringContaining('grain: equal with') });
  });

  it('score reads standard input', async () => {
    const child = spawn(process.execPath, [built, 'score', '-', '--now', NOW], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end('{"a":1}\n');
    let stdout = '';
    for await (const chunk of child.stdout) stdout += chunk;
    expect(stdout).toBe('No report in the window: nothing was scored.\n');
  });

  /** Ends `score` of the sample, with outputs as a test makes them. What was not read of them is ''. */
  async function scored(
    prepare: (child: ChildProcessByStdio<null, Readable, Readable>) => void,
    shell = 'exec "$0" "$@"',
  ) {
    const args = [built, 'score', sample, '--now', NOW, '--format', 'json'];
    const child = spawn('sh', ['-c', shell, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    prepare(child);
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { code, stdout, stderr: stderr.replace(/ [\d.]+ s\n$/, ' s\n') };
  }

  it('score ends with 0, and says all that it has to say, if the reader closes the pipe', async () => {
    const whole = await scored(() => {});
    expect(whole).toMatchObject({ code: 0, stderr: expect.stringMatching(/ detections, \d+ dead letters, s\n$/) });
    expect(await scored((child) => child.stdout.destroy())).toEqual({ ...whole, stdout: '' });
  });

  it('score prints its rows, and ends with 1, if nobody can read its messages', async () => {
    const whole = await scored(() => {});
    expect(await scored((child) => child.stderr.destroy())).toEqual({ ...whole, code: 1, stderr: '' });
    expect(await scored(() => {}, 'exec "$0" "$@" 2>/dev/full')).toEqual({ ...whole, code: 1, stderr: '' });
  });

  it('score ends with 1, and says why, if its rows cannot be written', async () => {
    const { stderr } = await scored(() => {});
    const full = await scored(() => {}, 'exec "$0" "$@" >/dev/full');
    expect(full).toMatchObject({ code: 1, stdout: '' });
    const [lost, ...others] = full.stderr
      .split('\n')
      .toSorted((a, b) => Number(b.startsWith('the result')) - Number(a.startsWith('the result')));
    expect(lost).toBe('the result cannot be written: ENOSPC: no space left on device, write');
    expect(others.join('\n').replace(/ [\d.]+ s\n$/, ' s\n')).toBe(stderr);
  });

  it('score shows a bar on a terminal, and prints its rows', async () => {
    const command = `'${process.execPath}' '${built}' score '${sample}' --now ${NOW} --format csv`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, rows: shown.split('.corp.example,').length > 10, fault: /TypeError/.exec(shown) }).toEqual({
      ...{ code: 0, rows: true, fault: null },
    });
    expect(shown).toMatch(/reading .* MB/);
  });

  it('score closes the files that it refuses', async () => {
    const foreign = gzipSync(Buffer.from('{"a":1}\n'.repeat(200_000)));
    const names = Array.from({ length: 60 }, (_, n) => join(folder, `refused-${n}.gz`));
    for (const name of names) await writeFile(name, foreign);
    // With a report, score does not look for other sources in the refused files.
    const good = join(folder, 'good.json');
    await writeFile(good, `${JSON.stringify(streamed())}\n`);
    // Fewer open files than that are allowed.
    const limited = 'ulimit -n 50 && exec "$0" "$@"';
    const child = spawn('sh', ['-c', limited, process.execPath, built, 'score', ...names, good], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    for await (const chunk of child.stderr) stderr += chunk;
    expect(stderr).not.toContain('EMFILE');
    expect(stderr).toContain('60 files refused in total');
  });

  it('sample writes a tenant', async () => {
    const out = join(folder, 'tenant');
    const { code, stdout } = await beaconwatch(['sample', '--out', out, '--devices', '1', '--end', NOW]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Next:  npm run -s beaconwatch -- score ${out} --now ${NOW}`);
  });

  it.each<[string[], number, RegExp]>([
    [['ingest'], 0, /^0 unread exports: /],
    [['run', '--now', NOW, '--format', 'json'], 0, /"partitions":16/],
    [['detections', 'list'], 0, /^No detections\.\n/],
    [['suppress', 'list'], 0, /^No suppressions\.\n/],
    [['dead-letters'], 0, /^No dead letters\.\n/],
    [['replay', 'container/name'], 1, /no such export has been read/],
    [['notify', '--preview', 'chat'], 0, /TEST MESSAGE/],
    [['health'], 1, /^last run +none\n/],
  ])('%j on a storage account ends with %d', async (args, code, output) => {
    const AzureWebJobsStorage = await freshAccount(inject('azurite'));
    const SINKS = '[{"name":"chat","format":"slack","url":"https://example.com/hook"}]';
    const ended = await beaconwatch(args, { AzureWebJobsStorage, SINKS });
    expect({ ...ended, output: ended.stdout + ended.stderr }).toMatchObject({
      code,
      output: expect.stringMatching(output),
    });
  });
});

describe('beaconwatch on an old Node', () => {
  const old = oldNode();

  it.skipIf(old === null)(
    `ends with one sentence${old === null ? ' (skipped: no Node before 22.12 outside node_modules)' : ''}`,
    async () => {
      const child = spawn(old as string, [built, 'score', sample], { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect({ code, output }).toEqual({
        code: 1,
        output: expect.stringMatching(/^Beaconwatch needs Node 22\.12 or later; this is Node \d+\.\d+\.\d+\.\n$/),
      });
    },
  );
});

/** A Node of this machine before 22.12; null without one. */
function oldNode(): string | null {
  const folders = (process.env['PATH'] ?? '').split(':').filter((path) => !path.includes('node_modules'));
  for (const path of [...folders, '/usr/bin', '/usr/local/bin'].map((each) => join(each, 'node')).filter(existsSync)) {
    const [major = 0, minor = 0] = execFileSync(path, ['-p', 'process.versions.node'])
      .toString()
      .split('.')
      .map(Number);
    if (major < 22 || (major === 22 && minor < 12)) return path;
  }
  return null;
}

describe('contentsOf(file, onRead)', () => {
  it('reads a named pipe, which can be opened only once', async () => {
    const content = 'line\n'.repeat(100_000);
    const path = join(folder, 'content.pipe');
    const plain = join(folder, 'plain.json');
    await writeFile(plain, content);
    execFileSync('mkfifo', [path]);
    const writer = spawn('sh', ['-c', 'cat "$1" > "$2"', 'sh', plain, path]);
    const ended = new Promise((resolve) => writer.once('exit', resolve));
    let text = '';
    for await (const content of contentsOf({ path, bytes: 0 }, () => {})) {
      if (!('chunks' in content)) throw new Error(content.name);
      for await (const piece of content.chunks) text += Buffer.from(piece).toString();
    }
    expect(text).toBe(content);
    expect(await ended).toBe(0);
  });
});
