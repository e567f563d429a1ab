import { beforeEach, describe, expect, inject, it } from 'vitest';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { storageClients } from '../../../src/storage/azure/clients.ts';
import { exportRowKeyOf } from '../../../src/storage/azure/export_states_codec.ts';
import { freshAccount } from '../../support/azurite.ts';
import { beaconwatch as command, type Ended } from '../../support/cli/beaconwatch.ts';
import { System } from '../../support/system/system.ts';
import { streamed } from '../../unit/core/records/records.ts';

const CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';
const NOW = Date.now();

let connectionString: string;
let system: System;

beforeEach(async () => {
  connectionString = await freshAccount(inject('azurite'));
  system = new System(connectionString, NOW);
});

function beaconwatch(...args: string[]): Promise<Ended> {
  return beaconwatchWith({}, ...args);
}

function beaconwatchWith(settings: Record<string, string>, ...args: string[]): Promise<Ended> {
  return command(args, { env: { AzureWebJobsStorage: connectionString, ...settings } });
}

/** One report per hour, for the given hours up to now. */
function reports(hours: number): string {
  return Array.from({ length: hours }, (_, hour) =>
    JSON.stringify(streamed({ Timestamp: timestampFromMs(NOW - hour * HOUR_MS), ReportId: hour })),
  ).join('\r\n');
}

async function upload(name: string, text: string): Promise<void> {
  await system.append({ container: CONTAINER, name }, Buffer.from(text));
}

describe('beaconwatch ingest', () => {
  it('reads unread exports to the end, and then finds nothing to read', async () => {
    await upload('a.json', `${reports(5)}\r\n`);
    await upload('b.json', `${reports(3)}\r\n{"time":"cut`);
    const first = await beaconwatch('ingest');
    expect(first.stdout).toContain('2 unread exports: 2 read to the end');
    expect(first.stdout).toContain('8 lines, 8 reports, 8 rows, 0 dead letters');
    expect(first.code).toBe(0);
    // The cut line waits.
    expect((await beaconwatch('ingest')).stdout).toContain('0 segments, 0 lines');
    expect((await system.dump('HourlyCounts'))['HourlyCounts']).toHaveLength(5);
  });

  it('reads only exports modified since --since', async () => {
    await upload('a.json', `${reports(5)}\r\n`);
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await beaconwatch('ingest', '--since', later)).stdout).toContain('0 unread exports');
  });

  it.each([
    [['--since', 'yesterday'], '--since must be an ISO 8601 instant'],
    [['--parallel', '0'], '--parallel must be a whole number from 1 to 32'],
  ])('%j is wrong usage', async (args, message) => {
    const ended = await beaconwatch('ingest', ...args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
  });

  it('lists every invalid setting, and no secret', async () => {
    const settings = { MIN_AVERAGE: 'high', SINKS: '[{"name":"x","format":"json","url":"canary"}]' };
    const ended = await command(['ingest'], { env: settings });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/MIN_AVERAGE must be a number/);
    expect(ended.stderr).toMatch(/AzureWebJobsStorage must be a connection string/);
    expect(ended.stderr).toMatch(/SINKS\[0\]\.url must be an https URL/);
    expect(ended.stderr).not.toContain('canary');
  });
});

describe('beaconwatch dead-letters and replay', () => {
  it('prints unreadable records, and reads the export again with the same segments', async () => {
    await upload('a.json', `${reports(2)}\r\n\u001b[31mno \u202ejson\r\n`);
    await beaconwatch('ingest');
    const printed = await beaconwatch('dead-letters');
    expect(printed.stdout).toContain(`${CONTAINER}/a.json at byte `);
    expect(printed.stdout).toContain('bad-json: \\u001b[31mno \\u202ejson');
    expect(printed.stderr).toContain('1 bad-json');
    const json = JSON.parse((await beaconwatch('dead-letters', '--format', 'json')).stdout);
    expect(json).toMatchObject({ reason: 'bad-json', text: '\u001b[31mno \u202ejson', record: 0 });

    const before = await system.dump('HourlyCounts');
    const replayed = await beaconwatch('replay', `${CONTAINER}/a.json`);
    expect(replayed.stdout).toContain('1 segment, 2 reports, 2 rows, 1 dead letter (up-to-date)');
    expect(await system.dump('HourlyCounts')).toEqual(before);
    expect((await beaconwatch('dead-letters')).stderr).toContain('1 bad-json');
  });

  it('reads all exports under a path that ends in a slash', async () => {
    for (const name of ['x/b.json', 'x/a.json', 'xy.json']) await upload(name, `${reports(2)}\r\n`);
    await beaconwatch('ingest');
    const names = async (path: string) =>
      [...(await beaconwatch('replay', path)).stdout.matchAll(/^\S+?\/(\S+): 1 segment, 2 reports/gm)].map(
        (found) => found[1],
      );
    expect(await names(`${CONTAINER}/x/`)).toEqual(['x/a.json', 'x/b.json']);
    expect(await names(`${CONTAINER}/`)).toEqual(['x/a.json', 'x/b.json', 'xy.json']);
    expect(await beaconwatch('replay', `${CONTAINER}/y/`)).toMatchObject({ code: 1, stdout: '' });
  });

  it('reads again with an added source, also an export that was refused without it', async () => {
    const event = {
      Provider: 'Microsoft-Windows-Sysmon',
      EventID: 3,
      Computer: 'wks-1',
      TimeGenerated: timestampFromMs(NOW),
    };
    const data = { Image: 'x.exe', Initiated: 'true', DestinationIp: '203.0.113.7' };
    await upload('events.json', `${JSON.stringify({ ...event, EventData: data })}\n`.repeat(1001));
    await beaconwatch('ingest');
    expect((await beaconwatch('health')).stdout).toContain('events.json is refused');
    const { stdout } = await beaconwatchWith({ SOURCES: 'sysmon' }, 'replay', `${CONTAINER}/`);
    expect(stdout).toContain('events.json: 1 segment, 1,001 reports, 1 row, 0 dead letters (up-to-date)');
  });

  it('counts reports that are too old to count', async () => {
    const old = streamed({ Timestamp: timestampFromMs(NOW - 40 * 24 * HOUR_MS), ReportId: 99 });
    await upload('a.json', `${reports(2)}\r\n${JSON.stringify(old)}\r\n`);
    const expired = '2 reports, 1 report older than RETENTION_DAYS, 2 rows';
    expect((await beaconwatch('ingest')).stdout).toContain(expired);
    expect((await beaconwatch('replay', `${CONTAINER}/a.json`)).stdout).toContain(expired);
  });

  it('goes on where the row of one export cannot be read, and names the row', async () => {
    for (const name of ['a.json', 'c.json']) await upload(name, `${reports(2)}\r\n`);
    await beaconwatch('ingest');
    const rowKey = exportRowKeyOf({ container: CONTAINER, name: 'b.json' });
    const { table } = storageClients({ kind: 'connectionString', value: connectionString });
    await table('Exports').upsertEntity({ partitionKey: CONTAINER, rowKey, Name: 'b.json', Applied: 'three' });
    const paths = ['a.json', 'b.json', 'c.json'].map((name) => `${CONTAINER}/${name}`);
    const { code, stdout, stderr } = await beaconwatch('replay', ...paths);
    expect(stdout.match(/(?<=\/)\w\.json(?=: 1 segment)/g)).toEqual(['a.json', 'c.json']);
    expect(stderr).toContain(`RowKey "${rowKey}" cannot be read`);
    expect(stderr).toContain('1 export failed');
    expect(code).toBe(1);
  });

  it('fails for an export that was never read', async () => {
    const ended = await beaconwatch('replay', 'nowhere/at-all.json');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('nowhere/at-all.json: no such export has been read');
  });
});

describe('beaconwatch health', () => {
  it('reports no problem after a run over all exports', async () => {
    await upload('a.json', `${reports(2)}\r\n`);
    await system.app.sweep();
    await system.drain();
    await system.app.scoreWindows();
    await system.drain();
    const ended = await beaconwatch('health');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/last run +window to .*16 of 16 partitions/);
    expect(ended.stdout).toMatch(/unread +0 exports/);
  });

  it('reports problems with their reason, and fails', async () => {
    await upload('foreign.json', `${'{"a":1}\n'.repeat(1001)}`);
    await system.clients.queues.getQueueClient('ingest-poison').create();
    await system.clients.queues.getQueueClient('ingest-poison').sendMessage('stuck');
    await beaconwatch('ingest');
    const ended = await beaconwatch('health', '--format', 'json');
    expect(ended.code).toBe(1);
    const { problems, refused, queues } = JSON.parse(ended.stdout);
    expect(problems.join('\n')).toMatch(/No scoring run[\s\S]*foreign\.json is refused: no record of an active source/);
    expect(problems.join('\n')).toMatch(/1 message in ingest-poison/);
    expect(refused).toHaveLength(1);
    expect(queues['ingest-poison']).toBe(1);
    expect((await system.app.sweep()).poison).toEqual({ 'ingest-poison': 1 });
    expect((await beaconwatch('health')).stdout).not.toContain('poison');
  });
});
