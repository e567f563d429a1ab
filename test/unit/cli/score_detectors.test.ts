import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { mmdbOf } from '../../support/reading/mmdb.ts';
import { streamed } from '../core/records/records.ts';
import { every, FIRST, irregular, NOW, reports } from './traffic.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-detectors-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, ...lines: readonly (readonly string[])[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.flat().join('\n')}\n`);
  return path;
}

const score = (...args: readonly string[]) => beaconwatch(['score', '--now', NOW, ...args]);

async function linesOf(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await score(...args, '--format', 'json');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** A beacon that both detectors find, a slow one, and busy traffic that the KQL rule alone takes for one. */
const busy = (hour: number) => 100 + 40 * (hour % 2) + 9 * (hour % 5);
const both = { remote: '203.0.113.1', hours: every(1), count: () => 60 };
const slow = { device: 'wks-2', remote: '198.51.100.2', hours: every(3) };
const ruleAlone = { device: 'wks-3', process: 'chat.exe', remote: '192.0.2.3', hours: every(1), count: busy };

it('score has a column for the source where the detections are of several', async () => {
  const defender = await file('defender.json', reports(both));
  const conn = await file('zeek.json', zeek(72 * 60));
  const sources = ['--set', 'SOURCES=defender,zeek'];
  const mixed = (await score(defender, conn, ...sources)).stdout.split('\n');
  expect(mixed[0]).toMatch(/\tdetectors\tsource$/);
  expect(
    mixed
      .slice(1, 3)
      .map((line) => line.split('\t').at(-1))
      .toSorted(),
  ).toEqual(['defender', 'zeek']);
  expect((await score(defender, ...sources)).stdout.split('\n')[0]).toMatch(/\tdetectors$/);
});

describe('score --html FILE', () => {
  const program = { InitiatingProcessAccountName: 'ana.<b>', InitiatingProcessCommandLine: 'a.exe --quiet' };

  it('shows who ran the program, from a second reading of the files', async () => {
    const path = await file('facts.json', reports({ ...both, facts: program }), reports(slow));
    const page = join(folder, 'facts.html');
    expect((await score(path, '--html', page)).code).toBe(0);
    const text = await readFile(page, 'utf8');
    expect(text).toContain('<dt>account</dt><dd>ana.&lt;b&gt;</dd>');
    expect(text).toContain('<dt>command line</dt><dd><code>a.exe --quiet</code></dd>');
    expect(text).toContain(' · ana.&lt;b&gt;</small>');
    expect(text).not.toContain('read twice');
  });

  it('notes once how large the fleet is, and dead letters by reason', async () => {
    const path = await file('notes.json', reports(both), ['{"category":"AdvancedHunting-DeviceNetworkEvents",']);
    const page = join(folder, 'notes.html');
    expect((await score(path, '--html', page)).code).toBe(0);
    const notes = /<ul class="notes">.*<\/ul>/.exec(await readFile(page, 'utf8'))?.[0] ?? '';
    expect(notes.match(/in the window: regular on/g)).toHaveLength(1);
    expect(notes).toContain('<li>dead letters by reason: 1 bad-json</li>');
  });

  it('notes the names of files that were not read: three, and how many more', async () => {
    const path = await file('beside-foreign.json', reports(both));
    const foreign = await Promise.all(['a', 'b', 'c', 'd'].map((name) => file(`foreign<${name}>`, ['no export'])));
    const page = join(folder, 'foreign.html');
    const { code, stderr } = await score(path, ...foreign, '--html', page);
    expect(code).toBe(1);
    const problem = `4 exports refused: ${foreign.slice(0, 3).join(', ')} and 1 more`;
    expect(stderr).toContain(`${problem}; the rows are those of the others`);
    const text = (await readFile(page, 'utf8')).replaceAll('&lt;', '<').replaceAll('&gt;', '>');
    expect(text).toContain(`<li>${problem}</li>`);
  });

  it('cuts long facts, and says so by an ellipsis: 200 detections have to fit', async () => {
    const long = `a.exe ${'x'.repeat(400)}`;
    const urls = ['a', 'b', 'c'].map((name, n) =>
      reports({ ...both, hours: [n], facts: { RemoteUrl: `${name}.example`, InitiatingProcessCommandLine: long } }),
    );
    const path = await file('long-facts.json', ...urls, reports({ ...both, hours: every(1, 3) }));
    const page = join(folder, 'long-facts.html');
    await score(path, '--html', page);
    const text = await readFile(page, 'utf8');
    expect(text).toContain(`<code>${long.slice(0, 200)}…</code>`);
    expect(text).not.toContain(long.slice(0, 201));
    expect(text).toContain('<dt>URL</dt><dd>c.example, b.example</dd>');
  });

  it('says that a pipe cannot be read twice', async () => {
    const page = join(folder, 'pipe.html');
    const input = `${reports({ ...both, facts: program }).join('\n')}\n`;
    expect((await beaconwatch(['score', '-', '--now', NOW, '--html', page], { input })).code).toBe(0);
    const text = await readFile(page, 'utf8');
    expect(text).toContain(
      'standard input and pipes cannot be read twice: programs and accounts in them are not shown',
    );
    expect(text).not.toContain('ana.');
  });
});

/** A connection a minute, as Zeek logs it. */
function zeek(minutes: number): string[] {
  return Array.from({ length: minutes }, (_, n) =>
    JSON.stringify({
      ...{ ts: FIRST / 1000 + n * 60 + 1, uid: `C${n}`, proto: 'tcp', conn_state: 'SF', local_orig: true },
      ...{ 'id.orig_h': '10.0.0.5', 'id.orig_p': 40_000, 'id.resp_h': '198.51.100.9', 'id.resp_p': 443 },
    }),
  );
}

describe('score --owners FILE', () => {
  async function withOwners(...args: readonly string[]) {
    const database = join(folder, 'owners.mmdb');
    const named = { autonomous_system_number: 64_496, autonomous_system_organization: 'Example \u001b[31mHosting' };
    await writeFile(database, mmdbOf({ '203.0.113.0/24': named }));
    const path = await file('owners.json', reports(both), reports(slow));
    return { path, ended: await score(path, '--owners', database, ...args) };
  }

  it('adds the owner of each address, escaped, to the table, JSON and CSV', async () => {
    const table = (await withOwners()).ended.stdout;
    expect(table).toContain('\towner\n');
    expect(table).toContain('\tAS64496 Example \\u001b[31mHosting\n');
    const { stdout } = (await withOwners('--detector', 'all', '--format', 'json')).ended;
    const owners = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).owner);
    expect(new Set(owners)).toEqual(new Set(['AS64496 Example \u001b[31mHosting', '']));
    const csv = (await withOwners('--detector', 'all', '--format', 'csv')).ended.stdout;
    expect(csv.split('\n')[0]).toMatch(/,owner\r?$/);
    const { path } = await withOwners();
    expect((await score(path, '--detector', 'all', '--format', 'csv')).stdout.split('\n')[0]).toMatch(/,bin\r?$/);
  });

  it('names it in the report', async () => {
    const html = join(folder, 'owners.html');
    expect((await withOwners('--html', html)).ended.code).toBe(0);
    expect(await readFile(html, 'utf8')).toMatch(/<dt>owner<\/dt><dd>AS64496 Example .*Hosting</);
  });

  it('is wrong usage for the nine columns of the KQL rule, and refuses a file that is no database', async () => {
    expect((await withOwners('--format', 'json')).ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--owners needs --detector all or regularity'),
    });
    const { path } = await withOwners();
    expect(await score(path, '--owners', path)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('owners.json: it is no MMDB file, or it is damaged; give a file such as'),
    });
    expect(await score(path, '--owners', join(folder, 'none'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/none: ENOENT/),
    });
  });
});

describe('score --known FILE', () => {
  const CSV = [
    'list,network,program,hash,reason',
    'expected,203.0.113.0/24,,,lab of Example',
    'indicator,198.51.100.2,,,\u001b[31mINC-4711',
    'expected,192.0.2.0/24,,,',
  ];

  async function withKnown(lines: readonly string[], ...args: readonly string[]) {
    const known = join(folder, 'known.csv');
    await writeFile(known, lines.join('\n'));
    const path = await file('known.json', reports(both), reports(slow), reports(ruleAlone));
    return { path, ended: await score(path, '--known', known, ...args) };
  }
  const severities = (lines: readonly Record<string, unknown>[]) =>
    Object.fromEntries(lines.map(({ RemoteIP, severity, known = '' }) => [RemoteIP, `${severity} ${known}`.trim()]));

  it('lowers and raises the severity by one, says why, and names a line that is not used', async () => {
    const { path, ended } = await withKnown(CSV, '--detector', 'all', '--format', 'json');
    expect(severities(await linesOf(path, '--detector', 'all'))).toEqual({
      '192.0.2.3': 'medium',
      '198.51.100.2': 'medium',
      '203.0.113.1': 'high',
    });
    const lines = ended.stdout.split('\n').slice(0, -1);
    expect(severities(lines.map((line) => JSON.parse(line)))).toEqual({
      '192.0.2.3': 'medium',
      '198.51.100.2': 'high indicator',
      '203.0.113.1': 'medium expected',
    });
    expect(ended.stdout).toContain('Expected: lab of Example; so one severity lower than high.');
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/known\.csv: not used: line 4: the reason is/),
    });
  });

  it('has a column of its own, and escapes the reason', async () => {
    const { ended } = await withKnown(CSV);
    expect(ended.stdout).toMatch(/\tknown\n/);
    expect(ended.stdout).toMatch(/198\.51\.100\.2\t.*\tindicator\n/);
    expect(ended.stdout).not.toContain('\u001b');
  });

  it('is wrong usage for the nine columns of the KQL rule, and refuses a file without a header', async () => {
    expect((await withKnown(CSV, '--format', 'json')).ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--known needs --detector all or regularity'),
    });
    expect((await withKnown(CSV.slice(1))).ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('known.csv: line 1: the first line must name the columns'),
    });
    const { path } = await withKnown(CSV);
    expect(await score(path, '--known', join(folder, 'none'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/none: ENOENT/),
    });
  });
});

describe('score --detector all', () => {
  it('gives a line for each assessment in json, with the severity of the detection', async () => {
    const path = await file('all.json', reports(both), reports(slow), reports(ruleAlone));
    const lines = await linesOf(path, '--detector', 'all');
    const summary = ({ detector, DeviceName, severity, avg_conn_count, regularity }: Record<string, unknown>) => [
      DeviceName,
      detector,
      severity,
      avg_conn_count,
      regularity,
    ];
    expect(lines.map(summary)).toEqual([
      ['wks-1', 'kql-rule', 'high', 60, undefined],
      ['wks-1', 'regularity', 'high', undefined, 0.933],
      ['wks-2', 'regularity', 'medium', undefined, expect.closeTo(0.88, 1)],
      ['wks-3', 'kql-rule', 'medium', 137, undefined],
    ]);
    expect(lines[3]?.['severityReason']).toMatch(/regularity does not match, so one severity lower\.$/);
  });

  it('takes the settings of regularity', async () => {
    const path = await file('settings.json', reports(both), reports(slow));
    const regularBy = async (...settings: readonly string[]) => {
      const set = settings.flatMap((each) => ['--set', each]);
      const lines = await linesOf(path, '--detector', 'regularity', ...set);
      return lines.map(({ DeviceName, severity }) => `${DeviceName} ${severity}`);
    };
    expect(await regularBy()).toEqual(['wks-1 medium', 'wks-2 medium']);
    expect(await regularBy('REGULARITY_THRESHOLD=0.9', 'REGULARITY_RIPE=0.9')).toEqual(['wks-1 medium']);
    expect(await regularBy('REGULARITY_RIPE=0.9')).toEqual(['wks-1 medium', 'wks-2 low']);
    const explained = await score(
      path,
      '--explain',
      '--device',
      'wks-2',
      '--set',
      'REGULARITY_RIPE=0.99',
      '--set',
      'REGULARITY_THRESHOLD=0.95',
    );
    expect(explained.stdout).toMatch(/regularity {2}does not match, score 0\.8\d+ \(needs 0\.95\)/);
    expect(await score(path, '--set', 'REGULARITY_RIPE=0.5')).toMatchObject({
      ...{
        code: 2,
        stderr: expect.stringContaining('REGULARITY_RIPE must be at least REGULARITY_THRESHOLD (0.6), got 0.5'),
      },
    });
  });

  it('takes another number of devices as few', async () => {
    const twice = ['wks-1', 'wks-2'].map((device) => reports({ ...slow, device }));
    const path = await file('few.json', ...twice);
    const severities = async (...settings: readonly string[]) => {
      const set = settings.flatMap((each) => ['--set', each]);
      return (await linesOf(path, '--detector', 'regularity', ...set)).map(({ severity }) => severity);
    };
    // Of two devices one is few.
    expect(await severities()).toEqual(['low', 'low']);
    expect(await severities('RARE_DEVICES=2')).toEqual(['medium', 'medium']);
  });

  it('has the numbers that each detector has alone', async () => {
    const path = await file('alone.json', reports(both), reports(slow), reports(ruleAlone));
    const lines = await linesOf(path, '--detector', 'all', '--order', 'average');
    const rule = await linesOf(path);
    const ofRule = lines.filter(({ detector }) => detector === 'kql-rule');
    expect(rule).toHaveLength(2);
    expect(ofRule.sort((a, b) => Number(b['avg_conn_count']) - Number(a['avg_conn_count']))).toMatchObject(rule);
    // Its severity does not know the rule.
    const regular = (await linesOf(path, '--detector', 'regularity')).map(
      ({ severity: _s, severityReason: _r, ...rest }) => rest,
    );
    const inAll = lines.filter(({ detector }) => detector === 'regularity');
    expect(regular).toHaveLength(2);
    for (const line of regular) expect(inAll).toContainEqual(expect.objectContaining(line));
  });

  it('is the default of a table, and the rule that of json, csv and of its own options', async () => {
    const path = await file('default.json', reports(both), reports(slow));
    expect((await score(path)).stdout).toMatch(/\nhigh\t.*\tkql-rule, regularity\nmedium\t.*\tregularity\n/);
    expect((await score(path, '--grain', 'hour')).stdout).not.toContain('severity');
    expect(Object.keys((await linesOf(path))[0] ?? {})).toEqual([
      ...['FirstConnection', 'LastConnection', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP'],
      ...['count_of_hours', 'inliner_count', 'outlier_count', 'avg_conn_count'],
    ]);
    expect((await score(path, '--format', 'csv')).stdout).toMatch(/^FirstConnection,/);
  });

  it('keeps a match of the rule that is regular on many devices, as low', async () => {
    const fleet = every(1, 0, 11).flatMap((n) => reports({ ...both, device: `wks-${n}` }));
    const path = await file('fleet.json', fleet);
    const lines = await linesOf(path, '--detector', 'all');
    expect(lines).toHaveLength(11);
    expect(new Set(lines.map(({ detector, severity }) => `${detector} ${severity}`))).toEqual(
      new Set(['kql-rule low']),
    );
    expect(lines[0]?.['severityReason']).toBe('Common: more than 10 devices are as regular.');
    expect(await linesOf(path, '--detector', 'regularity')).toEqual([]);
  });

  it('reads the window of each detector: LOOKBACK_DAYS, and 72 hours', async () => {
    const path = await file('days.json', reports({ ...both, hours: every(1, -24) }));
    const [rule, regular] = await linesOf(path, '--detector', 'all', '--set', 'LOOKBACK_DAYS=4');
    expect([rule?.['count_of_hours'], regular?.['hours']]).toEqual([96, 72]);
    const [day, window] = await linesOf(path, '--detector', 'all', '--set', 'LOOKBACK_DAYS=1');
    expect([day?.['count_of_hours'], window?.['hours']]).toEqual([24, 72]);
  });

  it('names the options that it does not take', async () => {
    const path = await file('options.json', reports(both));
    const { code, stderr } = await beaconwatch(['score', path, '--detector', 'all', '--from', '3d', '--to', 'now']);
    expect(code).toBe(2);
    expect(stderr).toContain('--detector all does not take --from, --to; these need --detector kql-rule');
    const common = await score(path, '--detector', 'kql-rule', '--common');
    expect(common.stderr).toContain(
      '--detector kql-rule does not take --common; these need --detector all or regularity',
    );
  });
});

describe('score with the files as context', () => {
  const place = { process: 'new.exe', remote: '203.0.113.9', hours: every(1, 40) };
  const others = { device: 'wks-9', process: 'b.exe', remote: '198.51.100.9', hours: every(1), count: irregular };

  it('is new where the process was first seen in the network after a day of other reports', async () => {
    const young = await file('young.json', reports({ ...place, count: () => 30 }), reports(others));
    expect(await linesOf(young, '--detector', 'regularity')).toMatchObject([{ isNew: true, severity: 'high' }]);
    const alone = await file('young-alone.json', reports({ ...place, count: () => 30 }));
    expect(await linesOf(alone, '--detector', 'regularity')).toMatchObject([{ isNew: false, severity: 'medium' }]);
  });

  it('remembers reports from before the window, and only those', async () => {
    const before = { ...others, hours: every(1, -200, 72) };
    const day = 24;
    const isNewAfter = async (name: string, hours: readonly number[]) => {
      // Another address of the same network.
      const earlier = reports({ ...place, device: 'wks-4', remote: '203.0.200.1', hours });
      const path = await file(name, reports({ ...place, count: () => 30 }), reports(before), earlier);
      const lines = await linesOf(path, '--detector', 'regularity');
      return lines.map(({ isNew }) => isNew);
    };
    expect(await isNewAfter('eight-days.json', [72 - 8 * day])).toEqual([false]);
    expect(await isNewAfter('six-days.json', [72 - 6 * day])).toEqual([true]);
    expect(await isNewAfter('forty-days.json', [72 - 40 * day])).toEqual([true]);
  });

  it('is at most medium where all connections failed', async () => {
    const facts = { ActionType: 'ConnectionFailedAggregatedReport' };
    const path = await file('failed.json', reports({ ...place, count: () => 30, facts }), reports(others));
    expect(await linesOf(path, '--detector', 'regularity')).toMatchObject([
      { severity: 'medium', severityReason: expect.stringContaining('only failed connections: at most medium') },
    ]);
  });

  it('has IPv6 in scope, by its /32, and names hosts', async () => {
    const facts = { RemoteUrl: 'https://C2.example.com:8443/x' };
    const path = await file('v6.json', reports({ ...slow, remote: '2001:db9:1::7', facts }));
    expect(await linesOf(path, '--detector', 'all')).toMatchObject([
      { detector: 'regularity', RemoteIP: '2001:db9:1::7', hosts: ['c2.example.com'], regularDevices: 1 },
    ]);
  });
});

describe('score, the process view', () => {
  /** Four servers that take turns: none is regular by itself. */
  const turns = (process: string, device = 'wks-5') =>
    every(1).flatMap((hour) =>
      reports({
        ...{ device, process, remote: `203.0.113.${10 + (((hour * 7) % 11) % 4)}`, hours: [hour], count: () => 12 },
        facts: { RemoteUrl: `node${hour % 2}.example.com` },
      }),
    );

  it('sums the rare addresses of a process, and lists them', async () => {
    const path = await file('turns.json', turns('rotate.exe'));
    const [line, ...more] = await linesOf(path, '--detector', 'all');
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      ...{ detector: 'regularity', RemoteIP: '*', way: 'process', addresses: 4, interval: 300, severity: 'medium' },
      ...{ connections: 864, hosts: ['node0.example.com', 'node1.example.com'], regularDevices: 1 },
    });
    const servers = line?.['remoteIPs'] as readonly { connections: number }[];
    expect(servers.reduce((sum, { connections }) => sum + connections, 0)).toBe(864);
    expect((await score(path)).stdout).toContain('* (4 addresses)');
  });

  it('does not sum what more than few devices use', async () => {
    const path = await file('turns-common.json', turns('rotate.exe'), turns('rotate.exe', 'wks-6'));
    expect(await linesOf(path, '--detector', 'all')).toEqual([]);
  });
});

describe('score of files, which have no history', () => {
  it('does not take what more than few devices do for established', async () => {
    const path = await file('campaign.json', ...every(1, 0, 5).map((n) => reports({ ...both, device: `wks-${n}` })));
    const severities = (await linesOf(path, '--detector', 'all')).map(({ severity }) => severity);
    expect(new Set(severities)).toEqual(new Set(['medium']));
  });
});

describe('score --common', () => {
  const fleet = every(1, 0, 12).flatMap((n) =>
    reports({
      ...{ device: `wks-${n}`, process: 'agent.exe', remote: `198.51.${n}.1`, hours: every(2) },
      facts: { RemoteUrl: 'agent.example.com' },
    }),
  );

  it('lists what is regular on many devices, by process and network', async () => {
    const other = every(1, 0, 11).flatMap((n) =>
      reports({ device: `wks-${n}`, process: 'sync.exe', remote: '192.0.80.1', hours: every(3) }),
    );
    // A device with two addresses is one device.
    const second = reports({ device: 'wks-1', process: 'agent.exe', remote: '198.51.1.2', hours: every(2) });
    const path = await file('common.json', other, fleet, second, reports(slow));
    const [first, last] = [
      { InitiatingProcessFileName: 'agent.exe', network: '198.51.0.0/16', devices: 12, addressDevices: 1 },
      { InitiatingProcessFileName: 'sync.exe', network: '192.0.0.0/16', devices: 11, addressDevices: 11 },
    ];
    expect(await linesOf(path, '--common')).toEqual([
      { ...first, ...{ groups: 13, addresses: 13, interval: 7200, hosts: ['agent.example.com'] } },
      { ...last, ...{ groups: 11, addresses: 1, interval: 10_800, hosts: [] } },
    ]);
    const { stdout, stderr } = await score(path, '--common');
    expect(stdout).toMatch(/agent\.exe\t198\.51\.0\.0\/16\t12\t1\t13\t13\t120 min\tagent\.example\.com/);
    expect(stderr).toContain('24 regular groups of common services: --common lists them');
    expect((await score(path, '--common', '--format', 'csv')).stdout).toMatch(/^InitiatingProcessFileName,network,/);
  });

  it('says so where there is none', async () => {
    const path = await file('none-common.json', reports(slow));
    expect((await score(path, '--common')).stdout).toBe('Nothing is regular on more than 10 devices.\n');
  });
});

describe('score --bin', () => {
  /** Single connections, every so many minutes, from one minute of the window to another. */
  const events = (minutes: number, from: number, to: number, remote = '203.0.113.7') =>
    Array.from({ length: Math.ceil((to - from) / minutes) }, (_, n) =>
      JSON.stringify(
        streamed({
          Timestamp: new Date(FIRST + (from + n * minutes) * 60_000).toISOString(),
          ...{ ActionType: 'ConnectionSuccess', ReportId: n, RemoteIP: remote, AdditionalFields: null },
        }),
      ),
    );
  const raw = ['--set', 'SOURCES=defender-raw'];

  it('counts by bins: a session of an hour is seen, and the rule counts hours as before', async () => {
    const path = await file('raw.json', events(1, 120, 180));
    expect(await linesOf(path, ...raw, '--detector', 'all')).toEqual([]);
    expect(await linesOf(path, ...raw, '--detector', 'all', '--bin', '5m')).toMatchObject([
      { detector: 'regularity', bin: '5m', hours: 12, interval: 60, way: 'session' },
    ]);
    const long = await file('raw-long.json', events(1, 0, 72 * 60));
    const hourly = await linesOf(long, ...raw);
    const [rule] = await linesOf(long, ...raw, '--detector', 'all', '--bin', '5m');
    expect(hourly).toHaveLength(1);
    expect(rule).toMatchObject(hourly[0] ?? {});
  });

  it('calls them bins in the explanation and in the report, not hours', async () => {
    const path = await file('raw-session.json', events(1, 120, 180));
    const { stdout } = await score(path, ...raw, '--bin', '5m', '--explain');
    expect(stdout).toContain('12 of 12 bins: one of the views');
    expect(stdout).toMatch(/session {2}10 whole bins, 5 per bin, p \S+ \(needs 4 to 12 bins, at least 4 per bin, p of/);
    expect(stdout).toContain('device on   other groups report in 0 bins');
    const report = join(folder, 'bins.html');
    await score(path, ...raw, '--bin', '5m', '--html', report);
    const page = await readFile(report, 'utf8');
    expect(page).toContain('5 per bin for 10 bins: chance gives this');
    expect(page).toContain('in 12 of the 12 bins with the device on');
    expect(page).toContain(', in 12 of 12 bins with the device on');
  });

  it('takes the bins of a window that does not end at a full hour', async () => {
    const path = await file('raw-edge.json', events(1, 0, 60));
    const lines = await linesOf(path, ...raw, '--detector', 'all', '--bin', '5m', '--now', '2026-11-20T12:30:00Z');
    expect(lines).toMatchObject([{ hours: 6, connections: 30 }]);
  });

  it.each([
    [
      'a source that counts by hour',
      ['--bin', '5m'],
      /--bin needs raw sources, .*: the reports of defender count by hour/,
    ],
    [
      'minutes that do not divide an hour',
      ['--bin', '7m', ...raw],
      /--bin must be .* divides 60, such as 5m, got "7m"/,
    ],
    ['another unit', ['--bin', '1h', ...raw], /--bin must be a number of minutes/],
    ['the rule', ['--bin', '5m', ...raw, '--detector', 'kql-rule'], /kql-rule does not take --bin/],
  ])('refuses %s', async (_what, args, message) => {
    const path = await file('refused.json', events(1, 0, 2));
    const { code, stderr } = await score(path, ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
