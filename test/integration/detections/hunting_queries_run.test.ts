import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defenderQuery, type QueriedDetection, sentinelQuery } from '../../../src/core/detections/hunting_queries.ts';
import { bin } from '../../../src/core/kql/bin.ts';
import type { Report, Source } from '../../../src/core/records/report.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { SAMPLE_FORMATS, type SampleFormatName } from '../../../tools/sample/formats.ts';
import { detection } from '../../contract/samples.ts';
import { evaluatorOf, type Row } from '../../support/kusto/evaluate.ts';
import { DEFENDER, SENTINEL } from '../../support/kusto/language.ts';
import { thinPlan } from '../../support/sample/thin.ts';

type Json = Record<string, unknown>;

/** Where a query runs, on rows of the tables that Microsoft publishes. */
const PLACES = {
  Defender: { query: defenderQuery, evaluate: evaluatorOf(DEFENDER) },
  Sentinel: { query: sentinelQuery, evaluate: evaluatorOf(SENTINEL) },
};

/** What the rows of one group count by the hour. */
function found(place: keyof typeof PLACES, queried: QueriedDetection, data: Readonly<Record<string, readonly Json[]>>) {
  const { query, evaluate } = PLACES[place];
  return evaluate(query(queried), data);
}

function byHour(rows: readonly Row[]): Record<string, number> {
  const hours: Record<string, number> = {};
  for (const row of rows) {
    const hour = new Date(Number(row['Timestamp'] ?? row['TimeGenerated'])).toISOString();
    hours[hour] = (hours[hour] ?? 0) + Number(row['connections']);
  }
  return hours;
}

/** What the reader of the source makes of the same records: its groups, each with its connections by the hour. */
function groupsOf(source: Source, records: readonly Json[]) {
  const [format] = formatsOf([source]);
  const groups = new Map<string, Report[]>();
  for (const record of records) {
    const reading = format?.read(record);
    if (reading?.kind !== 'report') continue;
    const { DeviceName, InitiatingProcessFileName, RemoteIP } = reading.report;
    const key = JSON.stringify([DeviceName, InitiatingProcessFileName, RemoteIP]);
    const reports = groups.get(key) ?? [];
    groups.set(key, reports);
    reports.push(reading.report);
  }
  return [...groups.values()].map((reports) => {
    const hours: Record<string, number> = {};
    for (const { Timestamp, count } of reports.toSorted((a, b) => (a.Timestamp < b.Timestamp ? -1 : 1))) {
      const hour = new Date(bin(Timestamp, '1h')).toISOString();
      hours[hour] = (hours[hour] ?? 0) + (count ?? 0);
    }
    const times = reports.map(({ Timestamp }) => bin(Timestamp, '1h')).sort();
    const queried = {
      ...(reports[0] as Report),
      FirstConnection: times[0],
      LastConnection: times.at(-1),
    } as QueriedDetection;
    return { queried, hours };
  });
}

const THIN = thinPlan({ devices: 1 });
/** Names that XML, KQL or Windows spell otherwise, and a process that nobody knows. */
const isHostile = (fileName: string | null) => fileName === null || /[^\w.-]/.test(fileName);
/** Some groups of one device, for a few hours: each of them is looked for in all records. */
const PLAN = {
  ...THIN,
  traffic: THIN.traffic.map((groups) =>
    groups
      .filter(({ program }, n) => n % 5 === 0 || isHostile(program.fileName))
      .map((group) => ({ ...group, hours: { ...group.hours, length: Math.min(4, group.hours.length) } })),
  ),
};

function recordsOf(format: SampleFormatName): Json[] {
  const appends = [...SAMPLE_FORMATS[format].appends(PLAN)];
  return appends.flatMap(({ lines }) => lines.map((line: Buffer) => JSON.parse(line.toString()) as Json));
}

function fixture(name: string): Json[] {
  const text = readFileSync(new URL(`../../fixtures/formats/${name}.jsonl`, import.meta.url), 'utf8');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Json];
    } catch {
      return [];
    }
  });
}

/** Rows of advanced hunting, out of the Streaming API's envelope. */
const rowsIn = (records: readonly Json[]) => records.map((record) => record['properties'] as Json);

describe('a query counts what the detection counts, on the records of the sample', () => {
  it.each([
    ['log-analytics', 'defender', 'Sentinel', 'DeviceNetworkEvents'],
    ['sysmon-event', 'sysmon', 'Sentinel', 'Event'],
    ['sysmon-windowsevent', 'sysmon', 'Sentinel', 'WindowsEvent'],
    ['wfp-securityevent', 'wfp', 'Sentinel', 'SecurityEvent'],
    ['defender', 'defender', 'Defender', 'DeviceNetworkEvents'],
    ['defender-raw', 'defender-raw', 'Defender', 'DeviceNetworkEvents'],
  ] as const)('%s, source %s, in %s: table %s', (format, source, place, table) => {
    const records = recordsOf(format);
    const groups = groupsOf(source, records);
    expect(groups.length).toBeGreaterThan(5);
    const data = { [table]: place === 'Defender' ? rowsIn(records) : records };
    for (const { queried, hours } of groups) {
      const rows = found(place, queried, data).filter(isOfDetection);
      expect({ process: queried.InitiatingProcessFileName, hours: byHour(rows) }).toEqual({
        process: queried.InitiatingProcessFileName,
        hours,
      });
    }
  });

  /** The query shows failures beside what `defender-raw` counts, each in rows of its own. */
  function isOfDetection({ ActionType }: Row): boolean {
    return ActionType === undefined || /^ConnectionSuccess$|AggregatedReport$/i.test(String(ActionType));
  }
});

describe('a query counts what the detection counts, on records as the products write them', () => {
  it.each([
    ['sysmon-event', 'sysmon', 'Event'],
    ['sysmon-windowsevent', 'sysmon', 'WindowsEvent'],
    ['wfp-securityevent', 'wfp', 'SecurityEvent'],
  ] as const)('%s, source %s, table %s', (name, source, table) => {
    // Where TimeGenerated is not the event's own time, a query has the row in another hour than the detection; and it
    // shows a row that the reader refused.
    const [format] = formatsOf([source]);
    const records = fixture(name).filter((record) => {
      const reading = format?.read(record);
      const isItsTime = (time: string) => time.slice(0, 13) === String(record['TimeGenerated']).slice(0, 13);
      if (record['Type'] !== table || reading?.kind === 'fault') return false;
      return reading?.kind !== 'report' || isItsTime(reading.report.Timestamp);
    });
    const groups = groupsOf(source, records);
    expect(groups.length).toBeGreaterThan(1);
    for (const { queried, hours } of groups) {
      expect({ queried, hours: byHour(found('Sentinel', queried, { [table]: records })) }).toEqual({ queried, hours });
    }
  });
});

const HOUR = '2026-11-20T08:00:00.000Z';
const folded = (source: Source, process = 'updater.exe'): QueriedDetection =>
  detection({
    source,
    DeviceName: 'wks-0417.corp.example',
    InitiatingProcessFileName: process,
    RemoteIP: '203.0.113.7',
  });

describe('names that were folded are found in any case', () => {
  const ADDRESSES = ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:203.0.113.7', '0:0:0:0:0:ffff:cb00:7107'];
  const windows = (image: string, address: string) => ({
    TimeGenerated: '2026-11-20T08:15:00Z',
    Type: 'WindowsEvent',
    Provider: 'Microsoft-Windows-Sysmon',
    EventID: 3,
    Computer: 'WKS-0417.corp.example',
    EventData: { Image: image, Initiated: 'true', Protocol: 'tcp', DestinationIp: address, DestinationPort: '443' },
  });
  const defender = (DeviceName: string, process: string, RemoteIP: string) => ({
    Timestamp: '2026-11-20T08:15:00Z',
    DeviceName,
    InitiatingProcessFileName: process,
    RemoteIP,
    ActionType: 'ConnectionSuccess',
  });

  it('in Sentinel, with each spelling of the address', () => {
    const WindowsEvent = ADDRESSES.map((address) => windows('C:\\Program Files\\Acme\\Updater.exe', address));
    expect(byHour(found('Sentinel', folded('sysmon'), { WindowsEvent }))).toEqual({ [HOUR]: 4 });
  });

  it('in Defender too, which keeps its own spelling', () => {
    const rows = ADDRESSES.map((address) => defender('WKS-0417.corp.example', 'Updater.exe', address));
    for (const source of ['sysmon', 'wfp'] as const) {
      expect(byHour(found('Defender', folded(source), { DeviceNetworkEvents: rows }))).toEqual({ [HOUR]: 4 });
    }
  });

  it('but for the answers of a server over UDP, which the reader skips too', () => {
    const udp = (SourcePort: string, DestinationPort: string) => {
      const { EventData, ...event } = windows('C:\\a\\updater.exe', '203.0.113.7');
      return { ...event, EventData: { ...EventData, Protocol: 'udp', SourcePort, DestinationPort } };
    };
    const asked = [udp('51000', '443'), udp('', '443'), udp('123', '123')];
    const answers = [udp('53', '51811'), udp('3478', '50000')];
    const WindowsEvent = [...asked, ...answers];
    const [group] = groupsOf('sysmon', WindowsEvent);
    expect(group?.hours).toEqual({ [HOUR]: asked.length });
    expect(byHour(found('Sentinel', folded('sysmon'), { WindowsEvent }))).toEqual(group?.hours);
  });

  it('beyond ASCII, whose case =~ does not fold', () => {
    const WindowsEvent = [windows('C:\\Büro\\ÜBER.EXE', '203.0.113.7')];
    expect(byHour(found('Sentinel', folded('sysmon', 'über.exe'), { WindowsEvent }))).toEqual({ [HOUR]: 1 });
    const DeviceNetworkEvents = [defender('wks-0417.corp.example', 'Über.exe', '203.0.113.7')];
    expect(byHour(found('Defender', folded('sysmon', 'über.exe'), { DeviceNetworkEvents }))).toEqual({ [HOUR]: 1 });
  });

  it('and no other device, process or address is', () => {
    const others = [
      { ...windows('C:\\a\\updater.exe', '203.0.113.7'), Computer: 'wks-0418.corp.example' },
      windows('C:\\updater.exe\\other.exe', '203.0.113.7'),
      windows('C:\\a\\updater.exe', '203.0.113.77'),
      windows('C:\\a\\updater.exe', '2001:db8::7'),
      windows('C:\\a\\updater.exe', '-'),
    ];
    expect(found('Sentinel', folded('sysmon'), { WindowsEvent: others })).toEqual([]);
  });

  it('Defender groups stay exact, as the rule has them', () => {
    const rows = ['updater.exe', 'Updater.exe'].map((process) =>
      defender('wks-0417.corp.example', process, '203.0.113.7'),
    );
    expect(byHour(found('Defender', folded('defender-raw'), { DeviceNetworkEvents: rows }))).toEqual({ [HOUR]: 1 });
  });
});

it('the query of a network sensor finds processes by both addresses, in each spelling', () => {
  const row = (LocalIP: string, RemoteIP: string) => ({
    Timestamp: '2026-11-20T08:15:00Z',
    DeviceName: 'wks-0417.corp.example',
    InitiatingProcessFileName: 'Updater.exe',
    InitiatingProcessSHA1: '3f786850e387550fdab836ed7e6dc881de23001b',
    LocalIP,
    RemoteIP,
  });
  const mine = [row('10.20.30.40', '203.0.113.7'), row('::ffff:10.20.30.40', '::ffff:203.0.113.7')];
  const others = [row('10.20.30.41', '203.0.113.7'), row('10.20.30.40', '203.0.113.8')];
  const queried = { ...folded('zeek', ''), DeviceName: '10.20.30.40' };
  expect(found('Defender', queried, { DeviceNetworkEvents: [...mine, ...others] })).toMatchObject([
    { events: 2, InitiatingProcessFileName: 'Updater.exe', sha1: ['3f786850e387550fdab836ed7e6dc881de23001b'] },
  ]);
});

it('a query shows both hashes: Defender leaves SHA-256 empty, mostly', () => {
  const row = {
    Timestamp: '2026-11-20T08:15:00Z',
    DeviceName: 'wks-0417.corp.example',
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP: '203.0.113.7',
    ActionType: 'ConnectionSuccessAggregatedReport',
    AdditionalFields: '{"uniqueEventsAggregated":60}',
    InitiatingProcessSHA1: '3f786850e387550fdab836ed7e6dc881de23001b',
  };
  expect(found('Defender', folded('defender'), { DeviceNetworkEvents: [row] })).toMatchObject([
    { connections: 60, sha1: ['3f786850e387550fdab836ed7e6dc881de23001b'], sha256: [''] },
  ]);
});

it('the evaluator refuses what it does not know', () => {
  expect(() => PLACES.Sentinel.evaluate('Event | take 1', {})).toThrow('does not know TakeOperator');
  expect(() => PLACES.Sentinel.evaluate('Event | where Compter == ""', { Event: [{}] })).toThrow(
    'NameReference: Compter',
  );
});
