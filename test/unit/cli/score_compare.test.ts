import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { zipOf } from '../../support/containers/zip.ts';
import { streamed } from '../core/records/records.ts';

const NOW = '2026-11-20T12:00:00Z';
const END = Date.parse(NOW);
let folder: string;
let exports: string;

/** A report at each of these minutes before noon. */
const beacon = (device: string, minutes: readonly number[], count = 60, RemoteIP = '203.0.113.77') =>
  minutes.map((minute, n) =>
    JSON.stringify(
      streamed({
        Timestamp: new Date(END - minute * 60_000).toISOString(),
        ReportId: n,
        DeviceName: device,
        RemoteIP,
        AdditionalFields: `{"uniqueEventsAggregated":${count}}`,
      }),
    ),
  );
const hourly = (hours: number, first = 30) => Array.from({ length: hours }, (_, n) => first + n * 60);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-compare-'));
  const lines = [
    ...beacon('steady', hourly(72)),
    ...beacon('split', [...hourly(72), ...hourly(72, 31)], 30),
    // It enters the window ten minutes after noon.
    ...beacon('edge', [-10, ...hourly(40)], 90),
    ...beacon('here', hourly(20), 50),
    // Stored for other detectors; the rule does not score it.
    ...beacon('six', hourly(72), 60, '2606:4700::6810:85e5'),
  ];
  exports = join(folder, 'PT1H.json');
  await writeFile(exports, `${lines.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const score = (...args: readonly string[]) => beaconwatch(['score', exports, ...args]);
const rowsOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** What `score` prints with these options, in a file. */
async function answer(name: string, ...args: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, (await score(...args)).stdout);
  return path;
}

describe('score --compare', () => {
  it('ends with 0 if both sides have the same rows', async () => {
    const path = await answer('same.csv', '--now', NOW, '--format', 'csv');
    const { code, stdout, stderr } = await score('--now', NOW, '--compare', path);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Equal on both sides: 4 rows.\n' });
    expect(stderr).toContain(`compared: 4 equal, 0 only in ${path}, 0 only in the files, 0 with other numbers\n`);
  });

  it('reads an answer in a zip archive, if it is the only file there', async () => {
    const content = (await score('--now', NOW, '--format', 'csv')).stdout;
    const path = join(folder, 'answer.zip');
    const compared = async (...names: readonly string[]) => {
      await writeFile(path, zipOf(names.map((name) => ({ name, content }))));
      return await score('--now', NOW, '--compare', path);
    };
    expect(await compared('a.csv')).toMatchObject({ code: 0, stdout: 'Equal on both sides: 4 rows.\n' });
    const { code, stderr } = await compared('a.csv', 'b.csv');
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}: it holds more than one file: unpack it, and name one\n`);
  });

  it('ends with 1 if rows differ, and names the settings with which most of them are equal', async () => {
    const path = await answer('other.json', '--now', '2026-11-20T12:20:00Z', '--grain', 'report', '--format', 'json');
    const { code, stdout, stderr } = await score('--now', NOW, '--compare', path, '--format', 'json');
    expect(code).toBe(1);
    expect(rowsOf(stdout).map(({ side, DeviceName, reason }) => [DeviceName, side, reason])).toEqual([
      ['edge', 'both', 'window-edge'],
      ['split', 'files', 'grain'],
    ]);
    expect(rowsOf(stdout)[0]).toMatchObject({
      RemoteIP: '203.0.113.77',
      answer: { count_of_hours: 41, inliner_count: 41, outlier_count: 0, avg_conn_count: 90 },
      files: { count_of_hours: 40, inliner_count: 40, outlier_count: 0, avg_conn_count: 90 },
      detail: expect.stringContaining('the window ends between 2026-11-20T12:10:00'),
    });
    expect(stderr).toContain('2 of the 2 rows that differ are equal with --grain report --now 2026-11-20T12:10:00Z');
    expect(stderr.endsWith(`2 rows of ${path} and of the files differ\n`)).toBe(true);
  });

  it('prints both sides of each row, and the reason below', async () => {
    const path = await answer('fewer.json', '--now', NOW, '--set', 'MIN_AVERAGE=55', '--format', 'json');
    const args = ['score', exports, '--now', NOW, '--compare', path];
    const { stdout } = await beaconwatch(args, { columns: 120 });
    expect(stdout).toMatch(/^only in the files +here +updater\.exe +203\.0\.113\.77 +answer\n/m);
    expect(stdout).toMatch(/files +20 +20 +0 +50\n {2}unknown: here 50 per hour \(threshold 45\) in 20 points/);
    const piped = (await beaconwatch(args)).stdout.split('\n').map((line) => line.split('\t'));
    expect(piped[1]?.slice(0, 6)).toEqual(['only in the files', 'here', 'updater.exe', '203.0.113.77', 'answer', '']);
    expect(piped[2]?.at(-1)).toContain('unknown: here 50 per hour');
  });

  it('explains a row that only the answer has', async () => {
    const [first] = rowsOf((await score('--now', NOW, '--format', 'json')).stdout);
    const path = join(folder, 'more.json');
    const others = [
      { ...first, DeviceName: 'elsewhere' },
      { ...first, RemoteIP: '127.0.0.1' },
      { ...first, InitiatingProcessFileName: 'other.exe' },
    ];
    await writeFile(path, others.map((row) => JSON.stringify(row)).join('\n'));
    const { stdout } = await score('--now', NOW, '--compare', path, '--format', 'json');
    const details = rowsOf(stdout).filter(({ side }) => side === 'answer');
    expect(details.map(({ RemoteIP, DeviceName, reason, detail }) => [RemoteIP, DeviceName, reason, detail])).toEqual([
      ['203.0.113.77', 'edge', 'no-reports', 'the files hold no report of this group'],
      ['127.0.0.1', 'edge', 'out-of-scope', expect.stringContaining('loopback and link-local addresses')],
      ['203.0.113.77', 'elsewhere', 'no-reports', 'the files hold no report of this device'],
    ]);
  });

  it.each<[string[], number, RegExp]>([
    [['--from', '3d', '--to', 'now'], 2, /^--compare compares one window/],
    [['--format', 'csv'], 2, /^--compare needs --format table or json/],
    [['--series'], 2, /^--compare has no --series/],
    [['--set', 'SOURCES=defender,sysmon'], 2, /^--compare needs one source: set SOURCES=defender/],
  ])('%j with it is wrong usage', async (args, code, message) => {
    const path = await answer('usage.json', '--now', NOW, '--format', 'json');
    expect(await score('--compare', path, ...args)).toEqual({
      code,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });

  it('ends with 1 before anything is read if the answer cannot be read', async () => {
    const nowhere = join(folder, 'nowhere.csv');
    expect(await score('--now', NOW, '--compare', nowhere)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${nowhere}: no such file\n`,
    });
    expect(await score('--now', NOW, '--compare', exports)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/PT1H\.json: 7 columns missing: DeviceName, /),
    });
  });
});
