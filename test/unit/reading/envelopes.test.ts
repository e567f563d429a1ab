import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../../src/reading/line_reader.ts';
import { ENVELOPES } from '../../support/reading/envelopes.ts';
import { COUNTS, NETWORK_EVENTS } from '../../support/reading/network_events.ts';
import { scoreBytes } from '../../support/reading/score_bytes.ts';

const FORMS: readonly [string, (value: unknown) => string][] = [
  ['in one line', (value) => `${JSON.stringify(value)}\n`],
  ['in one line without its end', (value) => JSON.stringify(value)],
  ['indented', (value) => `\ufeff${JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n')}`],
  ['with an element a line', (value) => JSON.stringify(value).replaceAll(/(?<=[\]}]),(?=[[{])/g, '\n,')],
];

describe('an object of records', () => {
  it('counts all of them, as pandas writes a frame by its index', async () => {
    const byIndex = JSON.stringify({ ...NETWORK_EVENTS });
    const { hours, counters } = await scoreBytes(byIndex);
    expect({ hours, reports: counters.reports }).toEqual({ hours: COUNTS.hours, reports: 5 });
  });

  it('of other names each counts the one that is a record of a source', async () => {
    const [first] = NETWORK_EVENTS;
    const { counters } = await scoreBytes(JSON.stringify({ data: first, context: { AggregatedReport: 1 } }));
    expect(counters).toMatchObject({ records: 1, reports: 1 });
  });
});

describe('an answer of a query API', () => {
  it.each(
    ENVELOPES.flatMap(([name, envelope]) => FORMS.map(([form, write]) => [name, form, envelope, write] as const)),
  )('%s %s counts by hand', async (_, form, envelope, write) => {
    const bytes = write(envelope(NETWORK_EVENTS));
    for (const chunkBytes of form === 'indented' ? [1 << 20, 333] : [1 << 20]) {
      const found = await scoreBytes(bytes, ['defender'], { chunkBytes });
      expect(found).toMatchObject({ foreign: false, hours: COUNTS.hours, faults: {} });
      expect(found.counters).toMatchObject({ reports: 5, excluded: 1, unknownShapes: 0, deadLetters: 0 });
    }
  });

  // Rows of another action make it longer than a line may be.
  const filler = Array.from({ length: 40 }, (_, n) => ({
    ...NETWORK_EVENTS[4]!,
    ReportId: 100 + n,
    InitiatingProcessFolderPath: `c:\\${'x'.repeat(30_000)}`,
  }));
  it.each(ENVELOPES)('%s counts by hand if its one line is longer than a line may be', async (_, envelope) => {
    const bytes = Buffer.from(JSON.stringify(envelope([...filler, ...NETWORK_EVENTS])));
    expect(bytes.length).toBeGreaterThan(MAX_LINE_BYTES);
    expect(await scoreBytes(bytes, ['defender'], { chunkBytes: 100_000 })).toMatchObject({
      foreign: false,
      hours: COUNTS.hours,
      faults: {},
      counters: { reports: 5, excluded: 1, skipped: 41, unknownShapes: 0 },
    });
  });

  it.each(ENVELOPES)('%s names what is cut off', async (_, envelope) => {
    const text = JSON.stringify(envelope(NETWORK_EVENTS), null, 1);
    const cut = await scoreBytes(text.slice(0, text.lastIndexOf('2026-11-18T07:05')));
    expect(cut.hours).toEqual(COUNTS.hours.slice(1));
    expect(cut.faults).toEqual({ 'bad-json': 1 });
  });

  it('names a row with another number of cells, and reads the others', async () => {
    const columns = Object.keys(NETWORK_EVENTS[0]!).map((name) => ({ name, type: 'string' }));
    const rows = [...NETWORK_EVENTS.map((row) => Object.values(row)), ['a'], { OneApiErrors: [] }];
    const text = JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows }] }, null, 1);
    expect(await scoreBytes(text)).toMatchObject({ hours: COUNTS.hours, faults: { 'bad-json': 1 } });
  });

  it('does not merge rows without a column of the device', async () => {
    const columns = Object.keys(NETWORK_EVENTS[0]!).filter((name) => name !== 'DeviceName');
    const rows = NETWORK_EVENTS.map((row) => columns.map((name) => (row as unknown as Record<string, unknown>)[name]));
    const text = JSON.stringify({ tables: [{ columns, rows }] }, null, 1);
    expect(await scoreBytes(text)).toMatchObject({ hours: [], faults: { 'no-column (DeviceName)': 6 } });
  });

  it('parses what stands before rows without columns once, however often they follow', async () => {
    const text = `[\n{"a":"${'x'.repeat(500_000)}"${',"rows":[[1]]'.repeat(20_000)}}\n]`;
    const started = performance.now();
    expect(await scoreBytes(text)).toMatchObject({ counters: { lines: 1 } });
    // All times it takes a minute.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  const logAnalytics = ENVELOPES.find(([name]) => name === 'of Log Analytics')?.[1](NETWORK_EVENTS) as object;
  const frames = ENVELOPES.find(([name]) => name.endsWith('version 2'))?.[1](NETWORK_EVENTS) as object[];
  const kusto = ENVELOPES.find(([name]) => name.endsWith('version 1'))?.[1](NETWORK_EVENTS) as object;
  it.each<[string, object]>([
    ['error', { ...logAnalytics, error: { code: 'PartialError', message: 'There were some errors' } }],
    ['exceptions', { ...kusto, Exceptions: ['Query result set has exceeded the internal record count limit'] }],
    ['a last frame with errors', [...frames.slice(0, -1), { FrameType: 'DataSetCompletion', HasErrors: true }]],
    [
      'an error among the rows',
      { Results: [...NETWORK_EVENTS, { OneApiErrors: [{ error: { code: 'LimitsExceeded' } }] }] },
    ],
  ])('is counted, and named as not complete: %s', async (_, answer) => {
    for (const [, write] of FORMS) {
      expect(await scoreBytes(write(answer))).toMatchObject({
        hours: COUNTS.hours,
        faults: { 'partial-answer': 1 },
        counters: { reports: 5, deadLetters: 1, unknownShapes: 0 },
      });
    }
  });

  it('is no envelope where a record has a member of that name', async () => {
    const [first] = NETWORK_EVENTS;
    const records = [
      { ...first, value: [], results: 3, rows: [[1]], hits: 'x' },
      { value: ['x'], Results: {}, Rows: [{ a: 1 }], ...first, ReportId: 8 },
    ];
    expect(await scoreBytes(JSON.stringify(records, null, 1))).toMatchObject({
      hours: ['lap-07.fabrikam.example sync, agent.exe 198.51.100.23 05h 100'],
      faults: {},
      counters: { lines: 2 },
    });
  });
});
