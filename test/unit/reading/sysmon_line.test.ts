import { Buffer, isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLine } from '../../../src/core/records/read_line.ts';
import type { Reading } from '../../../src/core/records/reading.ts';
import { DefenderLines } from '../../../src/reading/defender_line.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { ReportReader } from '../../../src/reading/report_reader.ts';
import { SysmonLines } from '../../../src/reading/sysmon_line.ts';
import { tries } from '../../support/effort.ts';

/** The data of an event, in the order of Sysmon; values as they are within JSON, so that a test can write any other text there. */
const DATA: Readonly<Record<string, string>> = {
  RuleName: '-',
  UtcTime: '2026-11-20 08:15:02.904',
  ProcessGuid: '{aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}',
  ProcessId: '7344',
  Image: 'C:\\\\Program Files\\\\Acme\\\\Updater.exe',
  User: 'NT AUTHORITY\\\\SYSTEM',
  Protocol: 'tcp',
  Initiated: 'true',
  SourceIsIpv6: 'false',
  SourceIp: '10.20.30.40',
  SourceHostname: 'wks-1.corp.example',
  SourcePort: '52344',
  SourcePortName: '-',
  DestinationIsIpv6: 'false',
  DestinationIp: '203.0.113.77',
  DestinationHostname: 'cdn.example.com',
  DestinationPort: '443',
  DestinationPortName: 'https',
};

type Members = readonly (readonly [name: string, value: string])[];

const objectOf = (members: Members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
const quoted = (row: Readonly<Record<string, string>>): Members =>
  Object.entries(row).map(([name, value]) => [name, `"${value}"`]);

/** The members of a line but its data, as JSON. `…` is where the data stands. */
const BEAT: Members = [
  ['@timestamp', '"2026-11-20T08:15:02.911Z"'],
  ['@metadata', '{"beat":"winlogbeat","type":"_doc","version":"8.15.0"}'],
  ['event', '{"code":"3","provider":"Microsoft-Windows-Sysmon","original":"é","list":[1,{"a":null}]}'],
  ['host', '{"name":"wec.corp.example"}'],
  ['winlog', '…'],
  ['message', '"Network connection detected:\\r\\nImage: \\u003c"'],
];
const WINLOG: Members = [
  ['provider_name', '"Microsoft-Windows-Sysmon"'],
  ['computer_name', '"WKS-1.corp.example"'],
  ['event_id', '"3"'],
  ['record_id', '3518604'],
  ['event_data', '…'],
];
const TABLE: Members = [
  ['TimeGenerated', '"2026-11-20T08:15:03.117Z"'],
  ['TenantId', '"99999999-8888-7777-6666-555555555555"'],
  ['Type', '"Event"'],
  ['Source', '"Microsoft-Windows-Sysmon"'],
  ['Computer', '"WKS-1.corp.example"'],
  ['EventID', '3'],
  ['EventLevel', '4'],
  ['UserName', '"NT AUTHORITY\\\\SYSTEM"'],
  ['EventData', '…'],
];

const filled = (members: Members, value: string): string =>
  objectOf(members.map(([name, before]) => [name, before === '…' ? value : before]));
const beatOf = (data: Members, winlog: Members = WINLOG, top: Members = BEAT) =>
  filled(top, filled(winlog, objectOf(data)));
/** `data`: values without quotes. */
/** Windows writes a value without text in one of these forms. */
const elementOf = ([name, value]: Members[number]) => {
  const short = ['/>', ' />', '></Data>'][name.length % 3];
  return `<Data Name=\\"${name}\\"${value === '' ? short : `>${value}</Data>`}`;
};
const xmlOf = (data: Members, around: (xml: string) => string = (xml) => xml) =>
  `"${around(
    '<DataItem type=\\"System.XmlData\\" time=\\"2026-11-20T08:15:03.1170000Z\\" sourceHealthServiceId=\\"0\\"><EventData xmlns=\\"http://schemas.microsoft.com/win/2004/08/events/event\\">' +
      `${data.map(elementOf).join('')}</EventData></DataItem>`,
  )}"`;
const tableOf = (data: Members, top: Members = TABLE) => filled(top, xmlOf(data));

const BEAT_LINE = beatOf(quoted(DATA));
const TABLE_LINE = tableOf(Object.entries(DATA));

const FORMATS = [formatsOf(['sysmon']), formatsOf(['defender', 'defender-raw', 'sysmon', 'wfp', 'zeek'])] as const;

/** What the parser says of a line, if it is one record without a fault; null for any other line. */
function parsed(bytes: Buffer, formats: (typeof FORMATS)[number]): Reading | null {
  const { reports, records, skipped, excluded, withoutAddress, known, faults } = readLine(
    bytes.toString('utf8'),
    formats,
  );
  if (!isUtf8(bytes) || records !== 1 || known !== 1 || faults.length + withoutAddress > 0) return null;
  if (skipped === 1) return { kind: 'skipped' };
  if (excluded === 1) return { kind: 'excluded' };
  const [{ record: _record, ...found } = { record: 0, report: undefined }] = reports;
  return found.report === undefined ? null : { kind: 'report', ...found, report: found.report };
}

/** The same with the facts of `score` alone. */
function briefly(reading: Reading | null): Reading | null {
  if (reading?.kind !== 'report') return reading;
  const { RemotePort, RemoteUrl } = reading.report.facts;
  const facts = { ...(RemotePort !== undefined && { RemotePort }), ...(RemoteUrl !== undefined && { RemoteUrl }) };
  return { ...reading, report: { ...reading.report, facts } };
}

/** Reads lines as those of one export. Throws where one is not read as by the parser. Returns how many were read without it. */
function readSame(lines: readonly (string | Buffer)[]): number {
  const [whole, brief] = [new SysmonLines(false), new SysmonLines(true)];
  let read = 0;
  for (const line of lines) {
    const bytes = Buffer.from(line as string);
    const [found, inShort] = [whole.read(bytes), brief.read(bytes)];
    for (const formats of FORMATS) {
      const expected = found === null && inShort === null ? null : parsed(bytes, formats);
      if (found !== null) expect(found, bytes.toString()).toEqual(expected);
      if (inShort !== null) expect(briefly(inShort), bytes.toString()).toEqual(briefly(expected));
    }
    if (found !== null) read++;
  }
  return read;
}

/** Texts within JSON that decide how a value is read, in JSON or in XML. */
const TEXTS = [
  ...[
    '',
    '-',
    ' ',
    'true',
    'false',
    'True',
    'tcp',
    'udp',
    'UDP',
    '6',
    '17',
    '53',
    '52344',
    '65536',
    '00443',
    '-1',
    '4.5',
  ],
  ...[
    'C:\\\\a\\\\B.EXE',
    '\\\\',
    '\\"',
    '\\/',
    '\\n',
    '\\t',
    '\\r',
    '\\b',
    '\\u0041',
    '\\u003c',
    '\\ud800',
    '\\x',
    '"',
    '\\',
  ],
  ...[
    '&amp;',
    '&lt;x&gt;',
    '&quot;&apos;',
    '&#65;',
    '&#0;',
    '&nbsp;',
    '&amp',
    '&',
    '<',
    '>',
    ']]>',
    '<![CDATA[x]]>',
    '<!-- -->',
  ],
  ...['é', '\u{1f600}', '\ufffe', '\uffff', '\ufeff', '\u007f', '\u0085', '\u2028', '\u0001', '\t', '\u202e'],
  ...['203.0.113.9', '10.0.0.1', '2001:db8::1', 'fe80::1', '::ffff:203.0.113.7', '999.1.1.1', '0x10.1.1.1'],
  ...['2026-11-20T08:15:02Z', '2026-11-20 08:15:02', '2026-11-20 08:15:02.9041234', '2026-11-20T08:15:02,9+05:00'],
  ...['2026-11-20 10:15:02.904', '2026-02-29 08:15:02.904', '2028-02-29 08:15:02.904', '2026-11-20 24:15:02.904'],
  ...['11/20/2026 08:15:02', '20/11/2026 08:15', '1795172400137', '/Date(1795172400137)/', 'x'.repeat(300)],
  ...[
    'n'.repeat(1025),
    'f'.repeat(600),
    'WKS-2',
    'Microsoft-Windows-Sysmon',
    'Linux-Sysmon',
    'Event',
    'DeviceNetworkEvents',
  ],
  ...[
    '3',
    '03',
    '1',
    '22',
    '5156',
    '</Data>',
    '</Data><Data Name=\\"Image\\">x',
    '<Data Name=\\"x\\"/>',
    '","Image":"x',
  ],
];
/** Values of any kind. */
const VALUES = [
  ...TEXTS.map((text) => `"${text}"`),
  ...[
    'null',
    'true',
    '3',
    '03',
    '3.0',
    '3e0',
    '-3',
    '1234567890123456',
    '{}',
    '[]',
    '{"a":1}',
    '[{"b":"c"}]',
    '',
    '3,"x":1',
  ],
];
const NAMES = [
  ...Object.keys(DATA),
  ...[...BEAT, ...WINLOG, ...TABLE].map(([name]) => name),
  ...[
    'user',
    'source',
    'destination',
    'process',
    'network',
    'TimeCreated',
    'Provider',
    'ProviderName',
    'records',
    'category',
  ],
  ...[
    'properties',
    'ActionType',
    'DeviceName',
    'id.orig_h',
    'conn_state',
    'xml',
    'System',
    '__proto__',
    'constructor',
    '',
  ],
  ...['Data', 'image', 'Imag', 'a\\u0041', 'é', 'ParameterXml', 'hostname', 'tags', 'winlog.event_data.Image'],
];
const name = fc.constantFrom(...NAMES);
const text = fc.constantFrom(...TEXTS);
const value = fc.constantFrom(...VALUES);

const change = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('value' as const), at: fc.nat(), value: values }) },
    fc.record({ kind: fc.constant('name' as const), at: fc.nat(), name }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('add' as const), at: fc.nat(), name, value: values }),
    fc.record({ kind: fc.constant('move' as const), at: fc.nat() }),
  );
type Change = typeof change<string> extends (values: never) => fc.Arbitrary<infer C> ? C : never;

function changed(members: Members, changes: readonly Change[]): Members {
  const list = [...members];
  for (const each of changes) {
    const at = each.at % (list.length + 1);
    const [before = ['x', '1']] = list.slice(at, at + 1);
    if (each.kind === 'add') list.splice(at, 0, [each.name, each.value]);
    else if (each.kind === 'remove') list.splice(at, 1);
    else if (each.kind === 'move') list.push(...list.splice(at, 1));
    else if (each.kind === 'value') list.splice(at, 1, [before[0], each.value]);
    else list.splice(at, 1, [each.name, before[1]]);
  }
  return list;
}

const few = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(change(values), { maxLength: 2 })) as fc.Arbitrary<
    Change[]
  >;
const beat = fc
  .tuple(fc.array(change(value), { maxLength: 2 }) as fc.Arbitrary<Change[]>, few(value), few(value))
  .map(([ofData, ofWinlog, ofTop]) =>
    beatOf(changed(quoted(DATA), ofData), changed(WINLOG, ofWinlog), changed(BEAT, ofTop)),
  );
const table = fc
  .tuple(fc.array(change(text), { maxLength: 2 }) as fc.Arbitrary<Change[]>, few(value))
  .map(([ofData, ofTop]) => tableOf(changed(Object.entries(DATA), ofData), changed(TABLE, ofTop)));

const BYTES = [...'{}[]":,\\ \t\u0000\u001f/-0eE.tnu<>&;\'=DN3']
  .map((each) => each.charCodeAt(0))
  .concat(0x7f, 0x80, 0xc3, 0xef, 0xff);
const edit = fc.tuple(fc.nat(), fc.constantFrom('set', 'insert', 'delete'), fc.constantFrom(...BYTES));

function edited(line: string, edits: readonly (readonly [number, string, number])[]): Buffer {
  const all = [...Buffer.from(line)];
  for (const [place, how, byte] of edits) {
    const at = place % all.length;
    if (how === 'insert') all.splice(at, 0, byte);
    else if (how === 'delete') all.splice(at, 1);
    else all[at] = byte;
  }
  return Buffer.from(all);
}

describe('SysmonLines.read(bytes)', () => {
  it.each([
    ['Winlogbeat', BEAT_LINE],
    ['table Event', TABLE_LINE],
  ])('reads a line of %s as the parser does', (_product, line) => {
    expect(readSame([line, line])).toBe(2);
    expect(new SysmonLines(false).read(Buffer.from(line))).toEqual({
      kind: 'report',
      report: {
        source: 'sysmon',
        DeviceName: 'wks-1.corp.example',
        InitiatingProcessFileName: 'updater.exe',
        RemoteIP: '203.0.113.77',
        Timestamp: line === BEAT_LINE ? '2026-11-20T08:15:02.9110000Z' : '2026-11-20T08:15:03.1170000Z',
        count: 1,
        identity: null,
        facts: {
          RemotePort: 443,
          LocalIP: '10.20.30.40',
          InitiatingProcessFolderPath: 'C:\\Program Files\\Acme\\Updater.exe',
          InitiatingProcessAccountName: 'NT AUTHORITY\\SYSTEM',
          RemoteUrl: 'cdn.example.com',
          InitiatingProcessId: '7344',
          Protocol: 'tcp',
        },
      },
    });
  });

  it.each(['winlogbeat.jsonl', 'sysmon-event.jsonl'])('reads lines of %s that have no fault', (file) => {
    const lines = readFileSync(new URL(`../../fixtures/formats/${file}`, import.meta.url), 'utf8')
      .trim()
      .split('\n');
    expect(readSame(lines)).toBeGreaterThan(lines.length / 3);
  });

  it('takes another event, an inbound one and an address out of scope without its values', () => {
    const other = BEAT_LINE.replaceAll('"event_id":"3"', '"event_id":22').replace('RuleName', 'QueryName');
    const inbound = TABLE_LINE.replace('>true<', '>false<');
    const local = TABLE_LINE.replace('203.0.113.77', '10.1.1.1');
    const lines = new SysmonLines(true);
    expect([other, inbound, local].map((line) => lines.read(Buffer.from(line))?.kind)).toEqual([
      'skipped',
      'skipped',
      'excluded',
    ]);
    expect(readSame([other, inbound, local])).toBe(3);
  });

  it.each(['udp', 'UDP', '17'])('takes a reply of a server over %s as the parser does', (protocol) => {
    const ports = (line: string) => line.replace('"52344"', '"53"').replace('"443"', '"52345"');
    const reply = ports(BEAT_LINE).replace('"tcp"', `"${protocol}"`);
    expect(new SysmonLines(true).read(Buffer.from(reply))).toEqual({ kind: 'skipped' });
    expect(new SysmonLines(true).read(Buffer.from(ports(BEAT_LINE)))?.kind).toBe('report');
    expect(readSame([reply])).toBe(1);
  });

  it.each([
    ['white space', BEAT_LINE.replace(':', ': ')],
    ['text behind it', `${BEAT_LINE}{}`],
    ['a list', `[${BEAT_LINE}]`],
    ['a member that a pipeline adds', BEAT_LINE.replace('"host"', '"source"')],
    ['a device twice', BEAT_LINE.replace('"record_id":3518604', '"computer_name":"b"')],
    ['a number as a port', BEAT_LINE.replace('"DestinationPort":"443"', '"DestinationPort":443')],
    ['another provider', BEAT_LINE.replaceAll('Microsoft-Windows-Sysmon', 'Linux-Sysmon')],
    ['another table', TABLE_LINE.replace('"Type":"Event"', '"Type":"WindowsEvent"')],
    ['an address twice', TABLE_LINE.replace('Name=\\"RuleName\\"', 'Name=\\"DestinationIp\\"')],
    ['a reference to a character', TABLE_LINE.replace('>-<', '>&#65;<')],
    ['a section of characters', TABLE_LINE.replace('>-<', '><![CDATA[x]]><')],
    [
      'an image without text',
      TABLE_LINE.replace(elementOf(['Image', DATA['Image'] as string]), '<Data Name=\\"Image\\"/>'),
    ],
    ['a tag with an escape', TABLE_LINE.replace('>443</Data>', '>443<\\/Data>')],
    ['tags with escapes', TABLE_LINE.replaceAll('<', '\\u003c')],
    ['a document type', TABLE_LINE.replace('<DataItem', '<!DOCTYPE x><DataItem')],
    ['the character U+FFFE', TABLE_LINE.replace('>-<', '>\ufffe<')],
    ['U+000D in XML', TABLE_LINE.replace('>-<', '>a\\rb<')],
    ['no computer', BEAT_LINE.replace('WKS-1.corp.example', '-')],
    ['no direction', BEAT_LINE.replace('"Initiated":"true"', '"Initiated":"maybe"')],
    ['more XML than an event has', TABLE_LINE.replace('>-<', `>${'x'.repeat(65_536)}<`)],
    ['bytes that are not UTF-8', Buffer.from(BEAT_LINE.replace('https', '\xff'), 'latin1')],
  ])('leaves %s to the parser', (_what, line) => {
    const lines = new SysmonLines(false);
    for (const known of [BEAT_LINE, TABLE_LINE]) expect(lines.read(Buffer.from(known))).not.toBeNull();
    expect(lines.read(Buffer.from(line as string))).toBeNull();
    expect(readSame([BEAT_LINE, TABLE_LINE, line])).toBe(2);
  });

  it.each([
    ['numbers', `[${'1,'.repeat(5_000)}1]`],
    ['texts', `["${'a","'.repeat(5_000)}a"]`],
    ['constants', `[${'true,'.repeat(10_000)}true]`],
    ['members', `{${Array.from({ length: 5_000 }, (_, n) => `"a${n}":1`).join(',')}}`],
    ['letters of a name', `{"${'a'.repeat(60_000)}":1}`],
  ])('keeps no layout of a line with many %s', (_what, value) => {
    const line = BEAT_LINE.replace('{', `{"tags":${value},`);
    expect(() => JSON.parse(line)).not.toThrow();
    expect(new SysmonLines(false).read(Buffer.from(line))).toBeNull();
    // Layouts are kept for the next exports.
    expect(new SysmonLines(false).read(Buffer.from(BEAT_LINE))?.kind).toBe('report');
  });

  it('is the parser, for any members and values', () => {
    let [read, all] = [0, 0];
    const line = fc.oneof(beat, table, fc.constantFrom(BEAT_LINE, TABLE_LINE));
    const property = fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
      read += readSame(lines);
      all += lines.length;
    });
    fc.assert(property, { numRuns: tries(1_000, 40_000) });
    expect(read).toBeGreaterThan(all / 4);
  });

  it('is the parser, for any bytes of a known layout', () => {
    let [read, all] = [0, 0];
    const edits = fc.array(edit, { minLength: 1, maxLength: 3 });
    const property = fc.property(fc.constantFrom(BEAT_LINE, TABLE_LINE), edits, (line, list) => {
      read += readSame([line, edited(line, list)]) - 1;
      all++;
    });
    fc.assert(property, { numRuns: tries(3_000, 60_000) });
    expect(read).toBeGreaterThan(all / 10);
  });

  it('learns no more layouts than lines are read with them', () => {
    const lines = new SysmonLines(false);
    const other = (n: number) => BEAT_LINE.replace('"RuleName"', `"Rule${n}"`);
    const read = Array.from({ length: 100 }, (_, n) => lines.read(Buffer.from(other(n))));
    expect(read.filter((reading) => reading !== null).length).toBe(16);
  });
});

describe('ReportReader.read(batch) of lines of Sysmon', () => {
  it('counts and recognizes as with the parser', () => {
    const udp = BEAT_LINE.replace('tcp', 'udp').replace('"52344"', '"53"').replace('"443"', '"52345"');
    const lines = [BEAT_LINE, udp, TABLE_LINE.replace('203.0.113.77', '10.1.1.1'), `${BEAT_LINE.slice(0, -1)},"x":1}`];
    const hits = lines.map((line) => ({ offset: 0, length: line.length, bytes: Buffer.from(line) }));
    const batch = { hits, probes: [], malformed: { kept: [], more: new Map() }, tooLong: [], lines: 4, end: 0 };
    const reader = new ReportReader({ container: '', name: '' }, FORMATS[0], undefined, new DefenderLines());
    const { reports, counters } = reader.read(batch);
    expect(counters).toMatchObject({ lines: 4, records: 4, reports: 2, skipped: 1, excluded: 1, deadLetters: 0 });
    expect(reports.map(({ digest }) => digest > 0)).toEqual([true, true]);
    expect([reader.probe.recognised, reader.probe.active]).toEqual([true, false]);
  });
});
