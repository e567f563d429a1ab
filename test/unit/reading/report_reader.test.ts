import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defender } from '../../../src/core/sources/defender.ts';
import { addCounters, NO_COUNTERS } from '../../../src/reading/counters.ts';
import { PROBE_BYTES, PROBE_LINES } from '../../../src/reading/export_probe.ts';
import { MAX_LINE_BYTES, readLines } from '../../../src/reading/line_reader.ts';
import type { LocatedReport } from '../../../src/reading/located_report.ts';
import { ReportReader } from '../../../src/reading/report_reader.ts';
import type { DeadLetter } from '../../../src/storage/ports/dead_letters.ts';
import type { Counters } from '../../../src/storage/ports/export_states.ts';
import { tries } from '../../support/effort.ts';
import { flat, nested, streamed } from '../core/records/records.ts';

const REF = Object.freeze({ container: 'c', name: 'exports/PT1H.json' });
const FORMATS = Object.freeze([defender]);

const json = (value: unknown) => JSON.stringify(value);
const REPORT = json(streamed());
const SKIPPED = json(streamed({ ActionType: 'ConnectionSuccess', AdditionalFields: '{}' }));
const EXCLUDED = json(streamed({ RemoteIP: '10.0.0.1' }));
const FAULTY = json(streamed({ Timestamp: 'yesterday' }));
const FOREIGN_TABLE = json(
  streamed({ ActionType: 'FileCreatedAggregatedReport' }, { category: 'AdvancedHunting-DeviceFileEvents' }),
);
const UNKNOWN = '{"level":"info","message":"hello"}';
const SYSMON = json({
  ...{ SourceName: 'Microsoft-Windows-Sysmon', EventID: 3, Hostname: 'WKS-1', EventTime: '2026-11-20T09:00:00Z' },
  ...{ Initiated: 'true', Image: 'C:\\x\\updater.exe', DestinationIp: '203.0.113.7', DestinationPort: '443' },
});
const SECURITY_EVENT = json({
  ...{ Type: 'SecurityEvent', EventSourceName: 'Microsoft-Windows-Security-Auditing', EventID: 5156 },
  ...{ Computer: 'WKS-1', TimeGenerated: '2026-11-20T09:00:00Z' },
  EventData: `<EventData>${[
    ['Application', '\\device\\harddiskvolume2\\x\\updater.exe'],
    ['Direction', '%%14593'],
    ['LayerName', '%%14611'],
    ['DestAddress', '203.0.113.7'],
  ]
    .map(([name, value]) => `<Data Name="${name}">${value}</Data>`)
    .join('')}</EventData>`,
});

interface Read {
  readonly reports: LocatedReport[];
  readonly letters: DeadLetter[];
  readonly counters: Counters;
  readonly foreign: boolean;
  readonly recognised: boolean;
  readonly otherSource: string | null;
  /** Lines that were read when it was found foreign, or all. */
  readonly stoppedAt: number;
}

async function read(
  content: string | Buffer,
  chunkBytes = 1 << 20,
  before?: { recognised: boolean; settled?: boolean; lines: number },
): Promise<Read> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, i) =>
    bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes),
  );
  const reader = new ReportReader(REF, FORMATS, before);
  const reports: LocatedReport[] = [];
  const letters: DeadLetter[] = [];
  let counters = NO_COUNTERS;
  const options = {
    preFilterTokens: [defender.preFilterToken],
    maxLineBytes: MAX_LINE_BYTES,
    tail: 'line',
    probe: reader.probe,
  } as const;
  for await (const batch of readLines(chunks, options)) {
    const reading = reader.read(batch);
    reports.push(...reading.reports);
    for (const letter of reading.letters) letters.push(letter);
    counters = addCounters(counters, reading.counters);
    if (reader.probe.foreign) break;
  }
  if (!reader.probe.foreign) reader.probe.end();
  const { foreign, recognised, otherSource } = reader.probe;
  return { reports, letters, counters, foreign, recognised, otherSource, stoppedAt: counters.lines };
}

const lines = (...texts: readonly string[]) => texts.map((text) => `${text}\r\n`).join('');
const times = (n: number, text: string) => new Array<string>(n).fill(text);

describe('ReportReader.read(batch)', () => {
  it('finds the reports, with their places', async () => {
    const content = lines(REPORT, SKIPPED, `[${UNKNOWN},${REPORT},7,${json(flat())}]`);
    const { reports, counters, letters, recognised } = await read(content);
    const third = Buffer.byteLength(lines(REPORT, SKIPPED));
    expect(reports.map(({ offset, record }) => [offset, record])).toEqual([
      [0, 0],
      [third, 1],
      [third, 3],
    ]);
    expect(reports.map(({ report }) => report.count)).toEqual([60, 60, 60]);
    // What a length covers is the line as it lies in the export.
    for (const { offset, length } of reports) expect(content[offset + length]).toBe('\n');
    expect(counters).toEqual({
      ...NO_COUNTERS,
      lines: 3,
      records: 6,
      reports: 3,
      skipped: 2,
      excluded: 0,
      expired: 0,
      deadLetters: 1,
    });
    expect(letters).toMatchObject([{ export: REF, offset: third, record: 2, reason: 'bad-json' }]);
    expect(recognised).toBe(true);
  });

  it('gives each kind of line its outcome, and none stops the others', async () => {
    const cutShort = REPORT.slice(0, -30);
    const deep = json(streamed({ ReportId: null, Deep: 'DEEP' })).replace('"DEEP"', nested(400_000));
    const badUtf8 = Buffer.concat([Buffer.from(REPORT.slice(0, -2)), Buffer.from([0xc3, 0x28]), Buffer.from('"}}')]);
    const content = Buffer.concat([
      Buffer.from(`\ufeff${REPORT}\r\n`),
      Buffer.from(lines('', SKIPPED, cutShort, EXCLUDED, FAULTY, FOREIGN_TABLE, UNKNOWN, '  ', deep)),
      badUtf8,
      Buffer.from(lines('', 'plain text', `${cutShort}}`, `{"a":"${'x'.repeat(5_000_000)}"}`, '[]', REPORT)),
      Buffer.from(REPORT),
    ]);
    const { reports, letters, counters } = await read(content);
    expect(letters.map(({ reason }) => reason).sort()).toEqual(
      ['bad-json', 'bad-json', 'bad-json', 'bad-time', 'too-deep', 'bad-utf8', 'line-too-long'].sort(),
    );
    expect(reports).toHaveLength(3);
    expect(counters).toEqual({
      ...NO_COUNTERS,
      lines: 15,
      records: 15,
      reports: 3,
      skipped: 4,
      excluded: 1,
      expired: 0,
      deadLetters: 7,
    });
  });

  it('counts a line that is not parsed as one record of another kind', async () => {
    const { counters } = await read(lines(REPORT, '[{"a":1},{"a":2}]', '{"broken":}'));
    expect(counters).toMatchObject({ lines: 3, records: 3, reports: 1, skipped: 2, deadLetters: 0 });
  });

  it('adds up, whatever the lines and the chunks: records = reports + skipped + excluded + dead letters', async () => {
    const line = fc.constantFrom(
      REPORT,
      SKIPPED,
      EXCLUDED,
      FAULTY,
      UNKNOWN,
      '',
      'x',
      `{"records":[${REPORT},${FAULTY},1]}`,
      '[]',
      '["Aggregated"]',
      '{"Aggregated":',
      '\u0000',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.integer({ min: 20, max: 3000 }),
        async (texts, chunkBytes) => {
          const all = await read(lines(REPORT, ...texts), chunkBytes);
          const { counters } = all;
          expect(counters.records).toBe(counters.reports + counters.skipped + counters.excluded + counters.deadLetters);
          expect(counters.lines).toBe(1 + texts.filter((text) => text !== '').length);
          expect(all.reports).toHaveLength(counters.reports);
          expect(all.letters).toHaveLength(counters.deadLetters);
          expect(await read(lines(REPORT, ...texts))).toMatchObject({ reports: all.reports, counters, foreign: false });
        },
      ),
      { numRuns: tries(60, 1_000) },
    );
  });

  it.each([10_000, 1 << 24])(
    'keeps the first 64 KiB of a dead letter, as a copy, in chunks of %d',
    async (chunkBytes) => {
      const long = `{"Aggregated":"${'x'.repeat(100_000)}"`;
      const bytes = Buffer.from(lines(REPORT, `${long}}}`, `{"Aggregated":"${'y'.repeat(3_000_000)}"}`));
      const kept = (await read(bytes, chunkBytes)).letters.sort((a, b) => a.offset - b.offset);
      bytes.fill(0);
      expect(kept.map(({ reason, length }) => [reason, length])).toEqual([
        ['bad-json', long.length + 3],
        ['line-too-long', 3_000_018],
      ]);
      expect(Buffer.from(kept[0]!.bytes).toString()).toBe(long.slice(0, 65_536));
      expect(Buffer.from(kept[1]!.bytes).toString()).toBe(`{"Aggregated":"${'y'.repeat(65_536 - 15)}`);
    },
  );

  it('names the first ten faulty records of a line, keeps the line once, and counts them all', async () => {
    const faulty = `["Aggregated"${',1'.repeat(400_000)}]`;
    const before = process.memoryUsage().arrayBuffers;
    const { letters, counters } = await read(lines(REPORT, faulty));
    expect(counters).toMatchObject({ lines: 2, records: 400_002, reports: 1, deadLetters: 400_001 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
    expect(letters.map(({ record, bytes }) => [record, bytes.length])).toEqual([
      [0, 65_536],
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((record) => [record, 0]),
    ]);
  });
});

describe('ReportReader.probe.foreign', () => {
  it('is true once 1,000 lines hold no record of a known format', async () => {
    expect(PROBE_LINES).toBe(1000);
    const head = lines(...times(1000, UNKNOWN));
    expect(await read(`${head}${lines(...times(500, REPORT))}`, head.length)).toMatchObject({
      foreign: true,
      recognised: false,
      stoppedAt: 1000,
    });
    expect(await read(head, 100)).toMatchObject({ foreign: true, stoppedAt: 1000, reports: [] });
  });

  it.each([
    ['a report', REPORT],
    ['of another action', SKIPPED],
    ['excluded', EXCLUDED],
    ['faulty', FAULTY],
    ['of another table', FOREIGN_TABLE],
    ['known in part', `[${UNKNOWN},${SKIPPED}]`],
    ['known in part, with what is no record', `[1,2,${REPORT}]`],
  ])('is false when one of the first 1,000 is %s', async (_, known) => {
    const head = lines(...times(999, UNKNOWN), known);
    expect(await read(`${head}${lines(...times(9, UNKNOWN), REPORT)}`, 500)).toMatchObject({
      foreign: false,
      recognised: true,
    });
  });

  it('is true once 1 MiB holds no record of a known format', async () => {
    expect(PROBE_BYTES).toBe(1024 * 1024);
    const big = `{"a":"${'x'.repeat(260_000)}"}`;
    expect(await read(lines(...times(4, big)), 9000)).toMatchObject({ foreign: true });
    expect(await read(lines(...times(6, big), REPORT), 9000)).toMatchObject({
      foreign: true,
      stoppedAt: 5,
      reports: [],
    });
    expect(await read(lines(...times(3, big), REPORT, ...times(5, big)), 9000)).toMatchObject({ foreign: false });
  });

  it('is true at the end of an export that is shorter', async () => {
    expect(await read(lines(UNKNOWN))).toMatchObject({ foreign: true, recognised: false });
    expect(await read('Timestamp,DeviceName\r\n2026-11-20,wks\r\n')).toMatchObject({ foreign: true });
    expect(await read(lines('[1,2]', '["AggregatedReport"]', '[null]'))).toMatchObject({ foreign: true });
  });

  it('is false where nothing was read', async () => {
    expect(await read('')).toMatchObject({ foreign: false, recognised: false });
    expect(await read('\r\n \n')).toMatchObject({ foreign: false, recognised: false });
  });

  it.each([1 << 20, 65_536, 1000])('is false when the first line is too long, in chunks of %d', async (chunkBytes) => {
    // Its end is the end of a chunk: there is nothing else yet to know the export by.
    const head = `{"a":"${'x'.repeat(5 * (1 << 20) - 9)}"}\n`;
    expect(head.length % 65_536).toBe(0);
    const { foreign, reports, letters } = await read(`${head}${lines(REPORT)}`, chunkBytes);
    expect({ foreign, reports: reports.length, letters: letters.map(({ reason }) => reason) }).toEqual({
      foreign: false,
      reports: 1,
      letters: ['line-too-long'],
    });
  });

  it('is no longer asked where the export was recognised before', async () => {
    const before = { recognised: true, lines: 5000 };
    expect(await read(lines(...times(2000, UNKNOWN)), 1 << 20, before)).toMatchObject({
      foreign: false,
      recognised: true,
      stoppedAt: 2000,
    });
  });

  it('counts the lines that were read before', async () => {
    expect(await read(lines(...times(10, UNKNOWN), REPORT), 100, { recognised: false, lines: 995 })).toMatchObject({
      foreign: true,
      stoppedAt: 5,
    });
  });
});

describe('ReportReader.probe.otherSource', () => {
  it.each<[string, readonly string[], object]>([
    ['wfp, where the table is another one', [SECURITY_EVENT], { otherSource: 'wfp', foreign: false }],
    ['sysmon, where no record is known', [SYSMON], { otherSource: 'sysmon', foreign: true }],
    ['defender-raw, where events stand alone', [SKIPPED, UNKNOWN], { otherSource: 'defender-raw', foreign: false }],
    ['the first that is met', [SECURITY_EVENT, SYSMON], { otherSource: 'wfp', recognised: true }],
    ['what it was, whatever follows', [SYSMON, UNKNOWN], { otherSource: 'sysmon', foreign: true }],
    ['in a line among others', [UNKNOWN, '7', `[${UNKNOWN},${SYSMON}]`], { otherSource: 'sysmon' }],
    [
      'that of a line which holds the pre-filter token',
      [SYSMON.replace('updater', 'Aggreg')],
      { otherSource: 'sysmon' },
    ],
    ['none, where a report comes first', [REPORT, SECURITY_EVENT], { otherSource: null }],
    ['none, if an address that is out of scope comes first', [EXCLUDED, SECURITY_EVENT], { otherSource: null }],
    ['none of no known format', times(10, UNKNOWN), { otherSource: null }],
    ['none of an inbound event', [SECURITY_EVENT.replace('14593', '14592')], { otherSource: null }],
  ])('is %s', async (_, texts, wanted) => {
    for (const chunkBytes of [100, 1 << 20]) expect(await read(lines(...texts), chunkBytes)).toMatchObject(wanted);
  });

  it('is looked for in the first 1,000 lines', async () => {
    const [head, behind] = [times(999, FOREIGN_TABLE), times(1000, FOREIGN_TABLE)];
    expect(await read(lines(...head, SYSMON), 100)).toMatchObject({ otherSource: 'sysmon' });
    expect(await read(lines(...behind, SYSMON), 100)).toMatchObject({ otherSource: null, foreign: false });
  });

  it('is looked for on, where it was not known before', async () => {
    const before = { recognised: true, settled: false, lines: 10 };
    expect(await read(lines(SECURITY_EVENT), 100, before)).toMatchObject({ otherSource: 'wfp', recognised: true });
    expect(await read(lines(SECURITY_EVENT), 100, { ...before, lines: 1000 })).toMatchObject({ foreign: false });
    expect(await read(lines(SECURITY_EVENT), 100, { ...before, settled: true })).toMatchObject({ otherSource: null });
  });
});
