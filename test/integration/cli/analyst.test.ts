import { beforeEach, describe, expect, inject, it } from 'vitest';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { freshAccount } from '../../support/azurite.ts';
import { beaconwatch as command, type Ended } from '../../support/cli/beaconwatch.ts';
import { type Receiver, SECRET, System, startReceiver } from '../../support/system/system.ts';
import { streamed } from '../../unit/core/records/records.ts';

const CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';
const HOUR_MS = 3_600_000;
const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 46 * 60_000;

let connectionString: string;
let system: System;
let receiver: Receiver;

beforeEach(async () => {
  connectionString = await freshAccount(inject('azurite'));
});

const SHA1 = 'cb51e2a277e8cd74530915c7649d55e5cc4eb2eb';

/** Three beacons of a day in the system: two on one device, and one with an unsafe name. */
async function tenant(): Promise<() => Promise<void>> {
  receiver = await startReceiver();
  const sinks = JSON.stringify([
    { name: 'soar', format: 'json', minSeverity: 'low', url: receiver.url, secret: SECRET },
  ]);
  system = new System(connectionString, NOW, { SINKS: sinks, BASELINE_HOURS: '0' });
  const beacons = [
    { DeviceName: 'wks-1', InitiatingProcessFileName: 'Updater.exe', RemoteIP: '203.0.113.7', count: 60 },
    { DeviceName: 'wks-1', InitiatingProcessFileName: 'rundll32.exe', RemoteIP: '203.0.113.8', count: 70, sha1: SHA1 },
    { DeviceName: 'wks-2', InitiatingProcessFileName: "=x'\u202e\u001b[31m", RemoteIP: '198.51.100.9', count: 80 },
  ];
  const lines = beacons.flatMap(({ count, sha1, ...names }, beacon) =>
    Array.from({ length: 24 }, (_, hour) => {
      const Timestamp = timestampFromMs(NOW - (hour + 1) * HOUR_MS);
      const AdditionalFields = { uniqueEventsAggregated: count };
      const hash = sha1 === undefined ? {} : { InitiatingProcessSHA1: sha1 };
      return JSON.stringify(
        streamed({ ...names, ...hash, Timestamp, ReportId: beacon * 100 + hour, AdditionalFields }),
      );
    }),
  );
  await system.append({ container: CONTAINER, name: 'a.json' }, Buffer.from(`${lines.join('\r\n')}\r\n`));
  await system.app.sweep();
  await system.drain();
  // The first run opens them, the second one decides.
  for (const hours of [-1, 0]) await score(hours);
  return () => receiver.close();
}

async function score(hours: number): Promise<void> {
  system.now = NOW + hours * HOUR_MS;
  await system.app.scoreWindows();
  await system.drain();
}

function beaconwatch(...args: string[]): Promise<Ended> {
  return command(args, { env: { USER: 'ana', AzureWebJobsStorage: connectionString } });
}

const jsonOf = ({ stdout }: Ended) =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const listed = async (...args: string[]) =>
  jsonOf(await beaconwatch('detections', 'list', '--format', 'json', ...args)).map(({ RemoteIP }) => RemoteIP);

describe('beaconwatch detections', () => {
  beforeEach(tenant);

  it('list filters and sorts, as table, JSON and CSV', async () => {
    expect(await listed()).toEqual(['198.51.100.9', '203.0.113.8', '203.0.113.7']);
    expect(await listed('--device', 'WKS-1', '--sort', 'newest', '--state', 'active')).toEqual([
      '203.0.113.8',
      '203.0.113.7',
    ]);
    expect(await listed('--remote', '203.0.113.0/29', '--limit', '1')).toEqual(['203.0.113.7']);
    expect(await listed('--all', '--severity', 'high')).toHaveLength(3);
    expect(await listed('--process', 'UPD*')).toEqual(['203.0.113.7']);
    expect(await listed('process:UPD*er.exe interval:<61')).toEqual(['203.0.113.7']);
    expect(await listed('process:UPD* interval:<60')).toEqual([]);
    expect(await listed('--since', '9000d', '-n', '1')).toHaveLength(1);
    expect((await listed('--sort', 'key', '--limit', '2')).length).toBe(2);
    expect((await listed('--sort', 'key', '--all')).toSorted()).toEqual(['198.51.100.9', '203.0.113.7', '203.0.113.8']);
    for (const sort of ['key', 'average']) {
      const all = await beaconwatch('detections', 'list', '--all', '--sort', sort);
      expect(all.stdout.match(/severity/g)).toHaveLength(1);
    }
    const table = await beaconwatch('detections');
    expect(table).toMatchObject({ code: 0, stderr: '3 of 3 detections\n' });
    expect(table.stdout).toMatch(
      /wks-1\trundll32\.exe\tT1218\.011\t\tsystem\t203.*\n.*\twks-1\tUpdater\.exe\t\t\tsystem\t203\.0\.113\.7\t443\t60\t[\d.]+\t60 s\t/,
    );
    expect(table.stdout).toContain("=x'\\u202e\\u001b[31m");
    const csv = await beaconwatch('detections', 'list', '--format', 'csv', '--limit', '1');
    expect(csv.stderr).toBe('1 of 3 detections\n');
    expect(csv.stdout.split('\n')[1]).toContain(",'=x'\\u202e\\u001b[31m,198.51.100.9,");
  });

  it('show prints the evidence and the next steps, by the start of the id', async () => {
    const [{ id }] = jsonOf(await beaconwatch('detections', 'list', '--format', 'json', '--device', 'wks-2'));
    const { code, stdout } = await beaconwatch('detections', 'show', id.slice(0, 12));
    expect(code).toBe(0);
    for (const wanted of [
      `detection       ${id}`,
      "beacon          =x'\\u202e\\u001b[31m on wks-2 to 198.51.100.9",
      'severity        high: ',
      '▅'.repeat(24),
      'average         80 connections per hour (threshold 45)',
      'inliers         24 of 24 points within the expected range (minimum 12, anomaly threshold 1.5)',
      'interval        45 s ± 0 s',
      'devices         1 with connections to the address',
      'notifications   soar: sent ',
      'DeviceNetworkEvents',
      'suppress add --device=wks-2 --remote=198.51.100.9 --reason=',
      '(without process: the name is unsafe in a shell)',
    ]) {
      expect(stdout).toContain(wanted);
    }
    for (const unsafe of ['\u202e', '\u001b']) expect(stdout).not.toContain(unsafe);
    const explained = await beaconwatch('detections', 'show', id, '--explain');
    expect(explained.stdout.slice(stdout.length)).toMatch(
      /^\nConditions, at the last .*:\n {2}kql-rule .*\n {4}yes {2}points {3}24 /,
    );
    const stricter = { AzureWebJobsStorage: connectionString, REGULARITY_THRESHOLD: '0.65' };
    const other = await command(['detections', 'show', id, '--explain'], { env: stricter });
    expect(other.stdout).toContain('(needs 0.65)');
    const refused = await beaconwatch('detections', 'show', id, '--explain', '--format', 'json');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--explain prints text') });
    const [json] = jsonOf(await beaconwatch('detections', 'show', id, '--format', 'json'));
    expect(json).toMatchObject({
      id,
      InitiatingProcessFileName: "=x'\u202e\u001b[31m",
      deliveries: { soar: { at: expect.stringMatching(/^\d{4}-.*T.*Z$/) } },
    });
    // A report an hour, of the newest four hours.
    expect(json.latestReports).toHaveLength(4);
  });

  it('mark records a verdict, which stays in later runs', async () => {
    const [{ id }] = jsonOf(await beaconwatch('detections', 'list', '--format', 'json', '--remote', '203.0.113.7'));
    const marked = await beaconwatch('detections', 'mark', id, '--as', 'false-positive', '--note', 'ours \u202e');
    expect(marked).toMatchObject({ code: 0, stdout: `${id}: false-positive, by ana\n` });
    expect(marked.stderr).toMatch(
      /^Notifications go on, of each change after revision \d+: a verdict suppresses nothing\. To suppress/,
    );
    expect(marked.stderr).toContain(`suppress add --from ${id} --reason 'why'\n`);
    const wanted = await beaconwatch('detections', 'mark', id, '--as', 'true-positive');
    expect(wanted.stderr).toMatch(/: a verdict suppresses nothing\.\n$/);
    await beaconwatch('detections', 'mark', id, '--as', 'false-positive', '--note', 'ours \u202e');
    const json = await beaconwatch(
      'detections',
      'mark',
      id,
      '--as',
      'false-positive',
      '--note',
      'ours \u202e',
      '--format',
      'json',
    );
    expect(json.stdout).not.toContain('\u202e');
    const verdict = {
      value: 'false-positive',
      note: 'ours \u202e',
      who: 'ana',
      at: expect.stringMatching(/^\d{4}-.*T.*Z$/),
    };
    expect(jsonOf(json)).toEqual([{ id, verdict }]);
    await score(1);
    expect(await listed('--verdict', 'false-positive')).toEqual(['203.0.113.7']);
    expect((await beaconwatch('detections', 'show', id)).stdout).toMatch(
      /verdict +false-positive, by ana \d{4}-\d\d-\d\d \d\d:\d\d UTC: ours \\u202e\n/,
    );
  });
});

describe('beaconwatch suppress add --from', () => {
  beforeEach(tenant);
  const add = (input: string | undefined, ...args: string[]) =>
    command(['suppress', 'add', '--reason', 'ours', '--format', 'json', ...args], {
      env: { USER: 'ana', AzureWebJobsStorage: connectionString },
      ...(input !== undefined && { input }),
    });
  const idOf = async (remote: string): Promise<string> =>
    jsonOf(await beaconwatch('detections', 'list', '--format', 'json', '--remote', remote))[0].id;

  it('proposes the narrowest entry, prints what it would suppress, and adds it after a yes', async () => {
    const id = await idOf('203.0.113.8');
    const added = await add('y\n', '--from', id.slice(0, 12));
    expect(added.code).toBe(0);
    const said = added.stderr.split('\n');
    expect(said[0]).toBe(`Entry: device wks-1, process rundll32.exe, remote 203.0.113.8, hash ${SHA1}`);
    expect(said[2]).toContain('rundll32.exe');
    expect(said[3]).toBe('It would have suppressed 1 detection of the last window. Add it? [y/N]');
    expect(jsonOf(added)).toMatchObject([
      { device: 'wks-1', process: 'rundll32.exe', remote: '203.0.113.8', hash: SHA1 },
    ]);
    expect((await beaconwatch('detections', 'mark', id, '--as', 'benign-positive')).stderr).toMatch(
      /^Notifications go on/,
    );
    await score(1);
    expect((await beaconwatch('detections', 'mark', id, '--as', 'benign-positive')).stderr).toMatch(
      /^It is suppressed by s-[0-9a-f]+: no sink is notified of it\.\n$/,
    );
  });

  it('names no hash with --no-hash', async () => {
    const added = await add(undefined, '--from', await idOf('203.0.113.8'), '--yes', '--no-hash');
    expect(jsonOf(added)).toMatchObject([{ remote: '203.0.113.8', hash: '' }]);
  });

  it('adds nothing after anything else, and asks nothing with --yes', async () => {
    const id = await idOf('198.51.100.9');
    for (const input of ['n\n', '\n', 'yes please\n', '']) {
      expect(await add(input, '--from', id)).toMatchObject({ code: 1, stdout: '' });
    }
    expect((await beaconwatch('suppress', 'list')).stdout).toBe('No suppressions.\n');
    const added = await add(undefined, '--from', id, '--yes');
    expect(added.code).toBe(0);
    for (const text of ['\u202e', '\u001b', '[y/N]']) expect(added.stderr).not.toContain(text);
  });

  it('takes the options in place of the proposal', async () => {
    const id = await idOf('203.0.113.7');
    const added = await add('yes\n', '--from', id, '--device', 'wks-*', '--remote', '203.0.113.0/24');
    expect(jsonOf(added)).toMatchObject([{ device: 'wks-*', process: 'Updater.exe', remote: '203.0.113.0/24' }]);
  });

  it.each([
    [['--yes', '--process', 'a.exe'], 2],
    [['--from', 'x'], 2],
    [['--from', '0'.repeat(32)], 1],
  ])('%j fails, and adds nothing', async (args, code) => {
    expect(await add('y\n', ...args)).toMatchObject({ code, stdout: '' });
  });
});

describe('beaconwatch suppress', () => {
  beforeEach(tenant);

  it('test, add, list and remove: an entry acts from the next run, and no longer after its removal', async () => {
    expect(receiver.received).toHaveLength(3);
    const criteria = ['--process', 'updater.exe', '--remote', '203.0.113.77/24'];
    const tested = await beaconwatch('suppress', 'test', ...criteria, '--format', 'json');
    expect(jsonOf(tested)).toMatchObject([{ RemoteIP: '203.0.113.7' }]);
    expect(tested.stderr).toMatch(/^1 detection would be suppressed \(window up to .* UTC\)\n$/);

    const added = await beaconwatch('suppress', 'add', ...criteria, '--reason', 'ours', '--format', 'json');
    expect(added).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('It matches 1 detection of the last window.'),
    });
    const [{ id, ...entry }] = jsonOf(added);
    expect(entry).toMatchObject({ process: 'updater.exe', remote: '203.0.113.0/24', owner: 'ana', reason: 'ours' });
    const days = (Date.parse(entry.expires) - Date.parse(entry.createdAt)) / (24 * HOUR_MS);
    expect(days).toBeCloseTo(90, 2);
    expect(await listed('--suppressed', 'true')).toEqual([]);

    await score(1);
    expect(await listed('--suppressed', 'true')).toEqual(['203.0.113.7']);
    const [counted] = jsonOf(await beaconwatch('suppress', 'list', '--format', 'json'));
    expect(counted).toMatchObject({ id, expired: false, hits: { detections: 1 } });
    expect((await beaconwatch('suppress', 'list')).stdout).toMatch(
      new RegExp(`^${id}\tprocess updater\\.exe, remote 203\\.0\\.113\\.0/24\tana\tours\t.*\t1\t`, 'm'),
    );
    expect((await beaconwatch('suppress', 'list', '--format', 'csv')).stdout.split('\n')[1]).toContain(
      `${id},,updater.exe`,
    );
    expect(jsonOf(await beaconwatch('suppress', 'test', id, '--format', 'json'))).toHaveLength(1);

    expect(await beaconwatch('suppress', 'test', id, ...criteria)).toMatchObject({ code: 2, stdout: '' });

    expect(await beaconwatch('suppress', 'remove', id)).toEqual({ code: 0, stdout: `${id}: removed\n`, stderr: '' });
    const again = await beaconwatch('suppress', 'remove', id, '--format', 'json');
    expect([again.code, again.stdout]).toEqual([1, `{"id":"${id}","removed":false}\n`]);
    await score(2);
    expect(await listed('--suppressed', 'true')).toEqual([]);
    expect((await beaconwatch('suppress', 'list')).stdout).toBe('No suppressions.\n');
    // Each was sent before.
    expect(receiver.received).toHaveLength(3);
  });

  it('refuses a LOLBin without device or address, with the reason, unless forced', async () => {
    const args = ['suppress', 'add', '--process', 'RunDLL32.exe', '--reason', 'noise'];
    const refused = await beaconwatch(...args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/refused: .*\(LOLBin, MITRE ATT&CK T1218.*; --force adds it anyway/);
    expect((await beaconwatch(...args, '--device', 'wks-1', '--days', '7')).code).toBe(0);
    expect((await beaconwatch(...args, '--force')).code).toBe(0);
    expect(jsonOf(await beaconwatch('suppress', 'list', '--format', 'json'))).toHaveLength(2);
  });
});

describe('beaconwatch detections with invalid arguments', () => {
  it.each<[string[], number, RegExp]>([
    [['list', '--state', 'odd\u202e'], 2, /--state must be one of new, ongoing, resolved, active, got "odd\\u202e"\n$/],
    [['list', '--limit', 'abc', '--all'], 2, /--limit must be a whole number from 1 to 1000, got "abc"\n$/],
    [
      ['list', '--limit', '0', '--since', 'x'.repeat(300)],
      2,
      /--since must be an ISO 8601 instant such as .*Z, a date, now, or an age such as 24h or 3d, got "x{199}…"; --limit must be a whole number from 1 to 1000, got "0"\n$/,
    ],
    [['list', '--format', 'xml'], 2, /--format must be one of/],
    [['show', 'no id!'], 2, /the id of a detection must be the whole id or its first 4/],
    [['show', '0123456789ab'], 1, /there is no detection 0123456789ab/],
    [['show', '0'.repeat(32)], 1, /there is no detection/],
    [
      ['mark', '0123456789ab', '--as', 'maybe'],
      2,
      /--as must be one of acknowledged, true-positive, benign-positive, false-positive, got "maybe"\n$/,
    ],
    [['mark', '0123456789ab', '--as', 'acknowledged'], 1, /there is no detection/],
    [['mark', '0123456789ab'], 2, /--as/],
  ])('%j ends with %d', async (args, code, message) => {
    const ended = await beaconwatch('detections', ...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });
});

describe('beaconwatch suppress with invalid arguments', () => {
  it.each<[string[], number, RegExp]>([
    [['add', '--reason', 'x'], 2, /at least one of device/],
    [['add', '--device', 'x'], 2, /--reason/],
    [['add', '--device', 'x', '--reason', 'x', '--days', '0'], 2, /--days/],
    [['add', '--device', 'x', '--reason', 'x', '--days', '367'], 2, /within 366 days/],
    [['add', '--device', 'x', '--reason', 'x', '--expires', '2020-01-01T00:00:00Z'], 2, /in the future/],
    [['add', '--device', 'x', '--reason', 'x', '--expires', 'soon'], 2, /--expires must be an ISO 8601/],
    [['add', '--remote', 'example.com', '--reason', 'x'], 2, /address or CIDR/],
    [['remove', 's-00000000'], 1, /there is no such suppression/],
    [['test', 's-00000000'], 1, /there is no suppression/],
    [['test'], 2, /at least one of device/],
    [['test', '--remote', 'example.com'], 2, /address or CIDR/],
  ])('%j ends with %d', async (args, code, message) => {
    const ended = await beaconwatch('suppress', ...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });
});
