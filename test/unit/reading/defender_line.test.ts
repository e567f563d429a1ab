import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Facts, Report } from '../../../src/core/records/report.ts';
import { DefenderLines } from '../../../src/reading/defender_line.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import type { Line } from '../../../src/reading/line.ts';
import { ReportReader } from '../../../src/reading/report_reader.ts';
import { tries } from '../../support/effort.ts';

/** A report as the Streaming API writes it: the values as JSON, so that a test can write any other text there. */
const ROW: Readonly<Record<string, string>> = {
  DeviceName: '"srv-1.corp.example"',
  DeviceId: '"f7d945c80d88c57c55e5ce271b9846e458aa0ab6"',
  ReportId: '6001',
  RemoteIP: '"203.0.113.7"',
  RemotePort: '443',
  LocalIP: '"10.20.10.2"',
  LocalPort: 'null',
  RemoteUrl: '"a.example.com"',
  InitiatingProcessCommandLine: '"\\"msmpeng.exe\\" /x"',
  InitiatingProcessSHA1: '"b01d80e05eb6fb695645f9e8737b922bc6a66993"',
  InitiatingProcessFolderPath: '"c:\\\\windows\\\\a.exe"',
  InitiatingProcessFileName: '"msmpeng.exe"',
  IsInitiatingProcessRemoteSession: 'false',
  ActionType: '"ConnectionSuccessAggregatedReport"',
  InitiatingProcessSHA256: 'null',
  InitiatingProcessVersionInfoProductName: '"Microsoft® Windows® Operating System"',
  AdditionalFields: '"{\\"uniqueEventsAggregated\\":63}"',
  Timestamp: '"2026-11-18T05:07:05.2212150Z"',
};
const ENVELOPE: Readonly<Record<string, string>> = {
  time: '"2026-11-18T05:34:05.2215985Z"',
  category: '"AdvancedHunting-DeviceNetworkEvents"',
  properties: '',
  Tenant: '"DefaultTenant"',
};

type Members = readonly (readonly [name: string, value: string])[];

const objectOf = (members: Members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`;
const membersOf = (row: Readonly<Record<string, string>>): Members =>
  Object.entries(row).map(([name, value]) => [JSON.stringify(name), value]);
const lineOf = (row: Members, envelope: Members = membersOf(ENVELOPE)) =>
  objectOf(envelope.map(([name, value]) => [name, name === '"properties"' && value === '' ? objectOf(row) : value]));

const FORMATS = formatsOf(['defender']);
const FACTS = ['ActionType', 'RemotePort', 'RemoteUrl', 'InitiatingProcessSHA1', 'InitiatingProcessSHA256'] as const;

/** What `ReportReader` says of the line, whose reports have only the facts of `score`. */
function readingOf(bytes: Buffer, lines: DefenderLines | null) {
  const line: Line = { offset: 0, length: bytes.length, bytes };
  const batch = { hits: [line], probes: [], malformed: { kept: [], more: new Map() }, tooLong: [], lines: 1, end: 0 };
  const reader = new ReportReader({ container: '', name: '' }, FORMATS, undefined, lines);
  const { reports, ...reading } = reader.read(batch);
  const { unknownShape, probe } = reader;
  const { recognised, otherSource } = probe;
  const isProbing = probe.active;
  return {
    reading: { ...reading, reports: reports.map(({ report, ...place }) => ({ ...place, report: briefly(report) })) },
    ...{ recognised, unknownShape, otherSource, isProbing },
  };
}

function briefly(report: Report): Report {
  const facts = Object.fromEntries(
    FACTS.filter((name) => name in report.facts).map((name) => [name, report.facts[name]]),
  ) as Facts;
  return { ...report, facts };
}

const WHOLE = lineOf(membersOf(ROW));

/** A reader that knows the form of this line, and of the whole one if it knows no other. */
function readerOf(line: string = WHOLE): DefenderLines {
  const lines = new DefenderLines();
  lines.learn(line);
  lines.learn(WHOLE);
  return lines;
}

/** Whether the line was read without the parser. `lines`: by default one that knows the line's own form. */
function expectSame(line: string | Buffer, lines?: DefenderLines): boolean {
  const bytes = Buffer.from(line as string);
  const reader = lines ?? readerOf(bytes.toString());
  expect(readingOf(bytes, reader)).toEqual(readingOf(bytes, null));
  return reader.reportOf(bytes) !== null;
}

/** Values that decide how a member is read. */
const VALUES = [
  ...['null', 'true', 'false', 'nul', '0', '-0', '-1', '007', '1.5', '1e3', '123456789012345', '1234567890123456', ''],
  ...[
    '70000',
    '"443"',
    '""',
    '"x"',
    '" x "',
    '"a\\u0041"',
    '"\\/"',
    '"\\x"',
    '"\u0001"',
    '"\u007f"',
    '"é"',
    '"é\\n"',
    '"\\n\u{1f600}"',
    '"\ufeff"',
    '"\u2028"',
    '"',
    '{}',
    '[]',
  ],
  ...[
    '{"a":1}',
    '[1]',
    '"ConnectionFailedAggregatedReport"',
    '"connectionsuccessAGGREGATEDREPORT"',
    '"ConnectionSuccess"',
  ],
  ...['"203.0.113.9"', '"10.0.0.1"', '"2001:db8::1"', '"::ffff:203.0.113.7"', '"999.1.1.1"', '"2026-11-18T05:07:05Z"'],
  ...['"2026-11-18 05:07:05"', '"11/18/2026 05:07"', '"1795172400137"', '"{\\"uniqueEventsAggregated\\":\\"7\\"}"'],
  ...[
    '"{\\"uniqueEventsAggregated\\":1.9,\\"x\\":{}}"',
    '"{\\"Aggreg\\":1}"',
    '"{}"',
    '"no json"',
    '{"uniqueEventsAggregated":5}',
  ],
  ...[
    '"advancedhunting-devicenetworkevents"',
    '"AdvancedHunting-DeviceEvents"',
    `"${'n'.repeat(1025)}"`,
    `"${'f'.repeat(600)}"`,
  ],
];
const NAMES = [
  ...[...Object.keys(ROW), ...Object.keys(ENVELOPE), 'records', 'TimeGenerated', 'Type', '__proto__', 'constructor'],
  ...['', 'devicename', 'DeviceNam', 'DeviceNames'],
].map((name) => JSON.stringify(name));
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.constantFrom('"Device\\u004eame"', '"a\\"b"', 'DeviceName', '"é"', '"\u0001"', ' "x"') },
);
const value = fc.constantFrom(...VALUES);

/** Changes of a list of members. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), at: fc.nat(), value }),
  fc.record({ kind: fc.constant('name' as const), at: fc.nat(), name }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('add' as const), at: fc.nat(), name, value }),
  fc.record({ kind: fc.constant('move' as const), at: fc.nat() }),
);

function changed(
  members: Members,
  changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[],
): Members {
  const list = [...members];
  for (const each of changes) {
    const at = each.at % (list.length + 1);
    const [before = ['"x"', '1']] = list.slice(at, at + 1);
    if (each.kind === 'add') list.splice(at, 0, [each.name, each.value]);
    else if (each.kind === 'remove') list.splice(at, 1);
    else if (each.kind === 'move') list.push(...list.splice(at, 1));
    else if (each.kind === 'value') list.splice(at, 1, [before[0], each.value]);
    else list.splice(at, 1, [each.name, before[1]]);
  }
  return list;
}

const BYTES = [...'{}[]":,\\ \t\u0000\u001f/-0eE.tn'].map((each) => each.charCodeAt(0)).concat(0x7f, 0x80, 0xc3, 0xff);

describe('reportOf(bytes)', () => {
  it('reads a line as the Streaming API writes it, as the parser does', () => {
    expect(expectSame(WHOLE)).toBe(true);
    expect(readerOf().reportOf(Buffer.from(WHOLE))).toEqual({
      source: 'defender',
      DeviceName: 'srv-1.corp.example',
      InitiatingProcessFileName: 'msmpeng.exe',
      RemoteIP: '203.0.113.7',
      Timestamp: '2026-11-18T05:07:05.2212150Z',
      count: 63,
      identity:
        '["f7d945c80d88c57c55e5ce271b9846e458aa0ab6","2026-11-18T05:07:05.2212150Z","6001",' +
        '"ConnectionSuccessAggregatedReport","443","10.20.10.2",63]',
      facts: {
        ActionType: 'ConnectionSuccessAggregatedReport',
        RemotePort: 443,
        RemoteUrl: 'a.example.com',
        InitiatingProcessSHA1: 'b01d80e05eb6fb695645f9e8737b922bc6a66993',
      },
    });
  });

  it.each([
    ['a space', WHOLE.replace(',', ', ')],
    ['text behind it', `${WHOLE}{}`],
    ['a list', `[${WHOLE}]`],
    ['another first bracket', `[${WHOLE.slice(1)}`],
    ['an end that is missing', WHOLE.slice(0, -1)],
    ['records', WHOLE.replace('"Tenant"', '"records"')],
    ['two devices', WHOLE.replace('"LocalPort":null', '"DeviceName":"b"')],
    ['a device without ASCII', WHOLE.replace('srv-1', 'srv-é')],
    ['a product without UTF-8', Buffer.from(WHOLE, 'latin1')],
    ['a private address', WHOLE.replace('203.0.113.7', '10.1.1.1')],
    ['a name that is too long', WHOLE.replace('srv-1', 'n'.repeat(1025))],
    ['no ReportId', WHOLE.replace('"ReportId":6001,', '')],
  ])('leaves %s to the parser', (_what, line) => {
    expect(expectSame(line)).toBe(false);
  });

  it('leaves lines that are much longer than a report to the parser', () => {
    const escapes = (times: number) => WHOLE.replace('"\\"msmpeng', `"${'\\n'.repeat(times)}\\"msmpeng`);
    const lines = readerOf();
    expect(expectSame(escapes(30_000), lines)).toBe(true);
    expect(expectSame(escapes(300_000), lines)).toBe(false);
    expect(lines.reportOf(Buffer.from(escapes(5_000_000)))).toBe(null);
  });

  it('learns no more forms than it keeps, and goes on with these', () => {
    const lines = new DefenderLines();
    const other = (n: number) => WHOLE.replace('"LocalPort"', `"Port${n}"`);
    for (let n = 0; n < 100; n++) lines.learn(other(n));
    const read = Array.from({ length: 100 }, (_, n) => lines.reportOf(Buffer.from(other(n))) !== null);
    expect(read.filter(Boolean).length).toBe(8);
    expect(lines.reportOf(Buffer.from(other(3)))).not.toBe(null);
  });

  it('is the parser, for any members and values', () => {
    let read = 0;
    const runs = tries(3_000, 60_000);
    const property = fc.property(
      fc.array(change, { maxLength: 3 }),
      fc.array(change, { maxLength: 1 }),
      (ofRow, ofEnvelope) => {
        const line = lineOf(changed(membersOf(ROW), ofRow), changed(membersOf(ENVELOPE), ofEnvelope));
        if (expectSame(line)) read++;
      },
    );
    fc.assert(property, { numRuns: runs });
    expect(read).toBeGreaterThan(runs / 10);
  });

  it('is the parser, for any bytes', () => {
    const bytes = fc.array(fc.tuple(fc.nat(), fc.constantFrom('set', 'insert', 'delete'), fc.constantFrom(...BYTES)), {
      minLength: 1,
      maxLength: 3,
    });
    let read = 0;
    const runs = tries(3_000, 60_000);
    const lines = readerOf();
    const property = fc.property(bytes, (edits) => {
      const all = [...Buffer.from(WHOLE)];
      for (const [place, how, byte] of edits) {
        const at = place % all.length;
        if (how === 'insert') all.splice(at, 0, byte);
        else if (how === 'delete') all.splice(at, 1);
        else all[at] = byte;
      }
      if (expectSame(Buffer.from(all), lines)) read++;
    });
    fc.assert(property, { numRuns: runs });
    expect(read).toBeGreaterThan(runs / 20);
  });

  it('ends at the end of its bytes, whatever lies behind them in memory', () => {
    const memory = Buffer.from(`${WHOLE}${WHOLE}`);
    const { length } = Buffer.from(WHOLE);
    const lines = readerOf();
    for (let end = 0; end < length; end++) expect(lines.reportOf(memory.subarray(0, end))).toBe(null);
    expect(lines.reportOf(memory.subarray(length))).not.toBe(null);
  });
});
