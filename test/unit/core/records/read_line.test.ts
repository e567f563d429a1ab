import { describe, expect, it } from 'vitest';
import { readLine } from '../../../../src/core/records/read_line.ts';
import type { Reading, RecordFormat } from '../../../../src/core/records/reading.ts';
import { defender } from '../../../../src/core/sources/defender.ts';
import { flat, nested, type Row, streamed } from './records.ts';

const read = (text: string) => readLine(text, Object.freeze([defender]));
const json = (value: unknown) => JSON.stringify(value);

const REPORT = streamed();
const SKIPPED = streamed({ ActionType: 'ConnectionSuccess' });
const EXCLUDED = streamed({ RemoteIP: '10.0.0.1' });
const FAULTY = streamed({ Timestamp: 'yesterday' });
const UNKNOWN: Row = { hello: 'world' };
const NOTHING = {
  reports: [],
  records: 1,
  skipped: 0,
  excluded: 0,
  withoutAddress: 0,
  unknownShapes: 0,
  firstUnknownShape: null,
  known: 0,
  faults: [],
  moreFaults: new Map(),
};

describe('readLine(text, formats)', () => {
  it('reads a record alone', () => {
    const reading = read(json(REPORT));
    expect(reading).toMatchObject({ records: 1, skipped: 0, excluded: 0, known: 1, faults: [] });
    expect(reading.reports).toMatchObject([{ record: 0, report: { DeviceName: 'wks-0417.corp.example', count: 60 } }]);
  });

  it.each([
    ['an array', (records: readonly unknown[]) => json(records)],
    ['{"records":[…]}', (records: readonly unknown[]) => json({ records })],
    ['{"records":[…]} with more beside it', (records: readonly unknown[]) => json({ a: 1, records, z: null })],
  ])('reads every record of %s, and none stops the others', (_, lineOf) => {
    const records = [REPORT, UNKNOWN, FAULTY, SKIPPED, 7, EXCLUDED, flat(), null, 'text', [REPORT], FAULTY];
    const reading = read(lineOf(records));
    expect(reading).toMatchObject({ records: 11, skipped: 2, excluded: 1 });
    expect(reading.reports.map(({ record }) => record)).toEqual([0, 6]);
    expect(reading.faults).toEqual([
      { fault: 'bad-time', field: 'Timestamp', record: 2 },
      { fault: 'bad-json', record: 4 },
      { fault: 'bad-json', record: 7 },
      { fault: 'bad-json', record: 8 },
      { fault: 'bad-json', record: 9 },
      { fault: 'bad-time', field: 'Timestamp', record: 10 },
    ]);
  });

  it('knows the records of its formats, faulty and skipped ones too; what is no record is of none', () => {
    const known = (records: readonly unknown[]) => read(json(records)).known;
    expect(known([REPORT, SKIPPED, EXCLUDED, FAULTY])).toBe(4);
    expect(known([UNKNOWN, UNKNOWN])).toBe(0);
    expect(known([1, 'AggregatedReport', null, [REPORT]])).toBe(0);
    expect(known([])).toBe(0);
  });

  it('names the first ten faults of a line, and counts the others', () => {
    const { faults, moreFaults, records } = read(`[${'1,'.repeat(499)}1]`);
    expect(faults.map(({ record }) => record)).toEqual([...Array(10).keys()]);
    expect({ moreFaults, records }).toEqual({ moreFaults: new Map([['bad-json', 490]]), records: 500 });
  });

  it.each(['[]', '{"records":[]}'])('finds nothing in %s', (text) => {
    expect(read(text)).toEqual({ ...NOTHING, records: 0 });
  });

  it('takes {"records":…} that is no list for a record', () => {
    expect(read('{"records":{"a":1}}')).toMatchObject({ records: 1, skipped: 1, known: 0, faults: [] });
  });

  it.each([
    '',
    '{',
    '{}x',
    'null',
    '7',
    '"AggregatedReport"',
    '{"a":1}{"b":2}',
    json(REPORT).slice(0, 300),
    `${json(REPORT).slice(0, 300)}}`,
  ])('of what is no JSON object or array is one fault: %j', (text) => {
    expect(read(text)).toEqual({ ...NOTHING, faults: [{ fault: 'bad-json', record: 0 }] });
  });

  it('adds up: every record is a report, skipped, excluded or a fault', () => {
    for (const records of [[REPORT, FAULTY], [UNKNOWN, 1, EXCLUDED], [], [SKIPPED, SKIPPED, [1]]]) {
      const { reports, records: all, skipped, excluded, faults } = read(json(records));
      expect(reports.length + skipped + excluded + faults.length).toBe(all);
    }
  });

  it('makes a fault of a record that is nested too deep, and reads on', () => {
    const deep = json(streamed({ ReportId: null, Deep: 'DEEP' })).replace('"DEEP"', nested(90_000));
    expect(read(`[${deep},${json(REPORT)}]`)).toMatchObject({
      records: 2,
      reports: [{ record: 1 }],
      faults: [{ fault: 'too-deep', record: 0 }],
    });
  });

  it.each([
    ['brackets', '['.repeat(1_000_000)],
    ['objects', '{"a":'.repeat(200_000)],
    ['arrays that end', nested(400_000)],
    ['brackets behind a string with quotes', `["\\\\\\"[",${'['.repeat(200_000)}`],
  ])('does not parse a line that is nested deeper than memory allows: %s', (_name, text) => {
    expect(read(text)).toEqual({ ...NOTHING, faults: [{ fault: 'too-deep', record: 0 }] });
  });

  it('counts no brackets inside of strings', () => {
    const text = json({ ...REPORT, Note: `${'['.repeat(200_000)}"\\` });
    expect(read(text).reports).toHaveLength(1);
  });

  it('leaves the stack of later errors as it was', () => {
    const before = Error.stackTraceLimit;
    read('{"a":}');
    expect(Error.stackTraceLimit).toBe(before);
  });

  it('reads a record that is nested deep where nothing is asked', () => {
    const deep = json(streamed({ Deep: 'DEEP' })).replace('"DEEP"', nested(90_000));
    expect(read(deep).reports).toHaveLength(1);
  });

  const format = (reading: Reading | (() => never)): RecordFormat => ({
    source: 'sysmon',
    preFilterToken: 'x',
    mark: /x/,
    read: () => (typeof reading === 'function' ? reading() : reading),
  });

  it('asks the formats in turn until one knows the record', () => {
    const formats = [format({ kind: 'unknown' }), format({ kind: 'excluded' }), format({ kind: 'skipped' })];
    expect(readLine('{}', formats)).toMatchObject({ excluded: 1, skipped: 0, known: 1 });
    expect(readLine('{}', [])).toMatchObject({ skipped: 1, known: 0 });
  });

  it('does not hide an error of ours', () => {
    const broken = format(() => {
      throw new TypeError('ours');
    });
    expect(() => readLine('{}', [broken])).toThrow('ours');
  });
});
