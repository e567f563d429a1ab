import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLine } from '../../../../src/core/records/read_line.ts';
import type { Reading, RecordFormat } from '../../../../src/core/records/reading.ts';
import { SOURCES } from '../../../../src/core/records/report.ts';
import { unmapped } from '../../../../src/core/sources/address.ts';
import { sysmon } from '../../../../src/core/sources/sysmon.ts';
import { wfp } from '../../../../src/core/sources/wfp.ts';
import { formatsOf } from '../../../../src/reading/formats.ts';
import { tries } from '../../../support/effort.ts';
import { frozen, nested, type Row } from '../records/records.ts';

const SYSMON_DATA = frozen({
  UtcTime: '2026-11-20 08:15:02.904',
  Image: 'C:\\Program Files\\Acme\\Updater.exe',
  User: 'NT AUTHORITY\\SYSTEM',
  Protocol: 'tcp',
  Initiated: 'true',
  SourceIp: '10.20.30.40',
  SourcePort: '52344',
  DestinationIp: '203.0.113.77',
  DestinationHostname: '-',
  DestinationPort: '443',
});
const WFP_DATA = frozen({
  Application: '\\device\\harddiskvolume2\\program files\\acme\\updater.exe',
  Direction: '%%14593',
  SourceAddress: '10.20.30.40',
  SourcePort: '52344',
  DestAddress: '203.0.113.77',
  DestPort: '443',
  Protocol: '6',
  LayerName: '%%14611',
  LayerRTID: '48',
});

/** A row of WindowsEvent; a change to undefined takes a column, or a value of its data, away. */
function sysmonEvent(data: Row = {}, columns: Row = {}): Row {
  return event({ Provider: 'Microsoft-Windows-Sysmon', EventID: 3, ...columns }, { ...SYSMON_DATA, ...data });
}
function wfpEvent(data: Row = {}, columns: Row = {}): Row {
  return event(
    { Provider: 'Microsoft-Windows-Security-Auditing', EventID: 5156, ...columns },
    { ...WFP_DATA, ...data },
  );
}
function event(columns: Row, EventData: Row): Row {
  const TimeCreated = '2026-11-20T08:15:03.1Z';
  return JSON.parse(JSON.stringify({ TimeCreated, Computer: 'wks-0417.corp.example', EventData, ...columns }));
}

function report(format: RecordFormat, record: Row) {
  const reading = format.read(frozen(record));
  if (reading.kind !== 'report') throw new Error(`no report but ${JSON.stringify(reading)}`);
  return reading.report;
}
const outcome = (format: RecordFormat, record: Row): string => {
  const reading: Reading = format.read(frozen(record));
  return reading.kind === 'fault' ? reading.fault : reading.kind;
};

describe('a connection of a Windows event', () => {
  it('is a report of count 1 without an identity, with what the event says of it', () => {
    expect(report(sysmon, sysmonEvent({ DestinationHostname: 'cdn.example.com' }))).toEqual({
      source: 'sysmon',
      DeviceName: 'wks-0417.corp.example',
      InitiatingProcessFileName: 'updater.exe',
      RemoteIP: '203.0.113.77',
      Timestamp: '2026-11-20T08:15:03.1000000Z',
      count: 1,
      identity: null,
      facts: {
        RemotePort: 443,
        LocalIP: '10.20.30.40',
        InitiatingProcessFolderPath: 'C:\\Program Files\\Acme\\Updater.exe',
        InitiatingProcessAccountName: 'NT AUTHORITY\\SYSTEM',
        RemoteUrl: 'cdn.example.com',
        Protocol: 'tcp',
      },
    });
    expect(report(wfp, wfpEvent())).toEqual({
      source: 'wfp',
      DeviceName: 'wks-0417.corp.example',
      InitiatingProcessFileName: 'updater.exe',
      RemoteIP: '203.0.113.77',
      Timestamp: '2026-11-20T08:15:03.1000000Z',
      count: 1,
      identity: null,
      facts: {
        RemotePort: 443,
        LocalIP: '10.20.30.40',
        InitiatingProcessFolderPath: '\\device\\harddiskvolume2\\program files\\acme\\updater.exe',
        Protocol: 'tcp',
      },
    });
  });

  it('has the id of its process, and the protocol of a number that is not known as the number', () => {
    expect(report(sysmon, sysmonEvent({ ProcessId: 4312 })).facts.InitiatingProcessId).toBe('4312');
    expect(report(wfp, wfpEvent({ ProcessID: '4312', Protocol: 47 })).facts).toMatchObject({
      InitiatingProcessId: '4312',
      Protocol: '47',
    });
  });

  it.each([
    ['C:\\a\\B.EXE', 'b.exe'],
    ['\\device\\harddiskvolume3\\a\\b.exe', 'b.exe'],
    ['/usr/bin/b', 'b'],
    ['C:/a\\b.exe', 'b.exe'],
    ['System', 'system'],
    ['<unknown process>', '<unknown process>'],
    ['C:\\a\\', ''],
    ['-', ''],
    ['', ''],
    [null, ''],
    [undefined, ''],
  ])('by image %j is of process %j', (image, name) => {
    expect(report(sysmon, sysmonEvent({ Image: image })).InitiatingProcessFileName).toBe(name);
    expect(report(wfp, wfpEvent({ Application: image })).InitiatingProcessFileName).toBe(name);
  });

  it.each([
    ['no computer', {}, { Computer: undefined }, 'bad-field'],
    ['an empty computer', {}, { Computer: '-' }, 'bad-field'],
    ['a computer that is no text', {}, { Computer: ['a'] }, 'bad-field'],
    ['an image that is no text', { Image: {}, Application: {} }, {}, 'bad-field'],
    ['an address that is no text', { DestinationIp: [], DestAddress: [] }, {}, 'bad-field'],
    ['no address', { DestinationIp: undefined, DestAddress: undefined }, {}, 'no-address'],
    ['the empty address', { DestinationIp: '-', DestAddress: '-' }, {}, 'no-address'],
    ['no time', { UtcTime: '-' }, { TimeCreated: undefined }, 'bad-time'],
    ['a time that is none', { UtcTime: 'then' }, { TimeCreated: 'now' }, 'bad-time'],
    ['a long computer', {}, { Computer: 'x'.repeat(1_025) }, 'name-too-long'],
    ['a long process', { Image: 'x'.repeat(1_025), Application: 'x'.repeat(1_025) }, {}, 'name-too-long'],
    ['a long address', { DestinationIp: '1'.repeat(1_025), DestAddress: '1'.repeat(1_025) }, {}, 'name-too-long'],
    ['data that is no object', {}, { EventData: [1] }, 'bad-field'],
    ['no data', {}, { EventData: undefined }, 'bad-field'],
    ['data that is broken XML', {}, { EventData: ' <EventData>' }, 'bad-xml'],
    ['a private address', { DestinationIp: '172.16.0.1', DestAddress: '172.16.0.1' }, {}, 'excluded'],
    ['a mapped private address', { DestinationIp: '::ffff:a00:1', DestAddress: '::ffff:10.0.0.1' }, {}, 'excluded'],
    ['an IPv6 address', { DestinationIp: '2001:db8::1', DestAddress: '2001:db8::1' }, {}, 'report'],
    ['a link-local IPv6 address', { DestinationIp: 'fe80::1', DestAddress: 'fe80::1' }, {}, 'excluded'],
  ])('with %s is what it is', (_, data, columns, wanted) => {
    expect([outcome(sysmon, sysmonEvent(data, columns)), outcome(wfp, wfpEvent(data, columns))]).toEqual([
      wanted,
      wanted,
    ]);
  });

  it.each<[Row, Row, string, string]>([
    [{}, { Computer: undefined }, 'Computer', 'Computer'],
    [{ Image: {}, Application: {} }, {}, 'Image', 'Application'],
    [{ DestinationIp: [], DestAddress: [] }, {}, 'DestinationIp', 'DestAddress'],
    [{ DestinationIp: '-', DestAddress: '-' }, {}, 'DestinationIp', 'DestAddress'],
    [{ Image: 'x'.repeat(1_025), Application: 'x'.repeat(1_025) }, {}, 'Image', 'Application'],
    [{ UtcTime: 'then' }, { TimeCreated: 'now' }, 'TimeGenerated', 'TimeGenerated'],
    [
      { Initiated: 'perhaps', Direction: 'Outbound', LayerName: 'Connect', LayerRTID: '36' },
      {},
      'Initiated',
      'Direction',
    ],
    [{}, { EventData: [1] }, 'EventData', 'EventData'],
  ])('names the field of a fault: %j %j', (data, columns, ofSysmon, ofWfp) => {
    const fields = [sysmon.read(sysmonEvent(data, columns)), wfp.read(wfpEvent(data, columns))].map((reading) =>
      reading.kind === 'fault' ? reading.field : reading.kind,
    );
    expect(fields).toEqual([ofSysmon, ofWfp]);
  });

  it('is cut in its facts, not in its names', () => {
    const long = `C:\\${'y'.repeat(600)}\\${'x'.repeat(1_024)}`;
    const { facts, InitiatingProcessFileName } = report(
      sysmon,
      sysmonEvent({ Image: long, SourcePort: 'x', DestinationPort: '65536' }),
    );
    expect(facts.InitiatingProcessFolderPath).toBe(long.slice(0, 512));
    expect(InitiatingProcessFileName).toHaveLength(1_024);
    expect(facts.RemotePort).toBeUndefined();
  });

  it('is found by its pre-filter token, and other events of the logs are skipped', () => {
    expect([sysmon.preFilterToken, wfp.preFilterToken]).toEqual(['Sysmon', '5156']);
    expect(outcome(sysmon, sysmonEvent({}, { EventID: 22 }))).toBe('skipped');
    expect(outcome(sysmon, wfpEvent())).toBe('skipped');
    expect(outcome(wfp, wfpEvent({}, { EventID: 5157 }))).toBe('skipped');
    expect(outcome(wfp, sysmonEvent())).toBe('skipped');
    expect(outcome(sysmon, sysmonEvent({}, { EventID: '3' }))).toBe('report');
    expect(outcome(sysmon, sysmonEvent({}, { EventID: 'three' }))).toBe('skipped');
    expect(outcome(sysmon, { Provider: 'Microsoft-Windows-Sysmon' })).toBe('unknown');
  });
});

describe('who began a connection', () => {
  it.each([
    ['true', 'report'],
    ['True', 'report'],
    ['false', 'skipped'],
    ['False', 'skipped'],
    ['-', 'bad-field'],
    [undefined, 'bad-field'],
    ['1', 'bad-field'],
  ])('by Initiated %j: %s', (Initiated, wanted) => {
    expect(outcome(sysmon, sysmonEvent({ Initiated }))).toBe(wanted);
  });

  it.each([
    ['%%14593', '%%14611', '48', 'report'],
    ['%%14593', '%%14611', undefined, 'report'],
    ['%%14592', '%%14611', '48', 'skipped'],
    ['%%14593', '%%14610', '48', 'skipped'],
    ['%%14594', '%%14611', '48', 'skipped'],
    // The words of a computer in another language, as winlogbeat 9 writes them.
    ['Sortant', 'Se connecter', '48', 'report'],
    ['Ausgehend', 'Verbinden', '50', 'report'],
    ['Entrant', 'Réception/Acceptation', '44', 'skipped'],
    ['Eingehend', 'Empfangen/Akzeptieren', '46', 'skipped'],
    ['Outbound', 'Connect', '-', 'bad-field'],
    ['Outbound', 'Connect', '36', 'bad-field'],
    [undefined, undefined, 48, 'report'],
    [undefined, undefined, undefined, 'bad-field'],
  ])('by Direction %j, LayerName %j, LayerRTID %j: %s', (Direction, LayerName, LayerRTID, wanted) => {
    expect(outcome(wfp, wfpEvent({ Direction, LayerName, LayerRTID }))).toBe(wanted);
  });

  it.each([
    ['udp', 53, 51_811, 'skipped'],
    ['UDP', 1_023, 1_024, 'skipped'],
    ['udp', 3_478, 49_152, 'skipped'],
    ['udp', 51_820, 49_152, 'report'],
    ['udp', 51_000, 53, 'report'],
    ['udp', 123, 123, 'report'],
    ['udp', 1_024, 49_151, 'report'],
    ['tcp', 53, 51_811, 'report'],
    ['-', 53, 51_811, 'report'],
  ])('over %s from port %d to %d: %s, for a server answers from its port', (Protocol, from, to, wanted) => {
    const number = Protocol.toLowerCase() === 'udp' ? '17' : '6';
    expect(outcome(sysmon, sysmonEvent({ Protocol, SourcePort: String(from), DestinationPort: to }))).toBe(wanted);
    expect(outcome(wfp, wfpEvent({ Protocol: number, SourcePort: from, DestPort: String(to) }))).toBe(wanted);
  });
});

describe('when a connection was made', () => {
  const time = (logged: unknown, UtcTime: unknown) =>
    report(sysmon, sysmonEvent({ UtcTime }, { TimeCreated: logged })).Timestamp;

  it.each([
    ['2026-11-20T08:15:03Z', '2026-11-20 08:15:02.904', '2026-11-20T08:15:03.0000000Z'],
    // Sysmon's clock is off, either way.
    ['2026-11-20T08:15:00Z', '2026-11-20 08:45:00.000', '2026-11-20T08:15:00.0000000Z'],
    ['2026-11-20T08:45:00Z', '2026-11-20 08:15:00.000', '2026-11-20T08:45:00.0000000Z'],
    // Local time that says it is UTC; a row that came late.
    ['2026-11-20T03:15:00Z', '2026-11-20 08:15:00.000', '2026-11-20T08:15:00.0000000Z'],
    ['2026-11-20T08:45:00.001Z', '2026-11-20 08:15:00.000', '2026-11-20T08:15:00.0000000Z'],
    ['2026-11-23T06:00:00Z', '2026-11-20 08:15:00.000', '2026-11-20T08:15:00.0000000Z'],
    [undefined, '2026-11-20 08:15:00.000', '2026-11-20T08:15:00.0000000Z'],
    ['2026-11-20T08:15:03Z', '-', '2026-11-20T08:15:03.0000000Z'],
    ['2026-11-20T08:15:03+01:00', undefined, '2026-11-20T07:15:03.0000000Z'],
    // Nanoseconds, as Elastic's beats write them where they are configured to.
    ['2026-11-20T08:15:03.123456789Z', undefined, '2026-11-20T08:15:03.1234567Z'],
    ['2026-11-20T08:15:03.123456789+01:00', undefined, '2026-11-20T07:15:03.1234567Z'],
  ])('logged at %j, UtcTime %j: %s', (logged, utcTime, wanted) => {
    expect(time(logged, utcTime)).toBe(wanted);
  });
});

describe('when a permitted connection was made', () => {
  it.each([
    [{ TimeCreated: '2026-11-20T08:59:59Z', TimeGenerated: '2026-11-20T09:00:01Z' }, '2026-11-20T08:59:59.0000000Z'],
    [{ TimeCreated: undefined, TimeGenerated: '2026-11-20T09:00:01Z' }, '2026-11-20T09:00:01.0000000Z'],
    [{ TimeCreated: 'then', TimeGenerated: '2026-11-20T09:00:01Z' }, '2026-11-20T09:00:01.0000000Z'],
  ])('by %j: %s', (times, wanted) => {
    expect(report(wfp, wfpEvent({}, times)).Timestamp).toBe(wanted);
  });
});

describe('unmapped(address)', () => {
  it.each([
    '::ffff:203.0.113.7',
    '::FFFF:203.0.113.7',
    '::ffff:cb00:7107',
    '::FFFF:CB00:7107',
    '0:0:0:0:0:ffff:cb00:7107',
    '0000:0000:0000:0000:0000:ffff:203.0.113.7',
    '0::ffff:cb00:7107',
    '::ffff:203.0.113.7%12',
    // IPv4-compatible: the older form, out of use.
    '::203.0.113.7',
  ])('%s is 203.0.113.7', (address) => {
    expect(unmapped(address)).toBe('203.0.113.7');
  });

  it.each([
    '203.0.113.7',
    '2001:db8::1',
    '::fffe:203.0.113.7',
    '64:ff9b::cb00:7107',
    '::ffff:203.0.113',
    '::ffff:203.0.113.256',
    'example.com',
    '',
    ':',
    `${'0'.repeat(500_000)}:`,
  ])('%s stays', (address) => {
    expect(unmapped(address)).toBe(address);
  });
});

describe('no record', () => {
  const ALL = formatsOf(SOURCES);
  const texts = [
    'defender',
    'log-analytics',
    'sysmon-event',
    'sysmon-windowsevent',
    'wfp-securityevent',
    'nxlog',
    'winlogbeat',
    'ecs',
    'event-splunk-raw',
    'event-wad',
    'event-parameterxml',
    'event-evtx-dump',
    'event-velociraptor',
    'event-fluent-bit',
    'event-fluent-bit-inserts',
    'event-winlogbeat-6',
    'event-elasticsearch',
    'event-dotted',
    'event-graylog-beats',
    'event-gelf',
    'event-wazuh',
    'event-cloudevents',
    'event-hubs-body',
    'event-custom-table',
    'zeek-conn',
  ].flatMap((name) =>
    readFileSync(new URL(`../../../fixtures/formats/${name}.jsonl`, import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, 3),
  );

  it('throws, whatever stands in place of any of its values, or is missing', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(null, '-', '', 3, '3', '5156', [], {}, nested(20_000), '<EventData>'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), anything, fc.boolean(), (text, at, other, remove) => {
        let place = -1;
        const chosen = at % (text.split(':').length + 1);
        const changed = JSON.parse(text, (_name, inner) => (++place === chosen ? (remove ? undefined : other) : inner));
        const reading = readLine(JSON.stringify(changed) ?? 'null', ALL);
        for (const { report: each } of reading.reports) {
          expect(each.Timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
          expect(each.identity === null).toBe(each.source !== 'defender');
        }
        expect(
          reading.reports.length + reading.skipped + reading.excluded + reading.unknownShapes + reading.faults.length,
        ).toBe(reading.records);
      }),
      { numRuns: tries(300, 2_000) },
    );
  });
});
