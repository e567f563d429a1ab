import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { streamed } from '../core/records/records.ts';
import { every, FIRST, irregular, NOW, reports } from './traffic.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-regularity-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const score = (...args: readonly string[]) => beaconwatch(['score', ...args, '--detector', 'regularity']);
const rowsOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

async function file(name: string, ...lines: readonly (readonly string[])[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.flat().join('\n')}\n`);
  return path;
}

describe('score --detector regularity', () => {
  it('finds a connection every four hours, and not the irregular traffic beside it', async () => {
    const path = await file(
      'slow.json',
      reports({ hours: every(4) }),
      reports({ remote: '203.0.113.8', hours: every(1), count: irregular }),
    );
    const { code, stdout, stderr } = await score(path, '--now', NOW, '--format', 'json');
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toEqual([
      {
        detector: 'regularity',
        source: 'defender',
        FirstConnection: '2026-11-17T12:00:00.0000000Z',
        LastConnection: '2026-11-20T08:00:00.0000000Z',
        DeviceName: 'wks-1',
        InitiatingProcessFileName: 'a.exe',
        RemoteIP: '203.0.113.7',
        severity: 'medium',
        severityReason: 'No other device is as regular (at most 1 is rare); the score is 0.85.',
        regularity: 0.85,
        way: 'score',
        view: 'gaps',
        views: { steps: 3.638, gaps: 0 },
        interval: 14_400,
        interval_low: 14_400,
        interval_high: 14_400,
        hours: 69,
        active_hours: 18,
        connections: 18,
        coverage: 0.96,
        hour_offset_min: 0,
        addresses: 1,
        devices: 1,
        regularDevices: 1,
        isNew: false,
        otherAddresses: [{ RemoteIP: '203.0.113.8', connections: 2081, hosts: [] }],
      },
    ]);
    expect(stderr).toContain('2 groups, 1 detection');
    expect(stderr).toContain('1 device in the window: regular on up to 1 is rare, on more than 10 common\n');
  });

  it('takes silence as off only if the other groups of the device are silent too', async () => {
    const office = every(1).filter((hour) => hour % 24 < 10);
    const beaconAt = { hours: office, count: () => 12 };
    const other = { process: 'b.exe', remote: '203.0.113.9', count: irregular };
    const laptop = await file('laptop.json', reports(beaconAt), reports({ ...other, hours: office }));
    const server = await file('server.json', reports(beaconAt), reports({ ...other, hours: every(1) }));
    const [off, on] = await Promise.all(
      [laptop, server].map(async (path) => rowsOf((await score(path, '--now', NOW, '--format', 'json')).stdout)),
    );
    expect(off?.map(({ hours, regularity, view }) => [hours, regularity, view])).toEqual([[30, 0.828, 'spread']]);
    expect(on?.map(({ hours, view }) => [hours, view])).toEqual([[58, 'steps']]);
  });

  it('counts devices, and does not list what is regular on more than ten of them', async () => {
    const fleet = every(1, 0, 12).flatMap((n) =>
      reports({ device: `wks-${n}`, process: 'common.exe', remote: `198.51.100.${n}`, hours: every(2) }),
    );
    const pair = ['wks-1', 'wks-2'].flatMap((device) => reports({ device, hours: every(3) }));
    const path = await file(
      'fleet.json',
      fleet,
      pair,
      reports({ device: 'wks-3', remote: '203.0.113.9', hours: every(2, 1) }),
    );
    const { stdout, stderr } = await score(path, '--now', NOW, '--format', 'json', '--order', 'prevalence');
    expect(rowsOf(stdout).map((row) => [row['DeviceName'], row['regularDevices'], row['interval']])).toEqual([
      // a.exe connects to one network from three devices: the address of wks-3 is its own.
      ['wks-3', 3, 7200],
      ['wks-1', 3, 10_800],
      ['wks-2', 3, 10_800],
    ]);
    expect(stderr).toContain('12 regular groups of common services: --common lists them\n');
  });

  it('--order score puts the highest score first, prevalence the fewest devices', async () => {
    const path = await file(
      'order.json',
      ...['wks-1', 'wks-2'].map((device) => reports({ device, hours: every(1), count: () => 12 })),
      reports({ device: 'wks-3', remote: '198.51.100.9', hours: every(4) }),
    );
    const devices = async (...order: readonly string[]) =>
      rowsOf((await score(path, '--now', NOW, '--format', 'json', ...order)).stdout).map((row) => row['DeviceName']);
    expect(await devices('--order', 'score')).toEqual(['wks-1', 'wks-2', 'wks-3']);
    expect(await devices('--order', 'prevalence')).toEqual(['wks-3', 'wks-1', 'wks-2']);
  });

  it('does not judge a multicast address, which the rule has in scope', async () => {
    const path = await file('multicast.json', reports({ remote: '224.0.0.251', hours: every(1), count: () => 60 }));
    const { stdout, stderr } = await score(path, '--now', NOW, '--format', 'json');
    expect(stdout).toBe('');
    expect(stderr).toContain(', 0 groups, 0 detections,');
    expect((await beaconwatch(['score', path, '--now', NOW, '--format', 'json'])).stdout).not.toBe('');
  });

  it('reads 72 hours whatever LOOKBACK_DAYS says', async () => {
    const path = await file('days.json', reports({ hours: every(1, -24), count: () => 6 }));
    const days = ['--set', 'LOOKBACK_DAYS=1'];
    const { stdout } = await score(path, '--now', NOW, '--format', 'json', ...days);
    expect(rowsOf(stdout)).toMatchObject([{ hours: 72, FirstConnection: '2026-11-17T12:00:00.0000000Z' }]);
  });

  it('prints a table with a line per group and a sparkline, names escaped', async () => {
    const path = await file('table.json', reports({ process: '\u001b[31mred', hours: every(2), count: () => 1 }));
    const { stdout } = await beaconwatch(['score', path, '--now', NOW, '--detector', 'regularity'], { columns: 120 });
    expect(stdout).toContain('  \\u001b[31mred  ');
    expect(stdout).toMatch(/^\S*medium\S* .* 203\.0\.113\.7 {2}120 min .* 0\.92 +1 {2}regularity$/m);
    expect(stdout).toContain('No other device is as regular (at most 1 is rare); the score is 0.921.');
    expect(stdout).toContain(`\n  ${'█ '.repeat(36).trimEnd()}\n`);
  });

  it('prints the header of the CSV also without a match, and says so in a table', async () => {
    const path = await file('none.json', reports({ hours: every(1), count: irregular }));
    expect((await score(path, '--now', NOW, '--format', 'csv')).stdout).toBe(
      'detector,source,FirstConnection,LastConnection,DeviceName,InitiatingProcessFileName,RemoteIP,severity,severityReason,' +
        'count_of_hours,inliner_count,outlier_count,avg_conn_count,regularity,way,view,views,interval,interval_low,' +
        'interval_high,hours,active_hours,connections,coverage,hour_offset_min,addresses,devices,regularDevices,isNew,hosts,' +
        'remoteIPs,otherAddresses,bin\n',
    );
    expect((await score(path, '--now', NOW)).stdout).toBe('No beacons in the window.\n');
    const { stdout } = await score(path, '--now', '2026-01-01');
    expect(stdout).toBe('No report in the window: nothing was scored.\n');
  });

  it('refuses options that it does not have, and names them', async () => {
    const path = await file('refused.json', reports({ hours: every(1) }));
    const refused = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await score(path, ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      return stderr;
    };
    expect(await refused('--series')).toContain('regularity does not take --series; these need --detector kql-rule');
    expect(await refused('--grain', 'hour')).toContain('--grain; these need --detector all or kql-rule');
    expect(await refused('--order', 'spread')).toContain('--order must be one of severity, score, prevalence with');
    const range = await score(path, '--from', '3d', '--to', 'now');
    expect(range.code).toBe(2);
    expect(range.stderr).toContain('does not take --from, --to;');
  });

  it('counts raw events per hour', async () => {
    const events = every(1, 0, 12).flatMap((hour) =>
      every(2, 0, 60).map((minute) =>
        JSON.stringify(
          streamed({
            Timestamp: new Date(FIRST + hour * 3_600_000 + minute * 60_000).toISOString(),
            ActionType: 'ConnectionSuccess',
            ReportId: hour * 60 + minute,
            AdditionalFields: null,
          }),
        ),
      ),
    );
    const path = await file('raw.json', events);
    const { stdout } = await score(path, '--now', NOW, '--format', 'json', '--set', 'SOURCES=defender-raw');
    expect(rowsOf(stdout)).toMatchObject([{ source: 'defender-raw', interval: 120, hours: 12, way: 'session' }]);
  });
});
