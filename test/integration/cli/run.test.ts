import { beforeEach, describe, expect, inject, it } from 'vitest';
import { bin } from '../../../src/core/kql/bin.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { freshAccount } from '../../support/azurite.ts';
import { beaconwatch as command, type Ended } from '../../support/cli/beaconwatch.ts';
import { System } from '../../support/system/system.ts';
import { streamed } from '../../unit/core/records/records.ts';

const CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';
const HOUR_MS = 3_600_000;
/** The full hour before the present one: the default window ends there or later. */
const END = Date.parse(`${bin(timestampFromMs(Date.now()), '1h').slice(0, 23)}Z`) - HOUR_MS;
const TABLES = ['HourlyCounts', 'Detections', 'Runs', 'Exports'];

let connectionString: string;
let system: System;

beforeEach(async () => {
  connectionString = await freshAccount(inject('azurite'));
  system = new System(connectionString, Date.now());
  const lines = [
    ...beacon('wks-loud', '203.0.113.1', 60),
    ...beacon('wks-quiet', '203.0.113.2', 40),
    ...beacon('=cmd\u001b[31m', '203.0.113.3', 90),
  ];
  await system.append(
    { container: CONTAINER, name: 'a.json' },
    Buffer.from(lines.map((line) => `${line}\r\n`).join('')),
  );
  await system.app.sweep();
  await system.drain();
});

/** One report in each of the twenty hours before the end. */
function beacon(DeviceName: string, RemoteIP: string, count: number): string[] {
  return Array.from({ length: 20 }, (_, hour) => {
    const Timestamp = timestampFromMs(END - (hour + 0.5) * HOUR_MS);
    const AdditionalFields = JSON.stringify({ uniqueEventsAggregated: count });
    return JSON.stringify(streamed({ DeviceName, RemoteIP, Timestamp, ReportId: hour, AdditionalFields }));
  });
}

function run(...args: string[]): Promise<Ended> {
  return command(['run', ...args], { env: { AzureWebJobsStorage: connectionString } });
}

const rowsOf = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('beaconwatch run', () => {
  it('scores every partition, as the functions do; a second run changes nothing', async () => {
    const first = await run('--format', 'json');
    expect(first).toMatchObject({ code: 0 });
    const total = {
      partitions: 16,
      groups: 3,
      rows: 60,
      detections: 2,
      opened: 2,
      resolved: 0,
      pending: 0,
    };
    expect(rowsOf(first.stdout)).toEqual([{ asOf: expect.any(String), ...total, requests: expect.any(Number) }]);
    const before = await system.dump('Detections', 'HourlyCounts');
    expect(before['Detections']).toHaveLength(2);
    const again = await run();
    expect(again.stdout).toMatch(/\t16\t3\t60\t2\t2\t/);
    expect(await system.dump('Detections', 'HourlyCounts')).toEqual(before);
  });

  it.each<[string, Record<string, string>]>([
    ['no sinks', {}],
    ['the same sink elsewhere', { SINKS: '[{"name":"soar","format":"json","url":"https://example.com/other"}]' }],
  ])('from a shell with %s keeps the sinks of the functions, and queues their notifications', async (_, env) => {
    const SINKS = '[{"name":"soar","format":"json","minSeverity":"low","url":"https://example.com/hook"}]';
    const deployed = new System(connectionString, Date.now(), { SINKS, BASELINE_HOURS: '0' });
    const asOf = timestampFromMs(END - HOUR_MS);
    await deployed.app.scorePartition({ partition: '0', asOf, oldestUnreadMs: 0, newestReport: '' });
    // This run opens what the next one decides.
    await deployed.app.runNow(asOf);
    const before = await system.dump('Sinks');
    expect(before['Sinks']).toMatchObject([{ Name: 'soar', Since: asOf }]);
    const ended = await command(['run', '--format', 'json'], {
      env: { AzureWebJobsStorage: connectionString, BASELINE_HOURS: '0', ...env },
    });
    // With a context `regularity` finds one more, which has just opened.
    expect(rowsOf(ended.stdout)).toMatchObject([{ detections: 3, opened: 1, pending: 2 }]);
    expect(ended.stderr).toContain('The functions send the pending notifications within two minutes.');
    expect(await system.dump('Sinks')).toEqual(before);
    expect((await system.app.health()).queues).toMatchObject({ notify: 1 });
  });

  it('refuses a window that is not over, and --set', async () => {
    const later = new Date(Date.now() + 2 * HOUR_MS).toISOString();
    const ahead = await run('--now', later);
    expect(ahead).toMatchObject({ code: 1, stdout: '' });
    expect(ahead.stderr).toContain('has not ended: the last full hour is');
    const other = await run('--set', 'MIN_AVERAGE=30');
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('--set needs --dry-run');
  });
});

describe('beaconwatch run --rebuild', () => {
  it('builds the count files again, and finds the same', async () => {
    const first = await run('--format', 'json');
    const again = await run('--rebuild', '--format', 'json');
    expect(again).toMatchObject({ code: 0 });
    const [before, after] = [first, again].map(({ stdout }) => rowsOf(stdout)[0]);
    expect(after).toEqual({ ...before, requests: expect.any(Number) });
    expect(await run('--rebuild', '--dry-run')).toMatchObject({ code: 2 });
  });
});

describe('beaconwatch run --dry-run', () => {
  it('prints the detections that would be added or removed, and writes nothing', async () => {
    await run();
    const before = await system.dump(...TABLES);
    const lower = await run('--dry-run', '--set', 'MIN_AVERAGE=30', '--format', 'json');
    expect(lower.code).toBe(0);
    expect(rowsOf(lower.stdout)).toMatchObject([
      { change: 'added', reason: '', DeviceName: 'wks-quiet', avg_conn_count: 40, devices: 1, severity: 'high' },
    ]);
    expect(lower.stderr).toContain('3 groups, 3 matched; 2 already active, 1 would be added, 0 would be removed.');
    // The data has only twenty hours, the window three days.
    expect(lower.stderr).toContain('The window begins before the oldest stored hour (');

    const higher = await run('--dry-run', '--set', 'MIN_AVERAGE=80', '--set', 'LOOKBACK_DAYS=0.5', '--format', 'csv');
    const [header, row, ...rest] = higher.stdout.trim().split('\n');
    expect(header).toMatch(/^change,reason,id,source,FirstConnection,/);
    expect(row).toMatch(/^removed,too-few-points|^removed,low-average/);
    // A last match long ago would resolve under any settings.
    expect(header).toMatch(/,lastMatched$/);
    expect(row).toMatch(/,\d{4}-\d\d-\d\dT\d\d:00:00\.0000000Z$/);
    expect(rest.length).toBeLessThan(2);
    expect(await system.dump(...TABLES)).toEqual(before);
  });

  it('escapes unsafe names', async () => {
    const table = await run('--dry-run');
    expect(table.stdout).toContain('=cmd\\u001b[31m');
    expect(table.stdout).not.toContain('\u001b');
    const csv = await run('--dry-run', '--format', 'csv');
    expect(csv.stdout).toContain("'=cmd\\u001b[31m");
    const nothing = await run('--dry-run', '--set', 'MIN_AVERAGE=1000');
    expect(nothing.stdout).toBe('No detection would be added or removed.\n');
  });

  it('prints the stored span if no row of the window is stored', async () => {
    const ended = await run('--dry-run', '--now', '2020-01-01T00:30:00Z');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /no rows are stored for the window from 2019-12-29T00:00.* to 2020-01-01T00:00.*: rows are stored of the hours from .* to .*: try --now \d{4}-\d\d-\d\dT\d\d:00:00Z\n$/,
    );
  });

  it.each([
    [['--set', 'MIN_AVERAGE=high'], /MIN_AVERAGE must be a number/],
    [['--set', 'RETENTION_DAYS=9'], /--set must be NAME=VALUE with one of LOOKBACK_DAYS/],
    [['--now', 'noon'], /--now must be an ISO 8601 instant/],
    [['--format', 'xml'], /--format must be one of/],
  ])('%j is wrong usage', async (args, message) => {
    const ended = await run('--dry-run', ...args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });
});
