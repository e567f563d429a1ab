import { describe, expect, it } from 'vitest';
import { COUNTS, NETWORK_EVENTS } from '../../support/reading/network_events.ts';
import { scoreBytes } from '../../support/reading/score_bytes.ts';

type Row = Readonly<Record<string, unknown>>;
const ROWS: readonly Row[] = NETWORK_EVENTS.map((row) => ({ ...row }));
const COLUMNS = Object.keys(NETWORK_EVENTS[0] ?? {});

const quoted = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`;

function csv(
  columns: readonly string[],
  rows: readonly Row[] = ROWS,
  { delimiter = ',', end = '\r\n', name = plain } = {},
) {
  const header = columns.map(name).join(delimiter);
  return [header, ...rows.map((row) => columns.map((column) => quoted(row[column])).join(delimiter))].join(end) + end;
}
const plain = (name: string) => name;
const without = (...names: readonly string[]) => COLUMNS.filter((name) => !names.includes(name));
const renamed = (from: string, to: string) => csv(COLUMNS).replace(from, to);

const ALL = { foreign: false, hours: COUNTS.hours, faults: {}, counters: { reports: 5, excluded: 1, skipped: 1 } };

describe('a CSV counts by hand', () => {
  it.each<[string, string]>([
    ['as the portal writes it', `\ufeff${csv(COLUMNS)}`],
    ['with blanks around its names', csv(COLUMNS, ROWS, { name: (name) => ` ${name}\t` })],
    ['with quoted names and blanks within', csv(COLUMNS, ROWS, { name: (name) => `"${name} "` })],
    ['with names in lower case', csv(COLUMNS, ROWS, { name: (name) => name.toLowerCase() })],
    ['with names in upper case', csv(COLUMNS, ROWS, { name: (name) => name.toUpperCase() })],
    ['with TimeGenerated [UTC]', renamed('Timestamp', 'TimeGenerated [UTC]')],
    ['with Timestamp (UTC)', renamed('Timestamp', 'Timestamp (UTC)')],
    ['with Timestamp [UTC]', renamed('Timestamp', '"Timestamp [UTC]"')],
    ['behind sep=;', `sep=;\r\n${csv(COLUMNS, ROWS, { delimiter: ';' })}`],
    ['behind a mark and sep=,', `\ufeffsep=,\n${csv(COLUMNS)}`],
    ['behind a quoted sep= with a tab', `"sep=\t"\n${csv(COLUMNS, ROWS, { delimiter: '\t' })}`],
    ['behind #TYPE', `#TYPE Selected.System.Management.Automation.PSCustomObject\r\n${csv(COLUMNS)}`],
    ['behind a title, a blank line and a comment', `Hunting of 20 Nov\n\n# by: me, and others\n${csv(COLUMNS)}`],
    ['with an index of pandas', csv(['', ...COLUMNS])],
    ['of a custom table', csv(COLUMNS, ROWS, { name: (name) => `${name}_${name === 'ReportId' ? 'd' : 's'}` })],
  ])('%s', async (_, text) => {
    for (const chunkBytes of [1 << 20, 997]) {
      expect(await scoreBytes(text, ['defender'], { chunkBytes })).toMatchObject(ALL);
    }
  });

  const half = csv(COLUMNS, ROWS.slice(0, 3));
  const rest = ROWS.slice(3);
  it.each<[string, string]>([
    ['the same header again', half + csv(COLUMNS, rest)],
    ['another order', half + csv([...COLUMNS].reverse(), rest)],
    ['more columns', half + csv(['TenantId', ...COLUMNS, 'x', 'y'], rest)],
    ['fewer columns', half + csv(without('RemotePort', 'DeviceId'), rest)],
    ['a byte order mark', `\ufeff${half}\ufeff${csv(COLUMNS, rest, { name: quoted })}`],
    ['another delimiter', half + csv(COLUMNS, rest, { delimiter: ';', name: quoted })],
    ['another line end, #TYPE and sep=', `${half}#TYPE x\nsep=;\n${csv(COLUMNS, rest, { delimiter: ';', end: '\n' })}`],
  ])('joined to one with %s', async (_, text) => {
    for (const chunkBytes of [1 << 20, 997, 61]) {
      expect(await scoreBytes(text, ['defender'], { chunkBytes })).toMatchObject(ALL);
    }
  });

  it('and takes no row for a header that has names of columns in the cells of a sender', async () => {
    const hostile = {
      ...ROWS[0],
      DeviceName: 'RemoteIP',
      InitiatingProcessFileName: 'ActionType',
      DeviceId: 'DeviceId',
    };
    const found = await scoreBytes(csv(COLUMNS, [...ROWS, { ...hostile, ReportId: 9 }]));
    expect(found.hours).toEqual([`RemoteIP ActionType 198.51.100.23 05h 50`, ...COUNTS.hours].sort());
    expect(found.faults).toEqual({});
  });

  it('and keeps a row with more or fewer cells as a fault', async () => {
    expect(await scoreBytes(`${csv(COLUMNS)}"a","b"\r\n`)).toMatchObject({ ...ALL, faults: { 'bad-csv': 1 } });
  });
});

describe('a CSV without a column that the rule needs', () => {
  it.each([
    ['DeviceName', 'no-column (DeviceName)'],
    ['InitiatingProcessFileName', 'no-column (InitiatingProcessFileName)'],
    ['RemoteIP', 'no-column (RemoteIP)'],
    ['Timestamp', 'no-column (Timestamp or TimeGenerated)'],
    ['AdditionalFields', 'no-column (AdditionalFields)'],
  ])('%s counts nothing and names it', async (column, fault) => {
    const found = await scoreBytes(csv(without(column)));
    // The row of another action stays what it is.
    expect(found).toMatchObject({ hours: [], faults: { [fault]: 6 }, counters: { skipped: 1 } });
    expect(found.missing?.found).toEqual(without(column));
  });

  it('without ActionType, no row shows what it is', async () => {
    for (const columns of [without('ActionType'), without('ActionType', 'AdditionalFields')]) {
      expect(await scoreBytes(csv(columns))).toMatchObject({ hours: [], faults: { 'no-column (ActionType)': 7 } });
    }
  });

  it('does not merge the rows of a second table under no device', async () => {
    const found = await scoreBytes(csv(COLUMNS) + csv(without('DeviceName'), ROWS.slice(0, 2)));
    expect(found).toMatchObject({ hours: COUNTS.hours, faults: { 'no-column (DeviceName)': 2 } });
  });

  it('needs no AdditionalFields for single events', async () => {
    const found = await scoreBytes(csv(without('AdditionalFields')), ['defender-raw']);
    expect(found).toMatchObject({ hours: [expect.stringContaining('06h 1')], faults: {}, missing: null });
  });

  it('takes local time of a portal for no time', async () => {
    const text = renamed('Timestamp', 'TimeGenerated [Local Time]');
    expect(await scoreBytes(text)).toMatchObject({
      hours: [],
      faults: { 'no-column (Timestamp or TimeGenerated)': 6 },
    });
  });
});

describe('a CSV of Windows events counts by hand', () => {
  const data = (ip: string, initiated = 'true') =>
    `<DataItem type="System.XmlData"><EventData xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><Data Name="UtcTime">2026-11-18 05:10:00.100</Data><Data Name="Image">C:\\t\\sync.exe</Data><Data Name="Protocol">tcp</Data><Data Name="Initiated">${initiated}</Data><Data Name="SourceIp">10.0.0.7</Data><Data Name="SourcePort">50000</Data><Data Name="DestinationIp">${ip}</Data><Data Name="DestinationPort">443</Data></EventData></DataItem>`;
  const event = (ip: string, initiated?: string) => ({
    'TimeGenerated [UTC]': '11/18/2026, 5:10:00.123 AM',
    Source: 'Microsoft-Windows-Sysmon',
    EventLog: 'Microsoft-Windows-Sysmon/Operational',
    Computer: 'LAP-07.fabrikam.example',
    EventID: 3,
    RenderedDescription: 'Network connection detected:\r\nRuleName: -',
    EventData: data(ip, initiated),
  });
  const rows = [event('198.51.100.23'), event('198.51.100.23'), event('10.9.9.9'), event('198.51.100.23', 'false')];

  it('of the table Event', async () => {
    // Two rows that differ in nothing are one event.
    expect(await scoreBytes(csv(Object.keys(rows[0] ?? {}), rows), ['sysmon'])).toMatchObject({
      hours: ['lap-07.fabrikam.example sync.exe 198.51.100.23 05h 1'],
      faults: {},
      counters: { reports: 2, excluded: 1, skipped: 1 },
    });
  });

  it('without the column of the computer, which is named', async () => {
    const columns = Object.keys(rows[0] ?? {}).filter((name) => name !== 'Computer');
    const found = await scoreBytes(csv(columns, rows), ['sysmon']);
    expect(found.faults).toEqual({ 'no-column (Computer)': 3 });
  });

  it.each([
    ['Source', 'Source or EventSourceName or Provider'],
    ['EventID', 'EventID'],
  ])('without %s no row shows what it is, and all name it', async (column, name) => {
    const columns = Object.keys(rows[0] ?? {}).filter((each) => each !== column);
    const found = await scoreBytes(csv(columns, rows), ['sysmon']);
    expect(found).toMatchObject({ foreign: false, hours: [], faults: { [`no-column (${name})`]: 4 } });
  });

  const G = 'lap-07.fabrikam.example sync.exe 198.51.100.23';
  const permitted = (time: string) => ({
    'TimeGenerated [UTC]': time,
    Account: '',
    Computer: 'LAP-07.fabrikam.example',
    EventSourceName: 'Microsoft-Windows-Security-Auditing',
    Channel: 'Security',
    Task: 12810,
    Level: '8',
    EventID: 5156,
    Activity: '5156 - The Windows Filtering Platform has permitted a connection.',
    EventData:
      '<EventData xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><Data Name="Application">\\device\\harddiskvolume2\\t\\sync.exe</Data><Data Name="Direction">%%14593</Data><Data Name="SourceAddress">10.0.0.7</Data><Data Name="SourcePort">50000</Data><Data Name="DestAddress">198.51.100.23</Data><Data Name="DestPort">443</Data><Data Name="Protocol">6</Data><Data Name="LayerName">%%14611</Data></EventData>',
  });

  it('of the table SecurityEvent, whose dates show their order', async () => {
    const times = ['11/18/2026, 5:10:00.123 AM', '11/18/2026, 5:11:00.123 AM', '11/12/2026, 5:10:00.123 PM'];
    const table = times.map(permitted);
    expect(await scoreBytes(csv(Object.keys(table[0] ?? {}), table), ['wfp'], { days: 10 })).toMatchObject({
      hours: [`${G} 05h 2`, `${G} 17h 1`],
      faults: {},
      counters: { reports: 3 },
    });
  });

  const logged = {
    Message:
      'Network connection detected:\r\nRuleName: -\r\nUtcTime: 2026-11-18 05:10:00.100\r\nProcessGuid: {0}\r\nProcessId: 7\r\nImage: C:\\t\\sync.exe\r\nUser: NT AUTHORITY\\SYSTEM\r\nProtocol: tcp\r\nInitiated: true\r\nSourceIp: 10.0.0.7\r\nSourcePort: 50000\r\nDestinationIp: 198.51.100.23\r\nDestinationPort: 443',
    Id: 3,
    ProviderName: 'Microsoft-Windows-Sysmon',
    LogName: 'Microsoft-Windows-Sysmon/Operational',
    MachineName: 'LAP-07.fabrikam.example',
    TimeCreated: '18.11.2026 06:10:01',
    Properties: 'System.Collections.Generic.List`1[System.Diagnostics.Eventing.Reader.EventProperty]',
  };

  it('of Get-WinEvent | Export-Csv, behind #TYPE and with semicolons', async () => {
    const text = csv(Object.keys(logged), [logged], { delimiter: ';', name: quoted });
    expect(
      await scoreBytes(`#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n${text}`, ['sysmon']),
    ).toMatchObject({ hours: [`${G} 05h 1`], faults: {}, missing: null });
  });

  it('of Get-WinEvent | Export-Csv without the message, which is named', async () => {
    const columns = Object.keys(logged).filter((name) => name !== 'Message');
    expect(await scoreBytes(csv(columns, [logged]), ['sysmon'])).toMatchObject({
      hours: [],
      faults: { 'no-column (Message)': 1 },
    });
  });

  const DATA = {
    UtcTime: '2026-11-18 05:10:00.100',
    Image: 'C:\\t\\sync.exe',
    Initiated: 'true',
    DestinationIp: '198.51.100.23',
  };

  it('of Kibana, with names with points', async () => {
    const row = {
      '@timestamp': 'Nov 18, 2026 @ 05:10:00.100',
      'winlog.provider_name': 'Microsoft-Windows-Sysmon',
      'winlog.event_id': '3',
      'winlog.computer_name': 'LAP-07.fabrikam.example',
      ...Object.fromEntries(Object.entries(DATA).map(([name, value]) => [`winlog.event_data.${name}`, value])),
    };
    const found = await scoreBytes(csv(Object.keys(row), [row], { name: quoted }), ['sysmon']);
    expect(found).toMatchObject({ hours: [`${G} 05h 1`], faults: {} });
  });

  it('of Splunk, with the event in _raw', async () => {
    const data = Object.entries(DATA).map(([name, value]) => `<Data Name='${name}'>${value}</Data>`);
    const _raw = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>3</EventID><TimeCreated SystemTime='2026-11-18T05:10:00.100Z'/><Computer>LAP-07.fabrikam.example</Computer></System><EventData>${data.join('')}</EventData></Event>`;
    const row = { _raw, _time: '2026-11-18T06:10:00.100+0100', host: 'x', sourcetype: 'XmlWinEventLog' };
    const found = await scoreBytes(csv(Object.keys(row), [row], { name: quoted }), ['sysmon']);
    expect(found).toMatchObject({ hours: [`${G} 05h 1`], faults: {}, missing: null });
  });

  it('of Zeek, with its own names', async () => {
    const row = {
      ts: '1795151400.5',
      uid: 'C1',
      'id.orig_h': '10.0.0.7',
      'id.resp_h': '198.51.100.23',
      conn_state: 'S0',
    };
    const found = await scoreBytes(csv(Object.keys(row), [row]), ['zeek'], { days: 10 });
    expect(found).toMatchObject({
      hours: ['10.0.0.7  198.51.100.23 05h 1'.replace('05h', `${hourOf(1795151400)}h`)],
      faults: {},
    });
  });
});

function hourOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 13);
}
