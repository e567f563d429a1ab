import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { appendFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundles, type Ended, node } from '../../support/bundle/child.ts';
import { sampleFolder } from '../../support/sample/folder.ts';

/** Ten days ago, older than the retention: the run must take its clock from the data. */
const END = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 10 * 86_400_000;
const NOW = new Date(END).toISOString();
const PATH = process.env['PATH'] ?? '';

let built: string;
let folder: string;
let out: string;
let local: Ended;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-local-'));
  out = join(folder, 'tenant');
  await cp(await sampleFolder({ devices: 2, seed: 3, end: END }), out, { recursive: true });
  // The last export ends within a line.
  const last = readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('PT1H.json'))
    .sort()
    .at(-1);
  await appendFile(join(out, last ?? ''), '{"time":"2026-11-20T08:');
  built = join(await bundles(), 'beaconwatch.js');
  const env = { PATH, ExportStorage: 'not for this', EXPORT_CONTAINERS: 'nor-this' };
  local = await beaconwatch(
    ['local', '--exports', out, '--format', 'json', '--report', join(folder, 'report.json')],
    env,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function beaconwatch(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return node([built, ...args], { env });
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
  it('prints the rows of score over the same files, byte for byte', async () => {
    expect({ code: local.code, stderr: local.stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    const scored = await beaconwatch(['score', out, '--now', NOW, '--format', 'json']);
    expect(local.stdout).toBe(scored.stdout);
    expect(local.stdout.split('\n').length).toBeGreaterThan(10);
  });

  it('notifies each detection once, and counts the run', () => {
    // Those of the KQL rule, and those that `regularity` alone finds.
    const rows = local.stdout.trim().split('\n').length;
    const [, notified, alone] =
      /^Notified: (\d+) detections: .* By regularity alone: (\d+)\./m.exec(local.stderr) ?? [];
    expect(Number(notified) - Number(alone)).toBe(rows);
    expect(Number(alone)).toBeGreaterThan(0);
    expect(total('detections')).toBe(Number(notified));
    expect(total('notifications')).toBe(Number(notified));
    expect(local.stderr).toMatch(/the second run opens what it finds; 0 notifications received/);
    // The end of the baseline is one digest in a chat.
    expect(local.stderr).toMatch(/^A chat received 1 message: HIGH: \d+ new or changed beacons$/m);
    expect(total('exports')).toBe(73);
    // The exports were read while they grew.
    expect(total('segments')).toBeGreaterThan(73);
    expect(total('rows')).toBeGreaterThan(500);
    expect(total('dead letters')).toBeGreaterThan(0);
    expect(total('table transactions')).toBeGreaterThan(73);
    expect(total('blob appends')).toBe(0);
    expect(local.stderr).toMatch(/^blob appends +0 +\d{3}$/m);
  });

  it('--report writes the same totals, the requests by function, and the log lines as JSON', async () => {
    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ asOf: `${NOW.slice(0, 19)}.0000000Z`, notifications: total('notifications') });
    expect(report.outcome).toMatchObject({ exports: 73, segments: total('segments'), rows: total('rows') });
    for (const { operation, functions, byFunction } of report.requests) {
      const sum = Object.values<number>(byFunction).reduce((all, count) => all + count, 0);
      expect({ operation, sum }).toEqual({ operation, sum: functions });
    }
    const scored = report.invocations.filter((each: { function: string }) => each.function === 'scorePartition');
    const lines = scored.map((each: { lines: string[] }) => JSON.parse(each.lines[0] ?? ''));
    // Three hours in a row.
    expect(lines.reduce((sum: number, line: { scored?: number }) => sum + (line.scored ?? 0), 0)).toBe(3 * 16);
    expect(lines.at(-1)).toMatchObject({ function: 'scorePartition', asOf: report.asOf });
  });

  it('names the export that ends within a line', () => {
    expect(local.stderr).toMatch(
      /the last line is incomplete, and is read when it is complete, or after a day: insights-logs-advancedhunting-devicenetworkevents\/tenantId=.*PT1H\.json$/m,
    );
  });

  it('leaves nothing running', () => {
    expect(isRunning(azuriteOf(local.stderr))).toBe(false);
  });
});

describe('beaconwatch local over files of a foreign format', () => {
  it('names the next step, does not print "No beacons", and fails', async () => {
    const csv = await sampleFolder({ format: 'portal-csv', devices: 1, seed: 3, end: END });
    const { code, stdout, stderr } = await beaconwatch(['local', '--exports', csv], { PATH });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^No report in the window: nothing was scored\.\n/);
    expect(stderr).toMatch(/refused: \S+\.csv: .*CSV.*score/);
    expect(stderr).toContain('nothing was read: no export of a known format');
  });
});

describe('beaconwatch local, stopped by a signal', () => {
  it('stops everything', async () => {
    const child = spawn(process.execPath, [built, 'local'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      if (line.includes('functions loaded')) child.kill('SIGTERM');
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect({ code: child.exitCode, stdout, last: lines.at(-1) }).toEqual({ code: 1, stdout: '', last: 'stopped' });
    expect(isRunning(azuriteOf(lines.join('\n')))).toBe(false);
  });
});
