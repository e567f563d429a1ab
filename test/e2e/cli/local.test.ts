import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSample } from '../../../tools/sample/write.ts';
import { build, type Ended, node, REPO } from '../../support/bundle/child.ts';

/** Beside the packages: Azurite is started from there. Not dist/, which others may be using. */
const BUILT = join(REPO, `.local/test-${process.pid}`);
/** Ten days ago, which is older than what is kept: the run has to take its clock from the data. */
const END = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 10 * 86_400_000;
const NOW = new Date(END).toISOString();

let folder: string;
let out: string;
let local: Ended;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-local-'));
  out = join(folder, 'tenant');
  await writeSample({ out, devices: 2, seed: 3, end: END });
  // Cut off in the midst of its last line.
  const last = readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('PT1H.json'))
    .sort()
    .at(-1);
  await appendFile(join(out, last ?? ''), '{"time":"2026-11-20T08:');
  await build(BUILT);
  const env = { PATH: process.env['PATH'] ?? '', ExportStorage: 'not for this', EXPORT_CONTAINERS: 'nor-this' };
  local = await beaconwatch(
    ['local', '--exports', out, '--format', 'json', '--report', join(folder, 'report.json')],
    env,
  );
}, 120_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(BUILT, { recursive: true, force: true });
});

function beaconwatch(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return node([join(BUILT, 'beaconwatch.js'), ...args], { env });
}

function azuriteOf(progress: string): number {
  const [, pid] = /Azurite listens \(process (\d+)\)/.exec(progress) ?? [];
  expect(pid).toBeDefined();
  return Number(pid);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A line of the totals: its number. */
function total(name: string): number {
  const [, digits = 'nothing'] = new RegExp(`^${name} +([\\d,]+)`, 'm').exec(local.stderr) ?? [];
  return Number(digits.replaceAll(',', ''));
}

describe('beaconwatch local --exports DIR', () => {
  it('finds the rows that score finds in the same files, byte for byte', async () => {
    expect({ code: local.code, stderr: local.stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    const scored = await beaconwatch(['score', out, '--now', NOW, '--format', 'json']);
    expect(local.stdout).toBe(scored.stdout);
    expect(local.stdout.split('\n').length).toBeGreaterThan(10);
  });

  it('tells each detection once, and counts what went through', () => {
    const detections = local.stdout.trim().split('\n').length;
    expect(total('detections')).toBe(detections);
    expect(total('notifications')).toBe(detections);
    expect(total('exports')).toBe(73);
    // They were read while they grew.
    expect(total('segments')).toBeGreaterThan(73);
    expect(total('rows')).toBeGreaterThan(500);
    expect(total('dead letters')).toBeGreaterThan(0);
    expect(total('table transactions')).toBeGreaterThan(73);
    expect(total('blob appends')).toBe(0);
    expect(local.stderr).toMatch(/^blob appends +0 +\d{3}$/m);
  });

  it('reports what it took as JSON: the same totals, requests by function, and the lines of the log', async () => {
    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ asOf: `${NOW.slice(0, 19)}.0000000Z`, notifications: total('notifications') });
    expect(report.outcome).toMatchObject({ exports: 73, segments: total('segments'), rows: total('rows') });
    for (const { operation, functions, byFunction } of report.requests) {
      const sum = Object.values<number>(byFunction).reduce((all, count) => all + count, 0);
      expect({ operation, sum }).toEqual({ operation, sum: functions });
    }
    const scored = report.invocations.filter((each: { function: string }) => each.function === 'scorePartition');
    expect(scored).toHaveLength(16);
    expect(JSON.parse(scored[0].lines[0])).toMatchObject({ function: 'scorePartition', asOf: report.asOf });
  });

  it('says which export ends within a line', () => {
    expect(local.stderr).toMatch(
      /end within a line, which is read when it is whole, or after a day: tenantId=.*PT1H\.json$/m,
    );
  });

  it('leaves nothing running', () => {
    expect(isRunning(azuriteOf(local.stderr))).toBe(false);
  });
});

describe('beaconwatch local over what cannot be read', () => {
  it('says what to do with it, no word of beacons, and fails', async () => {
    const csv = join(folder, 'portal');
    await writeSample({ out: csv, format: 'portal-csv', devices: 1, seed: 3, end: END });
    const { code, stdout, stderr } = await beaconwatch(['local', '--exports', csv], {
      PATH: process.env['PATH'] ?? '',
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Nothing to score in the window\.\n/);
    expect(stderr).toMatch(/refused: \S+\.csv: .*CSV.*score/);
    expect(stderr).toContain('Nothing was read: no export of a known format');
  }, 60_000);
});

describe('beaconwatch local, stopped on its way', () => {
  it('takes everything down with it', async () => {
    const child = spawn(process.execPath, [join(BUILT, 'beaconwatch.js'), 'local'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      if (line.includes('functions are loaded')) child.kill('SIGTERM');
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect({ code: child.exitCode, stdout, last: lines.at(-1) }).toEqual({ code: 1, stdout: '', last: 'stopped' });
    expect(isRunning(azuriteOf(lines.join('\n')))).toBe(false);
  });
});

describe('beaconwatch local, asked for what cannot be', () => {
  it.each([
    [['--exports', 'no/such/folder'], {}, 1, 'no/such/folder: no such file or folder\n'],
    [
      ['--exports', 'scripts'],
      {},
      1,
      'scripts: no report in its files that is not more than a day ahead of the clock\n',
    ],
    [['--format', 'xml'], {}, 2, '--format must be one of table, json, csv, got "xml"\n'],
    [['--now', 'today'], {}, 2, '--now must be an ISO 8601 instant such as 2026-11-20T12:00:00Z, got "today"\n'],
    [
      ['--now', '9998-01-01T00:00:00Z'],
      {},
      2,
      'the window would end at 9998-01-01T00:00:00.0000000Z: --now may be at most a day ahead of the clock\n',
    ],
    [[], { MIN_AVERAGE: 'high' }, 2, 'Invalid settings:\n- MIN_AVERAGE must be a number ≥ 0, got "high"\n'],
  ])('%j with %j ends before anything is started', async (args, env, code, why) => {
    const ended = await beaconwatch(['local', ...args], env);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr.slice(0, why.length)).toBe(why);
  });
});
