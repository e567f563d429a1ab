import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Append } from '../../../../tools/sample/appends.ts';
import { SAMPLE_FORMATS, type SampleFormatName } from '../../../../tools/sample/formats.ts';
import type { Plan } from '../../../../tools/sample/plan.ts';
import { windowsName } from '../../../../tools/sample/spelling.ts';
import { tries } from '../../../support/effort.ts';
import { countOf, groupKey, isPublic, rowOf } from '../../../support/sample/rule.ts';
import { isReport } from '../../../support/sample/tenant.ts';
import { thinPlan } from '../../../support/sample/thin.ts';
import { add, type Counts, listed, truth } from '../../../support/sample/truth.ts';
import { written } from '../../../support/sample/written.ts';

const plain = thinPlan();
const real = thinPlan({ plain: false });
/** Appends that are compared byte by byte: the first of a tenant, or all of it. */
const COMPARED = tries(400, Number.POSITIVE_INFINITY);
/** The same groups many times over, for what only many rows show. */
const crowded = { ...real, traffic: real.traffic.map((groups) => Array.from({ length: 25 }, () => groups).flat()) };

function* first<T>(count: number, all: Iterable<T>): Generator<T> {
  let n = 0;
  for (const each of all) {
    if (n++ >= count) return;
    yield each;
  }
}

function hash(appends: Iterable<Append>): string {
  const sum = createHash('sha256');
  for (const { name, lines } of appends) sum.update(name).update(Buffer.concat(lines));
  return sum.digest('hex');
}

type Json = Record<string, unknown>;
const parsed = (lines: readonly Buffer[]): Json[] => lines.map((line) => JSON.parse(line.toString()));
const recordsOf = (format: SampleFormatName, plan = real) =>
  parsed(appendsOf(format, plan).flatMap(({ lines }) => lines));

const appendsOf = (format: SampleFormatName, plan: Plan = real) => written(format, plan);

const FORMATS = Object.keys(SAMPLE_FORMATS) as SampleFormatName[];

describe.each(FORMATS)('sample --format %s', (format) => {
  const appends = appendsOf(format);

  test('gives the same bytes each time', () => {
    expect(hash(first(COMPARED, SAMPLE_FORMATS[format].appends(real)))).toBe(hash(appends.slice(0, COMPARED)));
  });

  test('writes into its container, in complete lines', () => {
    expect(new Set(appends.map(({ container }) => container))).toEqual(new Set([SAMPLE_FORMATS[format].container]));
    const end = /^(defender|portal)/.test(format) ? '\r\n' : '\n';
    const isLine = (line: Buffer) =>
      line.indexOf('\n') === line.length - 1 && line.subarray(-end.length).toString() === end;
    expect(appends.flatMap(({ lines }) => lines.filter((line) => !isLine(line)))).toEqual([]);
  });

  test('plain, has nothing twice, late or unreadable', () => {
    const lines = appendsOf(format, plain);
    const troubles = ({ duplicates, late, unreadable }: Append) => duplicates + late + unreadable.length;
    expect(lines.filter((append) => troubles(append) > 0)).toEqual([]);
    const all = lines.flatMap((append) => append.lines.map((line) => line.toString()));
    expect(new Set(all).size).toBe(all.length);
  });

  test('counts what it lays out', () => {
    const sum = (of: (append: Append) => number) => appends.reduce((total, append) => total + of(append), 0);
    const expected = [...appendsOf(format, plain)].reduce((total, { reports }) => total + reports, 0);
    // Reports differ between a plain tenant and a real one; connections do not.
    if (SAMPLE_FORMATS[format].sources[0] !== 'defender') expect(sum(({ reports }) => reports)).toBe(expected);
    expect(sum(({ reports }) => reports)).toBeGreaterThan(100);
  });
});

test('a plain report counts the connections of its group in its clock hour', () => {
  const counts: Counts = new Map();
  for (const line of appendsOf('defender', plain).flatMap(({ lines }) => lines)) {
    const row = rowOf(line);
    if (row === null || !isReport(row) || !isPublic(row['RemoteIP'])) continue;
    const key = groupKey(row['DeviceName'], row['InitiatingProcessFileName'], row['RemoteIP']);
    add(counts, key, String(row['Timestamp']).slice(0, 13), countOf(row['AdditionalFields']) as number);
  }
  expect(listed(counts)).toEqual(listed(truth(plain, 'defender')));
});

describe('a row of Log Analytics', () => {
  const names = ['log-analytics', 'sysmon-event', 'sysmon-windowsevent', 'wfp-securityevent'] as const;

  test.each(names)('of %s lies in the five minutes of its TimeGenerated, and blobs go on in others', (format) => {
    const pattern =
      /^WorkspaceResourceId=\/subscriptions\/.*\/y=(\d{4})\/m=(\d\d)\/d=(\d\d)\/h=(\d\d)\/m=(\d[05])\/PT05M(_\d+)?\.json$/;
    for (const { name, lines } of appendsOf(format)) {
      const [, year, month, day, hour, minute] = pattern.exec(name) ?? [];
      const start = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
      for (const { TimeGenerated } of parsed(lines)) {
        const at = Date.parse(String(TimeGenerated));
        if (!(at >= start && at < start + 300_000)) expect.fail(`${TimeGenerated} in ${name}`);
      }
    }
  });

  test('that comes after many others lies in PT05M_1.json', () => {
    const few = { ...crowded, traffic: crowded.traffic.map((groups) => groups.slice(0, 50)) };
    const names = appendsOf('wfp-securityevent', few).map(({ name }) => name);
    const successors = names.filter((name) => name.endsWith('_1.json'));
    expect(successors.length).toBeGreaterThan(0);
    for (const name of successors) expect(names).toContain(name.replace('_1.json', '.json'));
  });
});

test('defender-records has lines of many records, of one, and arrays', () => {
  const plan = { ...real, faults: [] };
  const lines = recordsOf('defender-records', plan);
  const batches = lines.map((line) => (Array.isArray(line) ? line : (line['records'] as Json[])));
  expect(lines.some((line) => Array.isArray(line))).toBe(true);
  expect(Math.max(...batches.map(({ length }) => length))).toBeGreaterThan(10);
  const bare = recordsOf('defender', plan);
  expect(batches.flat()).toEqual(bare);
});

test('portal-csv has ten thousand rows in a file, and the names of the columns at the head of each', () => {
  const files = Map.groupBy(appendsOf('portal-csv', crowded), ({ name }) => name);
  const lengths = [...files.values()].map((appends) => appends.reduce((sum, { lines }) => sum + lines.length, 0));
  expect(lengths.length).toBeGreaterThan(1);
  expect(lengths.slice(0, -1).every((length) => length === 10_001)).toBe(true);
  for (const [first] of files.values())
    expect(first?.lines[0]?.toString()).toMatch(/^\ufeffTimestamp,DeviceId,DeviceName,/);
});

describe('what is no outbound connection', () => {
  const ids = (format: SampleFormatName) =>
    new Set(recordsOf(format, plain).map((record) => Number(record['EventID'])));

  test('is among Sysmon: processes that start, names that are looked up', () => {
    expect(ids('sysmon-windowsevent')).toEqual(new Set([1, 3, 22]));
  });

  test('is in the Security log: ports that are bound, people who log on', () => {
    expect(ids('wfp-securityevent')).toEqual(new Set([4624, 5156, 5158]));
  });

  test('is inbound, each minute, TCP and UDP, with either side as the source; and answers over UDP', () => {
    const data = recordsOf('sysmon-windowsevent', plain).map((record) => record['EventData'] as Record<string, string>);
    const kinds = new Map<string, number>();
    for (const { Initiated, Protocol, SourceIp = '', DestinationIp = '' } of data) {
      const side = SourceIp.startsWith('192.0.2.1') ? 'from' : 'to';
      const caller = [SourceIp, DestinationIp].find((ip) => /^192\.0\.2\.1[01]$/.test(ip));
      if (caller === undefined) continue;
      const kind = `${Protocol} ${side} ${caller}, Initiated ${Initiated}`;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    expect([...kinds.keys()].sort()).toEqual([
      'tcp from 192.0.2.10, Initiated false',
      'tcp to 192.0.2.10, Initiated false',
      'udp from 192.0.2.11, Initiated false',
      'udp to 192.0.2.11, Initiated false',
      'udp to 192.0.2.11, Initiated true',
    ]);
    const total = [...kinds.values()].reduce((sum, count) => sum + count, 0);
    expect(total / 2 / 72).toBeCloseTo(60, -1);
  });
});

describe('spelling', () => {
  const data = recordsOf('sysmon-windowsevent', plain).map((record) => record['EventData'] as Record<string, string>);
  const outbound = data.filter(({ Initiated }) => Initiated === 'true');

  test('of one program by Sysmon varies in its case, and 5156 has it in lower case', () => {
    const images = new Set(outbound.map(({ Image = '' }) => Image));
    const twice = [...images].filter((image) => images.has(image.toUpperCase()) && image !== image.toUpperCase());
    expect(twice.length).toBeGreaterThan(0);
    const applications = recordsOf('wfp-securityevent', plain)
      .filter(({ EventID }) => EventID === 5156)
      .map(({ EventData }) => /Name="Application">([^<]*)</.exec(String(EventData))?.[1] ?? '');
    expect(applications.every((path) => /^(-|System|\\device\\harddiskvolume\d\\[^A-Z]+)$/.test(path))).toBe(true);
  });

  test('of computers, files and accounts by event logs is in mixed case, where Defender writes lower case', () => {
    for (const format of ['sysmon-event', 'sysmon-windowsevent', 'wfp-securityevent'] as const) {
      const computers = new Set(recordsOf(format, plain).map(({ Computer }) => String(Computer)));
      for (const computer of computers) expect(computer).toMatch(/^(SRV|WKS|LAP)-\d{4}\.corp\.example$/);
    }
    const users = new Set(outbound.map(({ User = '' }) => User));
    for (const user of users)
      expect(user).toMatch(/^(NT AUTHORITY\\(SYSTEM|NETWORK SERVICE)|CORP\\[A-Z][a-z]+\.[A-Z][a-z]+)$/);
    expect(outbound.some(({ Image = '' }) => Image.endsWith('\\Acme-updater.exe'))).toBe(true);
    const { DeviceName } = recordsOf('log-analytics', plain)[0] ?? {};
    expect(DeviceName).toMatch(/^(srv|wks|lap)-\d{4}\.corp\.example$/);
  });

  test('of an address may be IPv4 mapped into IPv6, at both ends', () => {
    const mapped = outbound.filter(({ DestinationIp = '' }) => DestinationIp.includes(':'));
    expect(mapped.length / outbound.length).toBeGreaterThan(0.02);
    expect(mapped.length / outbound.length).toBeLessThan(0.06);
    expect(mapped.every((each) => each['SourceIsIpv6'] === 'true' && each['DestinationIsIpv6'] === 'true')).toBe(true);
    const spellings = new Set(mapped.map(({ DestinationIp = '' }) => DestinationIp.replace(/ffff:.*/i, '')));
    expect(spellings).toEqual(new Set(['::', '0:0:0:0:0:']));
  });

  test('in XML has no character that XML reserves', () => {
    const xml = recordsOf('sysmon-event', plain).map(({ EventData }) => String(EventData));
    const texts = xml.flatMap((each) =>
      [...each.matchAll(/<Data Name="\w+">([^<]*)<\/Data>/g)].map(([, text]) => text),
    );
    expect(texts.some((text) => text?.includes('&lt;unknown process&gt;'))).toBe(true);
    expect(texts.some((text) => text?.endsWith('\\=cmd&amp;&apos; _c calc&apos;!a0.exe'))).toBe(true);
    expect(texts.filter((text) => text === undefined || /&(?!(amp|lt|gt|quot|apos);)/.test(text))).toEqual([]);
  });

  test('windowsName(name) is a name that Windows can hold', () => {
    expect(windowsName('a/b\\c:d*e?f"g<h>i|j\u0000k\u001b.exe')).toBe('a_b_c_d_e_f_g_h_i&j_k_.exe');
    expect(windowsName('invoice-\u202efdp.exe')).toBe('invoice-\u202efdp.exe');
  });
});

test('times of an event: Sysmon first, then the log, then who carries it; all in one hour where the plan is plain', () => {
  for (const record of recordsOf('sysmon-windowsevent', plain)) {
    const utc = String((record['EventData'] as Json)['UtcTime']);
    const times = [`${utc.replace(' ', 'T')}Z`, String(record['TimeCreated']), String(record['TimeGenerated'])];
    expect([...times].sort()).toEqual(times);
    expect(new Set(times.map((time) => time.slice(0, 13))).size).toBe(1);
  }
});

test("NXLog's EventTime is local: as many hours from UTC as the device", () => {
  const sysmon = recordsOf('nxlog', plain).filter(({ SourceName }) => SourceName === 'Microsoft-Windows-Sysmon');
  const offsets = new Map<unknown, Set<number>>();
  for (const { Hostname, EventTime, UtcTime } of sysmon) {
    const hours = (Date.parse(`${EventTime}Z`) - Date.parse(`${UtcTime}Z`)) / 3_600_000;
    offsets.set(Hostname, (offsets.get(Hostname) ?? new Set()).add(Math.round(hours)));
  }
  expect([...offsets.values()].every(({ size }) => size === 1)).toBe(true);
  expect(new Set([...offsets.values()].flatMap((each) => [...each]))).toEqual(new Set([-5, 1, 9]));
});
