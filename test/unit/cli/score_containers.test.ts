import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { avroOf, CAPTURE, captured } from '../../support/containers/avro.ts';
import { zipOf } from '../../support/containers/zip.ts';
import { propertiesOf, type Row } from '../core/records/records.ts';

const NOW = '2026-11-20T12:00:00Z';
const HOUR_MS = 3_600_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-containers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `hours` reports of 50 of one group; the last is of 11:01. */
function rowsOf(hours: number, changes: Row = {}): Row[] {
  return Array.from({ length: hours }, (_, n) => {
    const Timestamp = new Date(Date.UTC(2026, 10, 20, 11, 1) - (hours - 1 - n) * HOUR_MS).toISOString();
    return propertiesOf({
      Timestamp,
      ReportId: 1000 + n,
      AdditionalFields: '{"uniqueEventsAggregated":50}',
      ...changes,
    });
  });
}

const linesOf = (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

function csvOf(rows: readonly Row[]): string {
  const cell = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const columns = Object.keys(rows[0] ?? {});
  return [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))].join('\r\n');
}

async function score(bytes: Buffer, env: Record<string, string> = {}) {
  const path = join(folder, 'input');
  await writeFile(path, bytes);
  const args = ['--now', NOW, '--format', 'json'];
  const fromFile = await beaconwatch(['score', path, ...args], { env });
  // Without the time that it took.
  const result = ({ code, stdout, stderr }: typeof fromFile, name: string) => ({
    code,
    rows: stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
    stderr: stderr.replaceAll(name, 'INPUT').replaceAll(/, [\d.]+ s\n/g, '\n'),
  });
  const piped = result(await beaconwatch(['score', '-', ...args], { env, input: bytes }), '- ');
  const found = result(fromFile, path);
  expect([piped.code, piped.rows]).toEqual([found.code, found.rows]);
  return found;
}

describe('score of a zip archive', () => {
  it('reads a member again where its dates need the order of day and month', async () => {
    // Hours of the 19th and 20th: only the 20th and 19th, above 12, show that the month comes first.
    const dated = rowsOf(15).map((row) => {
      const [date = '', time = ''] = String(row['Timestamp']).split(/[T.]/);
      const [year, month, day] = date.split('-');
      return { ...row, Timestamp: `${month}/${day}/${year}, ${time}` };
    });
    const zip = zipOf([
      { name: 'readme.json', content: linesOf(rowsOf(1, { DeviceName: 'wks-0007.corp.example' })) },
      { name: 'dated.csv', content: csvOf(dated) },
    ]);
    const { code, rows } = await score(zip);
    expect(code).toBe(0);
    expect(rows).toMatchObject([{ count_of_hours: 15, avg_conn_count: 50 }]);
  });

  it('scores the members together: 4 + 5 + 6 hours of one group, as JSON lines, CSV and gzip', async () => {
    const rows = rowsOf(15);
    const {
      code,
      rows: found,
      stderr,
    } = await score(
      zipOf([
        { name: 'a/PT1H.json', content: linesOf(rows.slice(0, 4)) },
        { name: 'portal.csv', content: csvOf(rows.slice(4, 9)) },
        { name: 'PT1H.json.gz', content: gzipSync(linesOf(rows.slice(9))) },
      ]),
    );
    expect(code).toBe(0);
    expect(found).toMatchObject([{ count_of_hours: 15, avg_conn_count: 50, RemoteIP: '203.0.113.77' }]);
    expect(stderr).toContain('3 exports, 15 lines, 15 reports (15 in the window, 0 repeats)');
  });

  it('names members by archive and member, exits with 1, and scores the others', async () => {
    const { code, rows, stderr } = await score(
      zipOf([
        { name: 'good.json', content: linesOf(rowsOf(13)) },
        { name: 'inner.zip', content: zipOf([{ name: 'x', content: 'x' }]) },
        { name: 'notes\u202e.txt', content: 'no export\n' },
        { name: 'broken.json', content: `${linesOf(rowsOf(1))}{"Aggregated\n` },
        { name: '__MACOSX/good.json', content: 'x' },
      ]),
    );
    expect(code).toBe(1);
    expect(rows).toMatchObject([{ count_of_hours: 13 }]);
    expect(stderr).toContain('INPUT › inner.zip: refused: it is zip within zip, which is not read; unpack it first\n');
    expect(stderr).toContain('INPUT › notes\\u202e.txt: refused: no record of an active source');
    expect(stderr).toContain('dead letter: INPUT › broken.json at byte ');
    expect(stderr).toContain('skipped: INPUT › __MACOSX/good.json\n');
    expect(stderr).toContain('4 exports, ');
    expect(stderr).toContain(
      '2 exports refused: INPUT › inner.zip, INPUT › notes\\u202e.txt; the rows are those of the others',
    );
  });

  it('names the SOURCES to set where the archive holds records of another source', async () => {
    const connection =
      '{"ts":1795172400.5,"uid":"C1","id.orig_h":"192.0.2.9","id.orig_p":40000,"id.resp_h":"203.0.113.9","id.resp_p":443,"proto":"tcp","conn_state":"SF"}\n';
    const { stderr } = await score(zipOf([{ name: 'conn.log', content: connection }]));
    expect(stderr).toContain('set SOURCES=zeek');
  });
});

describe('score of Avro', () => {
  it.each(['null', 'deflate', 'snappy'])(
    'scores the messages of Event Hubs Capture, batched and single, with codec %s: 7 + 3 + 4 hours',
    async (codec) => {
      const rows = rowsOf(14).map((row) => ({ category: 'AdvancedHunting-DeviceNetworkEvents', properties: row }));
      const batch = captured(JSON.stringify({ records: rows.slice(0, 7) }), 1);
      const several = rows.slice(7, 10).map((row, n) => captured(JSON.stringify(row), n + 2));
      const pretty = captured(JSON.stringify({ records: rows.slice(10) }, null, 2), 5);
      const { code, rows: found, stderr } = await score(avroOf(CAPTURE, [[batch, ...several], [pretty]], codec));
      expect(code).toBe(0);
      expect(found).toMatchObject([{ count_of_hours: 14, avg_conn_count: 50, DeviceName: 'wks-0417.corp.example' }]);
      expect(stderr).toContain('1 export, 5 lines, 14 reports (14 in the window, 0 repeats)');
    },
  );

  it('scores rows of DeviceNetworkEvents with times in microseconds', async () => {
    const names = ['DeviceId', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'ActionType', 'AdditionalFields'];
    const fields = [
      { name: 'Timestamp', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'ReportId', type: 'long' },
      ...names.map((name) => ({ name, type: 'string' })),
    ];
    const rows = rowsOf(12).map((row) => ({ ...row, Timestamp: Date.parse(row['Timestamp'] as string) * 1000 }));
    const { code, rows: found } = await score(avroOf({ type: 'record', name: 'Row', fields }, [rows]));
    expect(code).toBe(0);
    expect(found).toMatchObject([{ count_of_hours: 12, LastConnection: '2026-11-20T11:00:00.0000000Z' }]);
  });
});

/** DeviceNetworkEvents as Data Explorer exports it: a dynamic column is JSON, its datetime a TIMESTAMP. */
function parquetOf(rows: readonly Row[]): Buffer {
  const text = ['DeviceId', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'LocalIP', 'ActionType'];
  const columnData = [
    { name: 'Timestamp', data: rows.map((row) => new Date(row['Timestamp'] as string)), type: 'TIMESTAMP' as const },
    { name: 'ReportId', data: rows.map((row) => BigInt(row['ReportId'] as number)), type: 'INT64' as const },
    { name: 'RemotePort', data: rows.map((row) => row['RemotePort'] as number), type: 'INT32' as const },
    ...text.map((name) => ({ name, data: rows.map((row) => row[name] as string), type: 'STRING' as const })),
    {
      name: 'AdditionalFields',
      data: rows.map((row) => JSON.parse(row['AdditionalFields'] as string)),
      type: 'JSON' as const,
    },
  ];
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 5 }));
}

describe('score of Parquet', () => {
  it('scores rows of DeviceNetworkEvents in three row groups: 13 hours of one group, 2 of another', async () => {
    const rows = [...rowsOf(13), ...rowsOf(2, { DeviceName: 'wks-9.corp.example' })];
    const { code, rows: found, stderr } = await score(parquetOf(rows));
    expect(code).toBe(0);
    expect(found).toMatchObject([{ count_of_hours: 13, avg_conn_count: 50, DeviceName: 'wks-0417.corp.example' }]);
    expect(stderr).toContain('1 export, 15 lines, 15 reports (15 in the window, 0 repeats), 2 groups, 1 detection');
  });

  it('scores Parquet within a zip archive', async () => {
    const { code, rows } = await score(zipOf([{ name: 'part-0.parquet', content: parquetOf(rowsOf(12)) }]));
    expect(code).toBe(0);
    expect(rows).toMatchObject([{ count_of_hours: 12 }]);
  });
});

describe('score of other encodings', () => {
  const rows = rowsOf(12, { InitiatingProcessFileName: 'prüfung.exe' });
  const expected = [{ count_of_hours: 12, avg_conn_count: 50, InitiatingProcessFileName: 'prüfung.exe' }];
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');

  it.each<[string, Buffer]>([
    ['UTF-16 without a mark', utf16(linesOf(rows))],
    ['UTF-16, big endian, without a mark', utf16(csvOf(rows)).swap16()],
    ['UTF-16 with a mark', utf16(`\ufeff${csvOf(rows)}`)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${linesOf(rows)}`)],
    ['Windows-1252', Buffer.from(csvOf(rows), 'latin1')],
    ['Windows-1252 in gzip', gzipSync(Buffer.from(csvOf(rows), 'latin1'))],
  ])('finds the same row in %s', async (name, bytes) => {
    const { code, rows: found, stderr } = await score(bytes);
    expect([code, found]).toMatchObject([0, expected]);
    const note = 'read as Windows-1252, because the bytes are not UTF-8: INPUT\n';
    expect(stderr.split(note).length - 1).toBe(name.startsWith('Windows') ? 1 : 0);
  });

  it('makes dead letters of two rows with broken bytes in a CSV of UTF-8', async () => {
    const [first, second, ...rest] = csvOf(rowsOf(14, { InitiatingProcessFileName: 'prüfung.exe' })).split('\r\n');
    const broken = [second, ...rest].map((line, n) => Buffer.from(`${line}\r\n`, n < 2 ? 'latin1' : 'utf8'));
    const { rows: found, stderr } = await score(Buffer.concat([Buffer.from(`${first}\r\n`), ...broken]));
    expect(found).toMatchObject(expected);
    expect(stderr).toContain('dead letters by reason: 2 bad-utf8\n');
    expect(stderr).not.toContain('Windows-1252');
  });
});

describe('score of a file that is not read', () => {
  it.each<[string, Buffer, string]>([
    ['7z', Buffer.from('377abcaf271c0004', 'hex'), 'it is a 7z archive, which is not read; unpack it: 7z x FILE'],
    ['EVTX', Buffer.from('ElfFile\0'), 'it is a Windows event log (EVTX), which is not read; convert it: evtx_dump'],
    [
      'a sign-in page',
      Buffer.from('<!DOCTYPE html><title>Sign in</title>'),
      'it is an HTML page, often the sign-in page',
    ],
  ])('refuses %s by name, with the way out, and exits with 1', async (_, bytes, message) => {
    const { code, rows, stderr } = await score(bytes);
    expect({ code, rows }).toEqual({ code: 1, rows: [] });
    expect(stderr).toContain(`INPUT: refused: ${message}`);
    expect(stderr).toContain('nothing was read');
  });

  it('counts what is before other bytes at the end of gzip, and exits with 1', async () => {
    const { code, rows, stderr } = await score(Buffer.concat([gzipSync(linesOf(rowsOf(14))), Buffer.from('trailing')]));
    expect(code).toBe(1);
    expect(rows).toMatchObject([{ count_of_hours: 14 }]);
    expect(stderr).toContain('INPUT: not read to the end: the bytes after the end of the gzip data (byte ');
  });
});

const CASES = fileURLToPath(new URL('../../../../shared/cases/', import.meta.url));

describe.skipIf(!existsSync(CASES))('score of a case of ../shared/cases', () => {
  it('31-zip.zip is one detection of 13 reports of 60', async () => {
    const { code, stdout } = await beaconwatch(['score', join(CASES, '31-zip.zip'), '--now', NOW, '--format', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      DeviceName: 'wks-0417.corp.example',
      InitiatingProcessFileName: 'updater.exe',
      RemoteIP: '203.0.113.77',
      count_of_hours: 13,
      avg_conn_count: 60,
    });
  });

  it('32-avro-capture.avro, which has no schema, is named as Avro with what to do', async () => {
    const { code, stderr } = await beaconwatch(['score', join(CASES, '32-avro-capture.avro'), '--now', NOW]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'Avro, as Event Hubs Capture writes it, that is damaged or cut off (its header has no schema); copy it again, ' +
        'or let the exporter write to storage directly\n',
    );
  });
});
