import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import type { Source } from '../../../src/core/records/report.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import type { OnLetters } from '../../../src/reading/file_tally.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';

/**
 * The same eleven Windows events in the shape of each product (make_event_formats.mjs writes the fixtures). The shapes are
 * those of public samples: evtx_dump's and Chainsaw's documentation (omerbenamram/evtx, WithSecureLabs/chainsaw),
 * Velociraptor's parse_evtx, Fluent Bit's page of winevtlog, winlogbeat 6.2's exported fields, Wazuh's archives.json in
 * posts of users, Sysmon for Linux in /var/log/syslog, NXLog's GELF output, Graylog's fields of the Beats input, Splunk's
 * JSON export, Azure Diagnostics' WindowsEventLogsTable. What is expected was counted by hand, from the list of events.
 */
const ASK_FOR_ALL = { ...KQL_RULE, minUniformPerDay: 0, minAverage: 0 };
const WINDOW = windowOf(timestampOf('2026-11-20T12:00:00Z')!, 1);

async function read(bytes: Uint8Array, sources: readonly Source[]) {
  const faults: string[] = [];
  const onLetters: OnLetters = (first) => faults.push(...first.map(({ reason, field }) => `${reason} ${field}`));
  const offline = new OfflineScore(WINDOW, formatsOf(sources), onLetters);
  const { counters, foreign } = await offline.read({ container: '', name: 'x' }, asStream(bytes));
  const { matched } = await offline.score(ASK_FOR_ALL);
  const hours = matched.flatMap(({ group: { key, series } }) =>
    series.countHours.map((hour, i) => {
      const { DeviceName, InitiatingProcessFileName, RemoteIP } = key;
      return `${DeviceName} ${InitiatingProcessFileName} ${RemoteIP} ${hour.slice(11, 13)}h ${series.ConnCounts[i]}`;
    }),
  );
  const { reports, skipped, excluded, deadLetters, unknownShapes, records } = counters;
  expect(reports + skipped + excluded + deadLetters + unknownShapes).toBe(records);
  const { unknownShape } = offline;
  return {
    foreign,
    hours: hours.sort(),
    faults: faults.sort(),
    reports,
    skipped,
    excluded,
    unknownShapes,
    unknownShape,
  };
}

async function* asStream(bytes: Uint8Array) {
  yield bytes;
}

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/formats/${name}`, import.meta.url));
const lines = (...records: readonly unknown[]) => Buffer.from(records.map((each) => JSON.stringify(each)).join('\n'));

const G = 'wks-0417.corp.example updater.exe 203.0.113.77';
const N = 'wks-0417.corp.example nslookup.exe 198.51.100.53';

/** A file, what it calls the computer, and how many of its records are of the Security log. */
const FILES = [
  ['event-xml.txt', 'Computer', 2],
  ['event-splunk-raw.jsonl', 'Computer', 2],
  ['event-wad.jsonl', 'Computer', 2],
  ['event-parameterxml.jsonl', 'Computer', 2],
  ['event-sysmon-linux.txt', 'Computer', 0],
  ['event-evtx-dump.jsonl', 'System.Computer', 2],
  ['event-chainsaw.json', 'System.Computer', 2],
  ['event-velociraptor.jsonl', 'System.Computer', 2],
  ['event-get-winevent.json', 'MachineName', 2],
  ['event-fluent-bit.jsonl', 'Computer', 2],
  ['event-fluent-bit-inserts.jsonl', 'Computer', 2],
  ['event-winlogbeat-6.jsonl', 'computer_name', 2],
  ['event-elasticsearch.jsonl', 'winlog.computer_name', 2],
  ['event-dotted.jsonl', 'winlog.computer_name', 2],
  ['event-graylog-beats.jsonl', 'computer_name', 2],
  ['event-gelf.jsonl', 'Hostname', 2],
  ['event-wazuh.jsonl', 'data.win.system.computer', 2],
  ['event-cloudevents.jsonl', 'winlog.computer_name', 2],
  ['event-hubs-body.jsonl', 'winlog.computer_name', 2],
  ['event-custom-table.jsonl', 'Hostname', 2],
] as const;

describe('an event in the shape of a product', () => {
  it.each(FILES)('%s counts by hand as sysmon', async (file, computer, others) => {
    expect(await read(fixture(file), ['sysmon'])).toEqual({
      foreign: false,
      // 08:15; 08:59:59 in capitals, over ::ffff:203.0.113.77; 09:00. UDP to a server's port.
      hours: [`${N} 08h 1`, `${G} 08h 2`, `${G} 09h 1`],
      // No computer; '-' for the address.
      faults: [`bad-field ${computer}`, 'no-address DestinationIp'],
      reports: 4,
      // Inbound, event 1; those of the Security log. 10.1.2.3.
      skipped: 2 + others,
      excluded: 1,
      unknownShapes: 0,
      unknownShape: null,
    });
  });

  it.each(FILES.filter(([, , others]) => others > 0))('%s counts by hand as wfp', async (file) => {
    expect(await read(fixture(file), ['wfp'])).toMatchObject({
      foreign: false,
      // Outbound at 08:30; the other is inbound.
      hours: [`${G} 08h 1`],
      faults: [],
      reports: 1,
      unknownShapes: 0,
    });
  });

  it.each(FILES)('%s is the same beside Defender, whose envelope some of these have', async (file) => {
    const alone = await read(fixture(file), ['sysmon']);
    const beside = await read(fixture(file), ['defender', 'defender-raw', 'sysmon']);
    expect(beside).toMatchObject({ hours: alone.hours, faults: alone.faults, unknownShapes: 0 });
  });
});

describe('rows of a CSV', () => {
  const row = {
    Message: [
      'Network connection detected:',
      'RuleName: -',
      'UtcTime: 2026-11-20 08:15:02.904',
      'Image: C:\\Program Files\\Acme\\updater.exe',
      'User: NT AUTHORITY\\SYSTEM',
      'Protocol: tcp',
      'Initiated: true',
      'SourceIp: 10.20.30.40',
      'SourcePort: 52344',
      'DestinationIp: 203.0.113.77',
      'DestinationPort: 443',
    ].join('\r\n'),
    Id: '3',
    ProviderName: 'Microsoft-Windows-Sysmon',
    LogName: 'Microsoft-Windows-Sysmon/Operational',
    MachineName: 'wks-0417.corp.example',
    // Local time of a computer at UTC+1.
    TimeCreated: '11/20/2026 9:15:03 AM',
    Properties: 'System.Collections.Generic.List`1[System.Diagnostics.Eventing.Reader.EventProperty]',
  };
  const permitted = {
    ...row,
    Id: '5156',
    ProviderName: 'Microsoft-Windows-Security-Auditing',
    LogName: 'Security',
    Message: [
      'The Windows Filtering Platform has permitted a connection.',
      '',
      'Application Information:',
      '\tProcess ID:\t\t7344',
      '\tApplication Name:\t\\device\\harddiskvolume2\\program files\\acme\\updater.exe',
      '',
      'Network Information:',
      '\tDirection:\t\tOutbound',
      '\tSource Address:\t\t10.20.30.40',
      '\tSource Port:\t\t52344',
      '\tDestination Address:\t203.0.113.77',
      '\tDestination Port:\t\t443',
      '\tProtocol:\t\t6',
      '',
      'Filter Information:',
      '\tFilter Run-Time ID:\t69895',
      '\tLayer Name:\t\tConnect',
      '\tLayer Run-Time ID:\t48',
    ].join('\r\n'),
  };

  it('of Get-WinEvent | Export-Csv are read by their message; the time is UtcTime, since TimeCreated is local', async () => {
    expect(await read(lines(row), ['sysmon'])).toMatchObject({ hours: [`${G} 08h 1`], faults: [] });
  });

  it('of Get-WinEvent | Export-Csv of the Security log have no time with a zone, which the fault names', async () => {
    expect(await read(lines(permitted), ['wfp'])).toMatchObject({ hours: [], faults: ['no-zone TimeCreated'] });
    const zoned = { ...permitted, TimeCreated: '2026-11-20T09:15:03.1234567+01:00' };
    expect(await read(lines(zoned), ['wfp'])).toMatchObject({ hours: [`${G} 08h 1`], faults: [] });
  });

  it('whose message is in another language, or names a value twice, say where the data should be', async () => {
    const french = { ...permitted, Message: 'La plateforme de filtrage Windows a autorisé une connexion.' };
    const twice = { ...row, Message: `${row.Message}\r\nDestinationIp: 198.51.100.1` };
    expect(await read(lines(french), ['wfp'])).toMatchObject({ faults: ['bad-field Properties'] });
    expect(await read(lines(twice), ['sysmon'])).toMatchObject({ faults: ['bad-field Properties'] });
  });

  it('of the tables Event and SecurityEvent have their numbers as text', async () => {
    const data = '<Data Name="Initiated">true</Data><Data Name="Image">C:\\updater.exe</Data>';
    const event = {
      TimeGenerated: '2026-11-20T08:15:02.904Z',
      Source: 'Microsoft-Windows-Sysmon',
      Computer: 'wks-0417.corp.example',
      EventID: '3',
      EventData: `<DataItem><EventData>${data}<Data Name="DestinationIp">203.0.113.77</Data></EventData></DataItem>`,
    };
    expect(await read(lines(event), ['sysmon'])).toMatchObject({ hours: [`${G} 08h 1`], faults: [] });
  });
});

describe('zeek', () => {
  it('of conn.log as JSON counts by hand', async () => {
    const host = '10.20.30.40  203.0.113.77';
    expect(await read(fixture('zeek-conn.jsonl'), ['zeek'])).toEqual({
      foreign: false,
      // SF and S0; REJ, OTH over a mapped address; RSTO, with the addresses under `id`. DNS over UDP. ICMP of a public host.
      hours: [`10.20.30.40  198.51.100.53 08h 1`, `${host} 08h 3`, `${host} 09h 2`, '192.0.2.99  198.51.100.9 08h 1'],
      // 'then'
      faults: ['bad-time ts'],
      // Also 2001:db8::7, which the rule does not score.
      reports: 8,
      // To a host of the sensor's own networks; a record of dns.log. 10.1.2.3.
      skipped: 2,
      excluded: 1,
      unknownShapes: 0,
      unknownShape: null,
    });
  });
});

describe('a record with the mark of a source in a shape that no format knows', () => {
  const unknown = { vendor: 'x', 'a\u202eb': 1, payload: { what: 'Microsoft-Windows-Sysmon', deep: { id: 3 } } };
  const known = JSON.parse(String(fixture('winlogbeat.jsonl')).split('\n')[0] as string);

  it('is counted and named: source, place and members', async () => {
    const bytes = lines(known, unknown, unknown);
    expect(await read(bytes, ['sysmon'])).toMatchObject({
      foreign: false,
      reports: 1,
      skipped: 0,
      unknownShapes: 2,
      unknownShape: {
        source: 'sysmon',
        offset: Buffer.byteLength(JSON.stringify(known)) + 1,
        members: ['vendor', 'a\\u202eb', 'payload'],
      },
    });
  });

  it('is not refused with its file, and is named beside Defender too, in whatever table', async () => {
    for (const record of [unknown, { ...unknown, category: 'X', properties: {} }, { ...unknown, Type: 'Foo_CL' }]) {
      const reading = await read(lines(record), ['defender', 'sysmon']);
      expect(reading).toMatchObject({ foreign: false, skipped: 0, unknownShapes: 1 });
    }
  });

  it('is none where a table of advanced hunting only mentions the source', async () => {
    const row = {
      DeviceName: 'x',
      ActionType: 'ConnectionSuccess',
      InitiatingProcessCommandLine: 'Microsoft-Windows-Sysmon',
    };
    const table = { category: 'AdvancedHunting-DeviceProcessEvents', properties: row };
    expect(await read(lines(row, table), ['defender', 'sysmon'])).toMatchObject({ skipped: 2, unknownShapes: 0 });
  });

  it.each<[Source, object]>([
    ['defender', { Kind: 'ConnectionSuccessAggregatedReport' }],
    ['defender', { x: '{"uniqueEventsAggregated":60}' }],
    ['defender-raw', { Kind: 'ConnectionSuccess', host: 'a' }],
    ['sysmon', { x: 'Linux-Sysmon' }],
    ['wfp', { id: 5156, log: 'Microsoft-Windows-Security-Auditing' }],
    ['zeek', { conn_state: 'SF', src: '10.0.0.1' }],
  ])('is of %s: %j', async (source, record) => {
    expect(await read(lines(record), [source])).toMatchObject({ unknownShapes: 1, unknownShape: { source } });
  });

  it.each<[Source, object]>([
    ['defender', { text: 'Aggregates' }],
    ['defender-raw', { Kind: 'ConnectionSuccessAggregatedReport' }],
    ['sysmon', { image: 'Sysmon64.exe' }],
    ['wfp', { port: 5156 }],
    ['wfp', { number: 51_560, log: 'Microsoft-Windows-Security-Auditing' }],
  ])('is not of %s: %j', async (source, record) => {
    expect(await read(lines(record), [source])).toMatchObject({ unknownShapes: 0 });
  });

  it('has few and short names', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${i}${'x'.repeat(1_000)}`, 1]));
    const { unknownShape } = await read(lines({ a: 'Linux-Sysmon', ...many }), ['sysmon']);
    expect(unknownShape?.members).toHaveLength(16);
    for (const name of unknownShape?.members ?? []) expect(name.length).toBeLessThanOrEqual(64);
  });
});
