import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { flat, type Row, streamed } from '../core/records/records.ts';

const NOW = '2026-11-20T12:00:00Z';
const COLUMNS = [
  'FirstConnection',
  'LastConnection',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'count_of_hours',
  'inliner_count',
  'outlier_count',
  'avg_conn_count',
];
const SERIES_COLUMNS = [
  'Timestamp',
  'ConnCounts',
  'anomalies_decomposed',
  'series_stats_ConnCounts_min',
  'series_stats_ConnCounts_min_idx',
  'series_stats_ConnCounts_max',
  'series_stats_ConnCounts_max_idx',
  'series_stats_ConnCounts_avg',
  'series_stats_ConnCounts_stdev',
  'series_stats_ConnCounts_variance',
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-score-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const score = (...args: readonly string[]) => beaconwatch(['score', ...args]);

/** Reports of one group, an hour apart, the newest `hoursAgo` before noon. */
function beacon(counts: readonly (number | null)[], changes: Row = {}, hoursAgo = 1, shape = streamed): string[] {
  return counts.map((count, i) => {
    const at = new Date(Date.UTC(2026, 10, 20, 12) - (counts.length - 1 - i + hoursAgo) * 3_600_000 + 60_000);
    const Timestamp = at.toISOString();
    const time = shape === flat ? { TimeGenerated: Timestamp } : { Timestamp };
    return JSON.stringify(
      shape({ ...time, ReportId: i, AdditionalFields: JSON.stringify({ uniqueEventsAggregated: count }), ...changes }),
    );
  });
}

const times = (n: number, count: number) => new Array<number>(n).fill(count);
const text = (...lines: readonly (readonly string[])[]) =>
  lines
    .flat()
    .map((line) => `${line}\r\n`)
    .join('');

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** Longer than the lines in which a record of the source must be. */
const FOREIGN = '{"a":1}\n'.repeat(1001);

const rowsOf = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('score --format json', () => {
  it('gives a line for each detection with the nine columns of the rule, in its order', async () => {
    const lines = [
      beacon([...times(20, 60), 900, null], { DeviceName: 'wks-1' }),
      beacon(times(12, 200), { DeviceName: 'wks-2' }),
      beacon(times(12, 60), { DeviceName: 'wks-9' }),
      beacon(times(12, 60), { DeviceName: 'wks-3', InitiatingProcessFileName: null }),
      beacon(times(11, 60), { DeviceName: 'wks-4' }),
      beacon(times(40, 45), { DeviceName: 'wks-5' }),
      beacon(times(40, 60), { DeviceName: 'wks-6', RemoteIP: '10.1.1.1' }),
    ];
    const name = await file('rows.json', text(...lines));
    const { code, stdout } = await score(name, '--now', NOW, '--format', 'json');
    expect(code).toBe(0);
    expect(stdout.endsWith('}\n')).toBe(true);
    const rows = rowsOf(stdout);
    for (const row of rows) expect(Object.keys(row)).toEqual(COLUMNS);
    expect(rows.map((row) => Object.values(row))).toEqual([
      [
        '2026-11-20T00:00:00.0000000Z',
        '2026-11-20T11:00:00.0000000Z',
        'wks-2',
        'updater.exe',
        '203.0.113.77',
        12,
        12,
        0,
        200,
      ],
      [
        '2026-11-19T14:00:00.0000000Z',
        '2026-11-20T11:00:00.0000000Z',
        'wks-1',
        'updater.exe',
        '203.0.113.77',
        22,
        20,
        1,
        100,
      ],
      ['2026-11-20T00:00:00.0000000Z', '2026-11-20T11:00:00.0000000Z', 'wks-3', '', '203.0.113.77', 12, 12, 0, 60],
      [
        '2026-11-20T00:00:00.0000000Z',
        '2026-11-20T11:00:00.0000000Z',
        'wks-9',
        'updater.exe',
        '203.0.113.77',
        12,
        12,
        0,
        60,
      ],
    ]);
  });

  it('--order prevalence puts the fewest devices first, --order spread the smallest spread', async () => {
    const everywhere = { RemoteIP: '198.51.100.1' };
    const unsteady = Array.from({ length: 20 }, (_, n) => 300 + (n % 5) * 40);
    const lines = [
      beacon(times(20, 100), { DeviceName: 'common-1', ...everywhere }),
      beacon(times(20, 90), { DeviceName: 'common-2', ...everywhere }),
      beacon(unsteady, { DeviceName: 'unsteady' }),
      beacon(times(20, 60), { DeviceName: 'quiet', RemoteIP: '198.51.100.2' }),
    ];
    const name = await file('order.json', text(...lines));
    const devices = async (...order: string[]) =>
      rowsOf((await score(name, '--now', NOW, '--format', 'json', ...order)).stdout).map((row) => row['DeviceName']);
    expect(await devices()).toEqual(['unsteady', 'common-1', 'common-2', 'quiet']);
    expect(await devices('--order', 'average')).toEqual(await devices());
    expect(await devices('--order', 'prevalence')).toEqual(['unsteady', 'quiet', 'common-1', 'common-2']);
    expect(await devices('--order', 'spread')).toEqual(['common-1', 'common-2', 'quiet', 'unsteady']);
  });

  it('--detector kql-rule is the default', async () => {
    const name = await file('detector.json', text(beacon(times(12, 60))));
    const args = [name, '--now', NOW, '--format', 'json'];
    const { code, stdout } = await score(...args, '--detector', 'kql-rule');
    expect({ code, rows: rowsOf(stdout) }).toEqual({
      code: 0,
      rows: [expect.objectContaining({ avg_conn_count: 60 })],
    });
    expect((await score(...args)).stdout).toBe(stdout);
  });

  it('--series adds the lists and the series_stats columns', async () => {
    const name = await file('series.json', text(beacon([...times(12, 60), null, 73])));
    const { stdout } = await score(name, '--now', NOW, '--format', 'json', '--series');
    const [row = {}] = rowsOf(stdout);
    expect(Object.keys(row)).toEqual([...COLUMNS, ...SERIES_COLUMNS]);
    expect(row).toMatchObject({
      count_of_hours: 14,
      ConnCounts: [...times(12, 60), 73],
      anomalies_decomposed: [...times(12, 0), 1],
      series_stats_ConnCounts_min: 60,
      series_stats_ConnCounts_min_idx: 0,
      series_stats_ConnCounts_max: 73,
      series_stats_ConnCounts_max_idx: 12,
      series_stats_ConnCounts_avg: 61,
      series_stats_ConnCounts_stdev: Math.sqrt(13),
      series_stats_ConnCounts_variance: 13,
    });
    expect(row['Timestamp']).toHaveLength(14);
  });

  it('escapes hostile names, and keeps their value', async () => {
    const DeviceName = 'wks\u001b[31m\u202e\u0000\u200b\u2028\ud800"\\';
    const name = await file('hostile.json', text(beacon(times(12, 60), { DeviceName })));
    const { stdout } = await score(name, '--now', NOW, '--format', 'json');
    // Half a surrogate pair is no character and is replaced; the rest stays.
    expect(rowsOf(stdout)[0]).toMatchObject({ DeviceName: DeviceName.toWellFormed() });
    expect(stdout).toMatch(/^[\x20-\x7e\ufffd]+\n$/);
  });
});

describe('score --grain, --set and the environment', () => {
  const twiceAnHour = () => [...beacon(times(12, 30)), ...beacon(times(12, 30), { RemotePort: 80 })];

  it('--grain report makes each report a point, hour sums them', async () => {
    const name = await file('grain.json', text(twiceAnHour()));
    const json = ['--now', NOW, '--format', 'json'];
    expect(rowsOf((await score(name, ...json)).stdout)).toMatchObject([{ count_of_hours: 12, avg_conn_count: 60 }]);
    expect((await score(name, ...json, '--grain', 'report')).stdout).toBe('');
    const low = await score(name, ...json, '--grain', 'report', '--set', 'MIN_AVERAGE=29.9');
    expect(rowsOf(low.stdout)).toMatchObject([{ count_of_hours: 24, avg_conn_count: 30 }]);
    const table = await score(name, '--now', NOW, '--grain', 'report', '--set', 'MIN_AVERAGE=29.9');
    expect(table.stdout).toMatch(/\tpoints\t.*\taverage\t/);
    expect((await score(name, '--now', NOW, '--detector', 'kql-rule')).stdout).toMatch(/\thours\t.*\tavg\/h\t/);
  });

  it('--set goes before the environment, --grain before --set', async () => {
    const name = await file('env.json', text(twiceAnHour()));
    const env = { MIN_AVERAGE: '29.9', SERIES_GRAIN: 'report' };
    const with_ = (...args: string[]) =>
      beaconwatch(['score', name, '--now', NOW, '--format', 'json', ...args], { env });
    expect(rowsOf((await with_()).stdout)).toMatchObject([{ count_of_hours: 24 }]);
    expect((await with_('--set', 'MIN_AVERAGE=30')).stdout).toBe('');
    expect(rowsOf((await with_('--set', 'SERIES_GRAIN=report', '--grain', 'hour')).stdout)).toMatchObject([
      { count_of_hours: 12 },
    ]);
    expect(rowsOf((await with_('--set', 'MIN_AVERAGE=99', '--set', 'MIN_AVERAGE=1')).stdout)).toHaveLength(1);
  });

  it('LOOKBACK_DAYS sets the length of the window', async () => {
    const name = await file('lookback.json', text(beacon(times(30, 60))));
    const args = ['--now', NOW, '--format', 'json', '--set', 'LOOKBACK_DAYS=0.5'];
    expect(rowsOf((await score(name, ...args)).stdout)).toMatchObject([
      { count_of_hours: 12, FirstConnection: '2026-11-20T00:00:00.0000000Z' },
    ]);
  });
});

describe('score --format csv', () => {
  /** The fields of a line without line breaks in quotes. */
  const fields = (line: string) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare,
    );

  it('has the columns first, and no cell that a spreadsheet runs as a formula', async () => {
    const names = ['=cmd|calc', '+1', '-2', '@SUM(A1)', '  =1+1', 'a,"b"', 'x\u001b]0;pwn\u0007\u009b31m'];
    const name = await file(
      'formulas.json',
      text(...names.map((DeviceName, i) => beacon(times(12, 100 - i), { DeviceName }))),
    );
    const { code, stdout } = await score(name, '--now', NOW, '--format', 'csv');
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(header).toBe(COLUMNS.join(','));
    expect(lines.map((line) => fields(line)[2])).toEqual([
      "'=cmd|calc",
      "'+1",
      "'-2",
      "'@SUM(A1)",
      "'  =1+1",
      'a,"b"',
      'x\\u001b]0;pwn\\u0007\\u009b31m',
    ]);
    expect(fields(lines[0]!).slice(5)).toEqual(['12', '12', '0', '100']);
  });

  it('--series adds the same columns, lists as JSON', async () => {
    const name = await file('csv-series.json', text(beacon([...times(12, 60), 73])));
    const [header, line] = (await score(name, '--now', NOW, '--format', 'csv', '--series')).stdout
      .trimEnd()
      .split('\n');
    expect(header).toBe([...COLUMNS, ...SERIES_COLUMNS].join(','));
    expect(JSON.parse(fields(line!)[10]!)).toEqual([...times(12, 60), 73]);
  });
});

describe('score --format table', () => {
  it('is the default, with escaped names, and a sparkline below each row', async () => {
    const kqlRule = ['--detector', 'kql-rule'];
    const DeviceName = 'evil\u001b[2J\u202edrow\u0007\u009b31m\n';
    const name = await file(
      'hostile-table.json',
      text(beacon(times(72, 60)), beacon(times(12, 50), { DeviceName, InitiatingProcessFileName: 'x'.repeat(500) })),
    );
    const { code, stdout } = await beaconwatch(['score', name, '--now', NOW, ...kqlRule], { columns: 160 });
    expect(code).toBe(0);
    expect(stripVTControlCharacters(stdout).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(stdout).toContain('evil\\u001b[2J\\u202edrow');
    expect(stdout).toContain('█'.repeat(72));
    expect(stdout).toContain(`${' '.repeat(60)}${'█'.repeat(12)}`);
    expect(stdout).toContain(`${'x'.repeat(31)}…`);
    expect(stdout).toContain('11-17 12:00');
  });
});

describe('score without a detection', () => {
  it.each([
    ['table', 'No beacons in the window.\n'],
    ['json', ''],
    ['csv', `${COLUMNS.join(',')}\n`],
  ])('--format %s prints %j', async (format, stdout) => {
    const name = await file('quiet.json', text(beacon(times(11, 60))));
    expect(await score(name, '--now', NOW, '--format', format, '--detector', 'kql-rule')).toMatchObject({
      code: 0,
      stdout,
    });
  });

  it('--format csv --series prints all its columns', async () => {
    const name = await file('quiet.json', text(beacon(times(11, 60))));
    const { stdout } = await score(name, '--now', NOW, '--format', 'csv', '--series');
    expect(stdout).toBe(`${[...COLUMNS, ...SERIES_COLUMNS].join(',')}\n`);
  });

  it('counts an empty file as one export', async () => {
    const name = await file('empty.json', '');
    expect(await score(name, '--format', 'json')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/empty.json: no record in it\n1 export, 0 lines/),
    });
  });
});

describe('score without a report in the window', () => {
  const advised = (stderr: string) => /No report in the window .* try --now (\S+)/.exec(stderr)?.[1];

  it('prints the newest report and a --now that works', async () => {
    const name = await file('old.json', text(beacon(times(20, 60))));
    const before = await score(name, '--now', '2027-01-01T00:00:00Z', '--format', 'json');
    expect(before).toMatchObject({ code: 0, stdout: '' });
    expect(before.stderr).toContain('The newest is of 2026-11-20T11:01:00.0000000Z');
    expect(advised(before.stderr)).toBe(NOW);
    const after = await score(name, '--now', advised(before.stderr)!, '--format', 'json');
    expect(rowsOf(after.stdout)).toMatchObject([{ count_of_hours: 20 }]);
  });

  it('ends the window at the clock without --now', async () => {
    const name = await file('old.json', text(beacon(times(20, 60))));
    const past = await file(
      'past.json',
      text(beacon(times(20, 60)).map((line) => line.replaceAll('2026-11', '2021-11'))),
    );
    expect(advised((await score(past)).stderr)).toBe('2021-11-20T12:00:00Z');
    expect((await score(name, '--now', NOW)).stderr).not.toContain('No report');
  });

  it.each([
    ['on the full hour', '2026-11-20T11:00:00Z', []],
    ['in a window shorter than an hour', '2026-11-20T11:20:30.5Z', ['--set', 'LOOKBACK_DAYS=0.001']],
    ['in the last hour of a year', '2025-12-31T23:30:00Z', []],
  ])('advises a --now that works for a report %s', async (_, Timestamp, args) => {
    const name = await file('one.json', text([JSON.stringify(streamed({ Timestamp }))]));
    const before = await score(name, '--now', '2020-01-01T00:00:00Z', ...args);
    expect(before.code).toBe(0);
    const after = await score(name, '--now', advised(before.stderr)!, ...args);
    expect(after.stderr).toContain('1 report (1 in the window');
  });
});

describe('score with a wrong clock', () => {
  it('never advises a --now in the year 9999', async () => {
    const far = JSON.stringify(streamed({ Timestamp: '9999-12-31T23:30:00Z' }));
    const alone = await score(await file('far.json', text([far])));
    expect(alone.stderr).toContain('All are more than a day ahead of the clock of this machine.');
    const among = await score(
      await file('among.json', text([far, JSON.stringify(streamed())])),
      '--now',
      '2020-01-01T00:00:00Z',
    );
    expect(among.stderr).toContain('try --now 2026-11-20T09:00:00Z');
  });

  it('refuses a window that would begin before the year 0', async () => {
    const name = await file('early.json', text([JSON.stringify(streamed())]));
    const ended = await score(name, '--now', '0000-01-02T00:00:00Z');
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toBe('--now is too early: a window of 3 days would begin before the year 0\n');
  });
});

describe('score of many files', () => {
  it('lists ten of those that it refuses, and counts all', async () => {
    const names = await Promise.all(Array.from({ length: 12 }, (_, n) => file(`refused-${n}.json`, FOREIGN)));
    const { stderr } = await score(...names, '--now', NOW);
    expect(stderr.match(/: refused: /g)).toHaveLength(10);
    expect(stderr).toContain('12 files refused in total\n');
  });

  it('fails if there is no file to read', async () => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    expect(await score(join(folder, 'empty'))).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('score of files, folders and standard input', () => {
  const json = ['--now', NOW, '--format', 'json'];

  it('reads standard input as -', async () => {
    const { code, stdout } = await beaconwatch(['score', '-', ...json], { input: text(beacon(times(12, 60))) });
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toHaveLength(1);
  });

  it('unpacks gzip by its content, not its name; also from standard input, also with several members', async () => {
    const halves = [
      beacon(times(6, 60), {}, 7),
      beacon(times(6, 60), {}, 1).map((line) => line.replace(/"ReportId":/, '"ReportId":10')),
    ];
    const packed = Buffer.concat(halves.map((half) => gzipSync(text(half))));
    const names = [await file('a.json.gz', packed), await file('packed.json', packed)];
    for (const name of names)
      expect(rowsOf((await score(name, ...json)).stdout)).toMatchObject([{ count_of_hours: 12 }]);
    expect(rowsOf((await beaconwatch(['score', '-', ...json], { input: packed })).stdout)).toHaveLength(1);
    const plain = await file('plain.gz', text(...halves));
    expect(rowsOf((await score(plain, ...json)).stdout)).toHaveLength(1);
  });

  it('walks folders; skips and lists names that begin with _ or .', async () => {
    const parts = beacon(times(12, 60));
    await file('walk/y=2026/m=11/PT1H.json', text(parts.slice(0, 6)));
    await file('walk/y=2026/m=12/PT1H.json', text(parts.slice(6)));
    await file('walk/_seeded-beacons.json', 'no export');
    await file('walk/y=2026/.hidden/PT1H.json', 'no export');
    await symlink(join(folder, 'nowhere'), join(folder, 'walk/y=2026/dangling.json'));
    const walk = join(folder, 'walk');
    const { code, stdout, stderr } = await score(walk, ...json);
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toMatchObject([{ count_of_hours: 12 }]);
    const skipped = ['_seeded-beacons.json', 'y=2026/.hidden', 'y=2026/dangling.json'].map((name) => join(walk, name));
    expect(stderr).toContain(`skipped: ${skipped.join(', ')}\n`);
    expect(stderr).toContain('2 exports');
    // A file that is named itself is always read.
    const named = await file('walk/_named.json', text(parts));
    expect(rowsOf((await score(named, ...json)).stdout)).toHaveLength(1);
  });

  it('lists ten of the files that it skips, and counts all', async () => {
    await file('many/PT1H.json', text(beacon(times(12, 60))));
    const many = join(folder, 'many');
    const skip = (n: number) => file(`many/_${String(n).padStart(2, '0')}.json`, 'no export');
    const ten = await Promise.all(Array.from({ length: 10 }, (_, n) => skip(n)));
    expect((await score(many, ...json)).stderr).toContain(`skipped: ${ten.join(', ')}\n`);
    for (const n of [10, 11]) await skip(n);
    expect((await score(many, ...json)).stderr).toContain(`skipped: ${ten.join(', ')} and 2 more (12 in total)\n`);
  });

  it('counts a report once, across files and formats', async () => {
    const copies = [
      await file('copy1.json', text(beacon(times(12, 60)))),
      await file('copy2.json', text(beacon(times(12, 60)), beacon(times(12, 60), {}, 1, flat))),
    ];
    const { stdout, stderr } = await score(...copies, copies[0]!, ...json);
    expect(rowsOf(stdout)).toMatchObject([{ count_of_hours: 12, avg_conn_count: 60 }]);
    expect(stderr).toContain('48 reports (48 in the window, 36 repeats), 1 group, 1 detection');
  });

  it('continues after unreadable lines, and reports them', async () => {
    const bad = ['{"cut":', JSON.stringify(streamed({ Timestamp: 'x' })), `{"a":"${'x'.repeat(5_000_000)}"}`];
    const broken = Buffer.concat([
      Buffer.from('{"uniqueEventsAggregated":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ]);
    const lines = beacon(times(12, 60));
    const content = Buffer.concat([
      Buffer.from(`\ufeff${text(bad, lines.slice(0, 5))}`),
      broken,
      Buffer.from(text(lines.slice(5)).trimEnd()),
    ]);
    const { code, stdout, stderr } = await score(await file('bad\u001b[31m.json', content), ...json);
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toHaveLength(1);
    expect(stderr).toContain(`dead letter: ${folder}/bad\\u001b[31m.json at byte 0 `);
    expect(stderr).toContain('4 dead letters');
    for (const reason of ['1 bad-json', '1 bad-time', '1 line-too-long', '1 bad-utf8'])
      expect(stderr).toContain(reason);
  });

  it('survives a line with half a million invalid records', async () => {
    const name = await file('flood.json', text([`["Aggregated"${',1'.repeat(500_000)}]`], beacon(times(12, 60))));
    const { code, stdout, stderr } = await score(name, ...json);
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toHaveLength(1);
    expect(stderr).toContain('500,001 dead letters');
    expect(stderr).toContain('dead letters by reason: 500,001 bad-json\n');
  });
});

describe('score of other file types', () => {
  const rows = beacon(times(12, 60)).map((line) => JSON.parse(line)['properties'] as Record<string, unknown>);
  const columns = Object.keys(rows[0] ?? {}).reverse();
  const cell = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const csvWith = (delimiter: string) =>
    [columns.join(delimiter), ...rows.map((row) => columns.map((column) => cell(row[column])).join(delimiter))].join(
      '\r\n',
    );
  const csv = csvWith(',');

  it.each<[string, string | Buffer]>([
    ['the CSV of advanced hunting', `\ufeff${csv}\r\n`],
    ['that CSV in UTF-16', Buffer.from(`\ufeff${csv}\r\n`, 'utf16le')],
    ['that CSV with semicolons', csvWith(';')],
    ['that CSV as gzip', gzipSync(`\ufeff${csv}\r\n`)],
    ['an array over several lines', JSON.stringify(rows, null, 2)],
    ['that array as gzip', gzipSync(JSON.stringify(rows, null, '\t'))],
    ['{"records":[…]} over several lines', JSON.stringify({ records: rows.map((row) => streamed(row)) }, null, 2)],
    ['objects over several lines', rows.map((row) => `${JSON.stringify(row, null, 2)}\n`).join('')],
  ])('finds the same rows in %s as in JSON lines', async (_, content) => {
    const lines = await score(await file('lines.json', text(beacon(times(12, 60)))), '--now', NOW, '--format', 'json');
    expect(rowsOf(lines.stdout)).toHaveLength(1);
    // By content: the name has no extension.
    const name = await file('content', content);
    expect(await score(name, '--now', NOW, '--format', 'json')).toMatchObject({ code: 0, stdout: lines.stdout });
    const piped = await beaconwatch(['score', '-', '--now', NOW, '--format', 'json'], {
      input: Buffer.from(content as Buffer),
    });
    expect(piped).toMatchObject({ code: 0, stdout: lines.stdout });
  });

  it.each([1, 2, 5])(
    'reads the other records where the first one has %d MiB: CSV, JSON lists, JSON lines',
    async (mib) => {
      const lines = await score(
        await file('whole.json', text(beacon(times(12, 60)))),
        '--now',
        NOW,
        '--format',
        'json',
      );
      const long = { ...rows[0], DeviceName: 'x'.repeat(mib * 1024 * 1024) };
      const all = [long, ...rows];
      const csvRow = (row: Record<string, unknown>) => columns.map((column) => cell(row[column])).join(',');
      const contents = [
        [columns.join(','), ...all.map(csvRow)].join('\r\n'),
        JSON.stringify(all),
        JSON.stringify(all, null, 2),
        JSON.stringify({ records: all.map((row) => streamed(row)) }),
        all.map((row) => JSON.stringify(row, null, 2)).join('\n'),
        all.map((row) => `${JSON.stringify(streamed(row))}\n`).join(''),
      ];
      for (const content of contents) {
        const found = await score(await file('long', content), '--now', NOW, '--format', 'json');
        expect(found, content.slice(0, 40)).toMatchObject({ code: 0, stdout: lines.stdout });
        expect(found.stderr).toContain('dead letters by reason: 1 line-too-long');
        expect(found.stderr).toContain('12 reports');
      }
    },
  );

  it('reports unreadable rows, and a file that is cut off', async () => {
    const short = await file(
      'short.csv',
      `${csv.slice(0, csv.indexOf('\r\n'))}\r\n1,2\r\n${csv.slice(csv.indexOf('\r\n') + 2)}`,
    );
    const { code, stderr } = await score(short, '--now', NOW);
    expect(code).toBe(0);
    expect(stderr).toContain(`dead letter: ${short} at byte ${csv.indexOf('\r\n') + 2} (5 bytes): bad-csv`);
    const open = await file('open.csv', csv.replace('\r\n', '\r\n"never closed\r\n'));
    const broken = await score(open, '--now', NOW, '--format', 'json');
    expect(broken.code).toBe(0);
    expect(rowsOf(broken.stdout)).toHaveLength(1);
    expect(broken.stderr).toContain(`dead letter: ${open} at byte ${csv.indexOf('\r\n') + 2} (15 bytes): bad-csv`);
    const headless = await score(await file('headless.csv', csv.replace('\r\n', ',"x\r\n')), '--now', NOW);
    expect(headless.code).toBe(1);
    expect(headless.stderr).toContain('headless.csv: not read to the end: line 1: the header of the CSV is no row');
  });

  it('--set SOURCES reads other telemetry, each source on its own', async () => {
    const events = times(12, 50).flatMap((count, hour) =>
      Array.from({ length: count }, (_, n) => {
        const at = new Date(Date.UTC(2026, 10, 20, hour) + n * 60_000).toISOString();
        const data = { Image: 'C:\\x\\Updater.exe', Initiated: 'true', UtcTime: at.replace('T', ' ').slice(0, -1) };
        const ends = {
          SourceIp: '192.0.2.40',
          SourcePort: `${50_000 + n}`,
          DestinationIp: '203.0.113.77',
          DestinationPort: '443',
        };
        return JSON.stringify({
          ...{ EventID: 3, SourceName: 'Microsoft-Windows-Sysmon', Hostname: 'WKS-1', Protocol: 'tcp' },
          ...{ ...data, ...ends },
        });
      }),
    );
    const name = await file('mixed.json', text(events, beacon(times(12, 60))));
    const keys = async (...args: string[]) =>
      rowsOf((await score(name, '--now', NOW, '--format', 'json', ...args)).stdout).map((row) => [
        row['DeviceName'],
        row['InitiatingProcessFileName'],
        row['avg_conn_count'],
      ]);
    const defender = ['wks-0417.corp.example', 'updater.exe', 60];
    expect(await keys()).toEqual([defender]);
    expect(await keys('--set', 'SOURCES=sysmon')).toEqual([['wks-1', 'updater.exe', 50]]);
    expect(await keys('--set', 'SOURCES=sysmon,defender')).toEqual([defender, ['wks-1', 'updater.exe', 50]]);
  });
});

describe('score: exit codes and messages', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['no path', [], /missing required argument 'path'/],
    ['an unknown option', ['x.json', '--wrong'], /unknown option '--wrong'/],
    ['an unknown format', ['x.json', '--format', 'xml'], /--format must be one of table, json, csv, got "xml"/],
    [
      'an unknown order',
      ['x.json', '--order', 'rarity'],
      /--order must be one of severity, score, average, prevalence, spread with --detector all, got "rarity"/,
    ],
    [
      'another detector',
      ['x.json', '--detector', 'rita'],
      /--detector must be one of kql-rule, regularity, all, got "rita"\n$/,
    ],
    ['a --now that is no instant', ['x.json', '--now', 'noon'], /--now must be an ISO 8601 instant .* got "noon"/],
    [
      'a --set without value',
      ['x.json', '--set', 'MIN_AVERAGE'],
      /--set must be NAME=VALUE with one of LOOKBACK_DAYS, .* got "MIN_AVERAGE"/,
    ],
    ['a --set of another name', ['x.json', '--set', 'MIN_AVG=4'], /--set must be NAME=VALUE/],
    ['a --set of a name that every object has', ['x.json', '--set', 'toString=4'], /--set must be NAME=VALUE/],
    [
      'a --set with an invalid value',
      ['x.json', '--set', 'MIN_AVERAGE=high', '--set', 'LOOKBACK_DAYS=0'],
      /^Invalid settings: LOOKBACK_DAYS must [^\n]*; MIN_AVERAGE must be a number ≥ 0, got "high"$/m,
    ],
    ['an unknown grain', ['x.json', '--grain', 'day'], /SERIES_GRAIN must be hour or report, got "day"/],
  ])('is 2 for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await score(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('is 2 for an unknown command, and for none', async () => {
    expect(await beaconwatch(['scare'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining("unknown command 'scare'"),
    });
    expect(await beaconwatch([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: beaconwatch'),
    });
  });

  it('is 0 for --help, on stdout', async () => {
    expect(await score('--help')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: beaconwatch score'),
    });
  });

  it('is 1 for a path that does not exist, and nothing is read', async () => {
    const name = await file('there.json', text(beacon(times(12, 60))));
    const nowhere = join(folder, 'nowhere.json');
    expect(await score(name, nowhere, '--now', NOW)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${nowhere}: no such file or folder\n`,
    });
  });

  it('is 1 if a file is cut off; the rows so far are printed', async () => {
    const whole = await file('whole.json', text(beacon(times(12, 60))));
    const packed = gzipSync(text(beacon(times(500, 60), { DeviceName: 'wks-2' })));
    const half = await file('half.json.gz', packed.subarray(0, packed.length - 100));
    const { code, stdout, stderr } = await score(half, whole, '--now', NOW, '--format', 'json');
    expect(code).toBe(1);
    expect(rowsOf(stdout).length).toBeGreaterThanOrEqual(1);
    expect(stderr).toContain('half.json.gz: not read to the end: gzip that is cut off after byte');
    expect(stderr).toContain(`1 export could not be read to the end: ${half}; the rows are those of the others`);
  });

  it('is 1 if a file has no known format, alone or beside one that has', async () => {
    const foreign = await file('foreign.csv', 'Timestamp,DeviceName\r\n2026-11-20,wks\r\n');
    const alone = await score(foreign, '--format', 'json');
    expect(alone).toMatchObject({ code: 1, stdout: '' });
    expect(alone.stderr).toContain(
      'foreign.csv: refused: no record of an active source (SOURCES=defender) at its head',
    );
    expect(alone.stderr).toContain('nothing was read: no export of a known format');
    expect(alone.stderr).not.toContain('dead letter:');
    const ours = await file('ours.json', text(beacon(times(12, 60))));
    const both = await score(foreign, ours, '--now', NOW, '--format', 'json');
    expect(both.code).toBe(1);
    expect(both.stderr).toContain('foreign.csv: refused');
    expect(both.stderr).toContain(`1 export refused: ${foreign}; the rows are those of the others`);
    expect(rowsOf(both.stdout)).toHaveLength(1);
  });

  it('is 1 if a file contains only records of an unknown shape, or only dead letters, and names it', async () => {
    const shape = JSON.stringify({ kind: 'ConnectionSuccessAggregatedReport', host: 'wks-0417' });
    const unknown = await file('unknown.json', text([shape, shape]));
    const untimed = await file('untimed.json', text([JSON.stringify(streamed({ Timestamp: 'x' }))]));
    const ours = await file('read.json', text(beacon(times(12, 60))));
    const { code, stdout, stderr } = await score(unknown, untimed, ours, '--now', NOW, '--format', 'json');
    expect(code).toBe(1);
    expect(rowsOf(stdout)).toHaveLength(1);
    expect(stderr).toContain('unknown.json: no readable record: 2 records of an unknown shape');
    expect(stderr).toContain('untimed.json: no readable record: 1 dead letter');
    expect(stderr).toContain('untimed.json at byte 0');
    expect(stderr).toContain('bad-time (Timestamp)');
    expect(stderr).toMatch(/2 records have the mark .* is of defender, at byte 0 of .*unknown\.json, with the members/);
    expect(stderr).toContain(
      `2 exports without a readable record: ${unknown}, ${untimed}; the rows are those of the others`,
    );
  });

  it('is 1 if a file has no report, only records of other kinds beside its dead letters', async () => {
    const other = JSON.stringify(streamed({ ActionType: 'InboundConnectionAccepted' }));
    const mixed = await file('mixed.json', text([other, JSON.stringify(streamed({ Timestamp: 'x' }))]));
    const { code, stderr } = await score(mixed, '--now', NOW, '--format', 'json');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'mixed.json: no report of an active source (SOURCES=defender): 1 record of other kinds; ' +
        '1 dead letter, the first is bad-time (Timestamp), with the value "x"',
    );
    expect(stderr).toContain(`1 export without a report: ${mixed}; nothing was counted`);
  });
});

describe('score: stdout and stderr', () => {
  it('counts the reports on addresses out of scope', async () => {
    const name = await file('inside.json', text(beacon(times(12, 60)), beacon([60, 61], { RemoteIP: '10.1.2.3' })));
    const { stderr } = await score(name, '--now', NOW, '--format', 'json');
    expect(stderr).toContain('12 reports (12 in the window, 0 repeats), 2 reports on addresses out of scope, 1 group,');
  });

  it('does not print "No beacons" without a report in the window', async () => {
    const other = await file('other.json', text(beacon([60], { ActionType: 'ConnectionSuccess' })));
    expect(await score(other, '--now', NOW)).toMatchObject({
      code: 1,
      stdout: 'No report in the window: nothing was scored.\n',
    });
  });

  it('prints only rows to stdout, and totals to stderr', async () => {
    const name = await file(
      'totals.json',
      text(beacon(times(12, 60)), beacon([60], { ActionType: 'ConnectionSuccess' }), ['x']),
    );
    const { stdout, stderr } = await score(name, '--now', NOW, '--format', 'json');
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toMatch(
      /^1 export, 14 lines, 12 reports \(12 in the window, 0 repeats\), 1 group, 1 detection, 1 dead letter, \d+\.\d s$/m,
    );
  });
});
