import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { flat } from '../core/records/records.ts';

const NOW = '2026-11-13T12:00:00Z';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
const score = (...args: readonly string[]) => beaconwatch(['score', ...args, '--now', NOW, '--format', 'json']);

const COLUMNS = [
  ...['Timestamp', 'DeviceName', 'ActionType', 'RemoteIP', 'InitiatingProcessFileName', 'ReportId', 'AdditionalFields'],
];
const ROW = ['', 'lap-07', 'ConnectionSuccessAggregatedReport', '198.51.100.23', 'sync.exe'];
/** Reports of 60, one row for each time. */
function csv(times: readonly string[], columns: readonly string[] = COLUMNS): string {
  const rows = times.map((time, n) => [time, ...ROW.slice(1), `${n}`, '"{""uniqueEventsAggregated"":60}"']);
  const picked = columns.map((name) => COLUMNS.indexOf(name));
  return [columns.join(','), ...rows.map((row) => picked.map((at) => row[at]).join(','))].join('\r\n');
}
const hours = (day: string) => Array.from({ length: 12 }, (_, h) => `${day} ${String(h).padStart(2, '0')}:05:00`);
const without = (name: string) => COLUMNS.filter((column) => column !== name);

describe('score of a file without a column that the rule needs', () => {
  it.each([
    ['DeviceName', 'DeviceName'],
    ['InitiatingProcessFileName', 'InitiatingProcessFileName'],
    ['RemoteIP', 'RemoteIP'],
    ['ActionType', 'ActionType'],
    ['AdditionalFields', 'AdditionalFields'],
    ['Timestamp', 'Timestamp or TimeGenerated'],
  ])('%s is 1, and names file, column and what to do', async (column, name) => {
    const path = await file(`no-${column}.csv`, csv(hours('2026-11-13'), without(column)));
    const { code, stdout, stderr } = await score(path);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      `no-${column}.csv: no readable record: a table lacks the column ${name}, which the rule needs; ` +
        `it has ${without(column).join(', ')}. Its rows are not counted. Keep the column in the query`,
    );
    expect(stderr).toContain(`1 export without a readable record: ${path}; nothing was counted`);
  });

  it('is 1 if the second of two tables in one file lacks it; the rows of the first are printed', async () => {
    const all = hours('2026-11-13');
    const path = await file('joined.csv', `${csv(all)}\r\n${csv(all.slice(0, 3), without('DeviceName'))}`);
    const { code, stdout, stderr } = await score(path);
    expect({ code, rows: stdout.split('\n').length }).toEqual({ code: 1, rows: 2 });
    expect(stderr).toContain('joined.csv: a table lacks the column DeviceName');
    expect(stderr).toContain('3 no-column (DeviceName)');
    expect(stderr).toContain(`1 export read in part: ${path}; the rows are those of the others`);
  });

  it('is 1 if no JSON record has it', async () => {
    const lines = hours('2026-11-13').map((TimeGenerated) =>
      JSON.stringify(flat({ TimeGenerated, DeviceName: undefined })),
    );
    const { code, stdout, stderr } = await score(await file('members.json', lines.join('\n')));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      'members.json: no readable record: no record has DeviceName, which the rule needs. Keep DeviceName',
    );
  });
});

describe('score of a file without a member that the rule needs', () => {
  it('is 1 if no report has it, also beside reports of private addresses', async () => {
    const lines = hours('2026-11-13').map((TimeGenerated, n) =>
      JSON.stringify(flat({ TimeGenerated, DeviceName: undefined, ...(n % 2 === 0 && { RemoteIP: '10.0.0.1' }) })),
    );
    const { code, stdout, stderr } = await score(await file('private.json', lines.join('\n')));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('private.json: no record has DeviceName, which the rule needs. Keep DeviceName');
  });

  it('is 1 if no event of Sysmon has its image: no group without a process', async () => {
    const events = await readFile(new URL('../../fixtures/formats/event-evtx-dump.jsonl', import.meta.url), 'utf8');
    const path = await file('image.jsonl', events.replaceAll('"Image"', '"Program"'));
    const { code, stdout, stderr } = await score(path, '--set', 'SOURCES=sysmon', '--set', 'MIN_AVERAGE=0');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('image.jsonl: no record has Image, which the rule needs. Keep Image');
  });
});

describe('score of a file without a known record', () => {
  const record = JSON.stringify(flat({ TimeGenerated: '2026-11-13T10:05:00Z', DeviceName: 'caf\u00e9' }));
  it.each<[string, string | Buffer, string]>([
    ['error.json', '{"error":{"code":"BadRequest"}}\n', '"{"error":{"code":"BadRequest"}}"'],
    ['cut.json', `[${record},${record.slice(0, -9)}`, ', and is not valid JSON: cut off'],
    ['together.json', `${record}${record}\n`, ', and is not valid JSON: cut off, or several objects in one line'],
    ['latin.json', Buffer.from(`${record}\n`, 'latin1'), ', and is not UTF-8: convert it'],
    ['record.json', 'Record 1\n{\n  "Event": {}\n}\n', '"Record 1": write JSON lines, with evtx_dump -o jsonl'],
    ['hostile.txt', 'a\u202eb\u009b\n', '"a\\u202eb\\u009b"'],
    ['packed.Z', Buffer.from([0x1f, 0x9d, 0x90, 0x80, 0x0a]), 'Its first bytes are not text'],
    ['wide.txt', Buffer.from('\ufeffno record\n', 'utf16le'), 'or CSV\n'],
  ])('%s is 1, and shows what it begins with', async (name, content, shown) => {
    const { code, stderr } = await score(await file(name, content));
    expect(code).toBe(1);
    expect(stderr).toContain(`${name}: refused: no record of an active source (SOURCES=defender) at its head`);
    expect(stderr).toContain(shown);
  });
});

describe('score of a table that it does not know', () => {
  it.each([
    ['renamed.csv', 'sep=;\r\nTime;"Device name";Action;Address\r\n1;2;3;4\r\n', 'Time, Device name, Action, Address'],
    ['hostile.csv', 'a\u202e,b\n1,2\n', null],
    ['short.csv', 'Timestamp,DeviceName\n2026-11-20,wks\n', 'Timestamp, DeviceName'],
  ])('%s is 1, and names its columns', async (name, content, columns) => {
    const { code, stderr } = await score(await file(name, content));
    expect(code).toBe(1);
    expect(stderr).toContain(`${name}: refused: no record of an active source (SOURCES=defender)`);
    const header = `Its first line looks like the header of a CSV with ${columns}: the names must be those of the product`;
    if (columns === null) expect(stderr).not.toContain('looks like');
    else expect(stderr).toContain(header);
  });

  it('is 1 if no report has a count, since none can match', async () => {
    const spoilt = csv(hours('2026-11-13')).replaceAll('""uniqueEventsAggregated""', 'uniqueEventsAggregated');
    const { code, stdout, stderr } = await score(await file('spoilt.csv', spoilt));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('spoilt.csv: no report has a count, so none can match');
  });
});

it('score of an answer that is not complete is 1, and prints the rows', async () => {
  const Results = hours('2026-11-13').map((time, n) => flat({ TimeGenerated: `${time}Z`, ReportId: n }));
  const answer = { Results: [...Results, { OneApiErrors: [{ error: { code: 'LimitsExceeded' } }] }] };
  const { code, stdout, stderr } = await score(await file('partial.json', JSON.stringify(answer)));
  expect({ code, rows: stdout.split('\n').length }).toEqual({ code: 1, rows: 2 });
  expect(stderr).toContain('partial.json: the answer of the query API says that it is not complete');
});

describe('score of dates of two numbers', () => {
  const ambiguous = hours('11/12/2026');

  it('is 1 if nothing shows the order, and says how to go on', async () => {
    const { code, stdout, stderr } = await score(await file('open.csv', csv(ambiguous)));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      'open.csv: no readable record: Timestamp does not show whether the day or the month comes first: ' +
        '"11/12/2026 00:05:00", and no value in the file is above 12. 12 records cannot be read. ' +
        'Set --dates day-first or --dates month-first, or export ISO 8601 times',
    );
  });

  it('reads the facts of a report in the same order', async () => {
    const days = ['10/12/2026', '11/12/2026', '12/12/2026'].flatMap(hours);
    const rows = csv(days).replace('Timestamp,', 'Timestamp,InitiatingProcessAccountName,');
    const path = await file('facts.csv', rows.replaceAll(/^(\d[^,]*),/gm, '$1,ana,'));
    const page = join(folder, 'facts.html');
    const at = ['--now', '2026-12-13T00:00:00Z', '--set', 'MIN_AVERAGE=30', '--html', page];
    const { code, stderr } = await beaconwatch(['score', path, ...at, '--dates', 'day-first']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('report: ')]);
    expect(await readFile(page, 'utf8')).toContain('<dt>account</dt><dd>ana</dd>');
  });

  it('reads them in the order of --dates', async () => {
    const path = await file('given.csv', csv(ambiguous));
    const found = await score(path, '--dates', 'month-first');
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('"2026-11-12T00:00:00.0000000Z"') });
    const other = await score(path, '--dates', 'day-first');
    expect(other).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('12 reports (0 in the window'),
    });
    expect(await score(path, '--dates', 'us')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dates must be day-first or month-first, got "us"'),
    });
  });

  it('decides them by the file, also from a pipe and from gzip', async () => {
    const text = csv([...hours('13/11/2026'), '01/11/2026 00:05:00']);
    const path = await file('decided.csv', text);
    const { code, stdout } = await score(path);
    expect({ code, rows: stdout.split('\n').length }).toEqual({ code: 0, rows: 2 });
    for (const input of [Buffer.from(text), gzipSync(text), Buffer.from(`\ufeff${text}`, 'utf16le')]) {
      const piped = await beaconwatch(['score', '-', '--now', NOW, '--format', 'json'], { input });
      expect(piped).toMatchObject({ code: 0, stdout });
    }
  });

  it('names them in a pipe whose begin has none', async () => {
    const filler = Array.from({ length: 1_500 }, () => 'x'.repeat(60)).join('\n');
    const input = Buffer.from(`${csv(hours('2026-11-13'))}\r\n${filler}\r\n${csv(['13/11/2026 00:05:00'])}`);
    const { code, stderr } = await beaconwatch(['score', '-', '--now', NOW], { input });
    expect(code).toBe(0);
    expect(stderr).toContain('1 date-order (Timestamp)');
    expect(stderr).toContain('Set --dates day-first or --dates month-first');
  });
});

describe('score of a file without a report', () => {
  const other = JSON.stringify(flat({ ActionType: 'ConnectionFailed', TimeGenerated: '2026-11-13T01:00:00Z' }));

  it('is 1 if it was named, and 0 in a folder beside one that has', async () => {
    const path = join(folder, 'mixed');
    await mkdir(path);
    await writeFile(join(path, 'a.json'), other);
    await writeFile(join(path, 'b.csv'), csv(hours('2026-11-13')));
    const both = await score(path);
    expect(both.code).toBe(0);
    expect(both.stderr).toContain('a.json: no report of an active source (SOURCES=defender): 1 record of other kinds');
    const named = await score(join(path, 'a.json'), join(path, 'b.csv'));
    expect(named.code).toBe(1);
    expect(named.stderr).toContain(
      `1 export without a report: ${join(path, 'a.json')}; the rows are those of the others`,
    );
    await rm(join(path, 'b.csv'));
    const alone = await score(path);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toContain('no export has a report of an active source; nothing was counted');
  });

  it('is 1 for local time without a zone, with the setting of the product, once', async () => {
    const event = { EventTime: '2026-11-13 01:00:00', Hostname: 'lap-07', EventID: 5156, Direction: '%%14593' };
    const log = {
      SourceName: 'Microsoft-Windows-Security-Auditing',
      LayerName: '%%14611',
      DestAddress: '198.51.100.23',
    };
    const line = JSON.stringify({ ...event, ...log, Application: 'c:\\x.exe' });
    const path = await file('local.json', `${line}\n${line.replace('01:00', '02:00')}\n`);
    const { code, stderr } = await score(path, '--set', 'SOURCES=wfp');
    expect(code).toBe(1);
    expect(stderr.match(/Let NXLog write the zone/g)).toHaveLength(1);
    expect(stderr).toContain('the first is no-zone (EventTime), with the value "2026-11-13 01:00:00"');
  });
});

describe('score of a file with as many rows as a portal returns', () => {
  const rows = (number: number) =>
    csv(Array.from({ length: number }, (_, n) => `2026-11-13 ${String(n % 10).padStart(2, '0')}:05:00`));

  it('warns that it was probably cut, if it does not cover the window', async () => {
    const warning = 'cut.csv: it has exactly 10,000 rows, a limit of the portals, from 2026-11-13T00:05:00.0000000Z';
    const cut = await score(await file('cut.csv', rows(10_000)));
    expect(cut).toMatchObject({ code: 0, stderr: expect.stringContaining(`warning: ${folder}/${warning}`) });
    const covered = `${rows(9_998)}\r\n${csv(['2026-11-10 12:05:00', '2026-11-13 11:59:00']).split('\r\n').slice(1).join('\r\n')}`;
    for (const text of [rows(9_999), covered]) {
      expect((await score(await file('whole.csv', text))).stderr).not.toContain('warning');
    }
  });
});
