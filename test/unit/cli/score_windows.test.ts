import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stripOf } from '../../../src/cli/output/windows.ts';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { streamed } from '../core/records/records.ts';

let folder: string;
let path: string;
const HOUR = 3_600_000;
const FIRST = Date.UTC(2026, 10, 1);
const at = (hour: number) => new Date(FIRST + hour * HOUR).toISOString();

/** A report in every hour from one to the other, counted from 1 November. */
function beacon(device: string, from: number, to: number, count: number): string[] {
  return Array.from({ length: to - from }, (_, n) =>
    JSON.stringify(
      streamed({
        Timestamp: at(from + n + 0.5),
        ReportId: from + n,
        DeviceName: device,
        AdditionalFields: `{"uniqueEventsAggregated":${count + ((from + n) % 2)}}`,
      }),
    ),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-windows-'));
  path = join(folder, 'PT1H.json');
  const lines = [
    ...beacon('always', 0, 20 * 24, 60),
    ...beacon('since-the-9th', 8 * 24 + 14, 20 * 24, 90),
    ...beacon('twice', 3 * 24, 4 * 24, 70),
    ...beacon('twice', 12 * 24, 13 * 24, 50),
    ...beacon('quiet', 0, 20 * 24, 30),
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const RANGE = ['--from', '2026-11-04', '--to', '2026-11-21'] as const;
const score = (...args: readonly string[]) => beaconwatch(['score', path, ...args]);
const rowsOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('score --from --to', () => {
  it('gives one row per group, with its first and last matching window', async () => {
    const { code, stdout, stderr } = await score(...RANGE, '--format', 'json');
    expect(code).toBe(0);
    const days = (row: Record<string, unknown>) =>
      ['FirstSeen', 'FirstMatch', 'LastMatch'].map((name) => String(row[name]).slice(5, 13));
    expect(rowsOf(stdout).map((row) => [row['DeviceName'], ...days(row), row['MatchingWindows']])).toEqual([
      ['since-the-9th', '11-09T14', '11-11T00', '11-21T00', 11],
      ['always', '11-01T00', '11-04T00', '11-21T00', 18],
      ['twice', '11-04T00', '11-05T00', '11-16T00', 6],
    ]);
    expect(stderr).toContain('(1,282 in the windows, 0 repeats)');
    expect(stderr).toContain('1 detection matches in the first window already, and may have begun before it');
  });

  it('has the numbers of the last matching window, as score --now has them', async () => {
    for (const row of rowsOf((await score(...RANGE, '--format', 'json', '--series')).stdout)) {
      const { FirstSeen: _seen, FirstMatch, LastMatch, MatchingWindows: _number, ...rest } = row;
      const alone = async (now: unknown) =>
        rowsOf((await score('--now', String(now), '--format', 'json', '--series')).stdout).find(
          ({ DeviceName }) => DeviceName === row['DeviceName'],
        );
      expect(await alone(LastMatch)).toEqual(rest);
      expect(await alone(FirstMatch)).toBeDefined();
    }
  });

  it('prints a strip of the windows below each row of the table', async () => {
    const { stdout } = await beaconwatch(['score', path, ...RANGE], { columns: 120 });
    expect(stdout).toContain('18 windows of 3 days, which end from 2026-11-04 00:00 to 2026-11-21 00:00 (UTC)\n');
    expect(stdout).toMatch(/^since-the-9th .* 11-09 14:00 {2}11-11 00:00 {2}11-21 00:00 +11\n {2}·······█{11}$/m);
    expect(stdout).toMatch(/^twice .* +6\n {2}·███······███··+$/m);
  });

  it('--every takes steps of its own, and the last window ends at --to', async () => {
    const { stdout } = await score('--from', '2026-11-10T20:00:00Z', '--to', '2026-11-11T07:00:00Z', '--every', '5h');
    expect(stdout).toContain('4 windows of 3 days');
  });

  it('the csv has the columns of the rule, then those of the windows, also without rows', async () => {
    const head = 'outlier_count,avg_conn_count,FirstSeen,FirstMatch,LastMatch,MatchingWindows\n';
    const none = await score(...RANGE, '--format', 'csv', '--set', 'MIN_AVERAGE=1000');
    expect(none.stdout.endsWith(head)).toBe(true);
    expect((await score(...RANGE, '--format', 'csv')).stdout).toContain(head);
  });

  it('says so if nothing matches, if no report is in the windows, and if the files begin later than the windows', async () => {
    expect((await score(...RANGE, '--set', 'MIN_AVERAGE=1000')).stdout).toBe(
      'No beacons in 18 windows of 3 days, which end from 2026-11-04 00:00 to 2026-11-21 00:00 (UTC).\n',
    );
    const empty = await score('--from', '2026-10-01', '--to', '2026-10-03');
    expect(empty.stdout).toBe('No report in the windows: nothing was scored.\n');
    expect(empty.stderr).toContain('try --to 2026-11-21T00:00:00Z');
    expect((await score('--from', '2026-10-20', '--to', '2026-11-10')).stderr).toContain(
      'the oldest report in them is of 2026-11-01 00:30: nothing can be seen to begin before that',
    );
  });

  it.each<[string[], string]>([
    [['--from', '2026-11-04'], '--from needs --to, the end of the last window, such as --to now'],
    [['--to', 'now'], '--to needs --from, the end of the first window'],
    [['--every', '1h'], '--every needs --from and --to'],
    [[...RANGE, '--now', 'now'], 'give --now, or --from and --to, not both'],
    [['--from', '2026-11-04', '--to', '2026-11-03'], '--from must not be after --to'],
    [[...RANGE, '--every', '73h'], '--every must be at most the length of a window (3 days)'],
    [[...RANGE, '--every', '1m'], 'are 24,481 windows, at most 1,000 are scored at once'],
    [[...RANGE, '--every', 'hour'], '--every must be a span such as 30m, 24h or 3d, got "hour"'],
    [['--from', '0000-01-01', '--to', '0000-01-02'], '--from is too early: a window of 3 days would begin before'],
  ])('%j is wrong usage', async (args, message) => {
    expect(await score(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('stripOf(matching, most)', () => {
  it('has a character for several windows if there are more than fit', () => {
    const matching = [false, false, true, true, true, false, true];
    expect(stripOf(matching, 10)).toBe('··███·█');
    expect(stripOf(matching, 4)).toBe('·█▄█');
  });
});
