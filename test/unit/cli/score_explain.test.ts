import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { every, irregular, NOW, reports } from './traffic.ts';

const slow = { device: 'wks-2', remote: '198.51.100.2', hours: every(3) };
const busy = { device: 'wks-2', process: 'chat.exe', remote: '192.0.2.3', hours: every(1), count: irregular };
const few = { device: 'wks-3', process: 'few.exe', hours: every(20) };
const gapped = { device: 'wks-3', process: 'ten.exe', hours: every(8, 0, 40) };
/** A session of eight hours. */
const session = { device: 'wks-4', process: 'run.exe', hours: every(1, 50, 60), count: () => 30 };
/** Four servers that take turns. */
const turns = every(1).flatMap((hour) =>
  reports({
    ...{ device: 'wks-5', process: 'rotate.exe', hours: [hour], count: () => 12 },
    remote: `203.0.113.${10 + (((hour * 7) % 11) % 4)}`,
  }),
);
const fleet = every(1, 0, 12).flatMap((n) =>
  reports({ device: `fleet-${n}`, process: 'agent.exe', remote: `198.18.${n}.1`, hours: every(2) }),
);

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-explain-'));
  path = join(folder, 'all.json');
  const lines = [slow, busy, few, gapped, session].flatMap(reports);
  await writeFile(path, `${[...lines, ...turns, ...fleet].join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const explain = (...args: readonly string[]) => beaconwatch(['score', path, '--now', NOW, '--explain', ...args]);

describe('score --explain', () => {
  it('prints each condition of a match, with the number that it needs', async () => {
    const { code, stdout } = await explain('--device', 'WKS-2', '--process', 'a*');
    expect(code).toBe(0);
    expect(stdout).toBe(`a.exe on wks-2 to 198.51.100.2 (defender)
  severity    medium: No other device is as regular (at most 1 is rare); the score is 0.885.
  kql-rule    does not match: all of these must hold
    yes  points   24 (needs at least 12)
    no   average  1 per hour (needs above 45)
    yes  inliers  24 (needs at least 12)
  regularity  matches by score, score 0.885 (needs 0.6), every 180 min, 24 of 70 hours: one of the views must hold, or the session
    -    spread   not measured: 0.32 connections per hour are too few to count by whole hours
    no   steps    value 3.638, n 44, K 5, score 0.000 (needs a value of at most 0.332)
    yes  gaps     value 0.000, n 23, K 3, score 0.885 (needs a value of at most 0.322)
    no   session  68 whole hours, 0.3 per hour (needs 4 to 12 hours, at least 4 per hour, p of at most 0.0003)
  device on   other groups report in 72 hours
  fleet       16 devices: up to 1 is rare, more than 10 common
  regular     1 device with this address, or with this process in 198.51.0.0/16
  used by     1 device with this process in 198.51.0.0/16; up to 1 for the process view
  new         no: first seen 2026-11-17 12:00, the fleet since 2026-11-17 12:00 (needs: less than 7 days ago, and a day after the fleet)
`);
  });

  it('explains a group that does not match, and one with too few reports', async () => {
    const { stdout } = await explain('--remote', '192.0.2.0/24');
    expect(stdout).toMatch(/^chat\.exe on wks-2 .*\n {2}severity {4}none: no detector matches\n/);
    expect(stdout).toMatch(/ {4}yes {2}average {2}[\d.]+ per hour \(needs above 45\)\n {4}no {3}inliers|kql-rule/);
    expect(stdout).toMatch(/regularity {2}does not match, score 0\.\d{3} \(needs 0\.6\)/);
    const short = await explain('--process', 'few.exe', '--ip', '203.0.113.7');
    expect(short.stdout).toContain('regularity  not measured: 4 reports with a connection (needs at least 5)\n');
    const gaps = await explain('--process', 'ten.exe');
    expect(gaps.stdout).toContain('gaps     value 0.000, n 4, K 3, score 0.571 (needs n of at least 4.5, even for');
  });

  it('explains a session, and a process whose servers rotate, by any of its addresses', async () => {
    const run = await explain('--process', 'run.exe');
    expect(run.stdout).toMatch(
      /matches by session, score 0\.615 .*\n[\s\S]* yes {2}session {2}8 whole hours, 30 per hour, p/,
    );
    const { stdout } = await explain('--remote', '203.0.113.10', '--device', 'wks-5');
    const [whole, address] = stdout.split('\n\n');
    expect(whole).toMatch(/^rotate\.exe on wks-5 to \* \(defender\)\n {2}severity {4}medium: /);
    expect(whole).toMatch(/ {2}process {5}sum of 4 rare addresses, score 0\.9\d\d \(needs 0\.6\)/);
    expect(whole).toMatch(/ {4}yes {2}interval {3}300 s \(needs at most 7,200 s\)/);
    expect(address).toMatch(/^rotate\.exe on wks-5 to 203\.0\.113\.10 /);
  });

  it('counts an address and its mapped form as one, as the process view does', async () => {
    const twoForms = (last: (hour: number) => number) =>
      every(1).flatMap((hour) => {
        const remote = `${hour % 2 === 0 ? '::ffff:' : ''}203.0.113.${last((hour * 7) % 11)}`;
        return reports({ process: 'forms.exe', hours: [hour], count: () => 12, remote });
      });
    const ofProcess = async (lines: readonly string[]) => {
      const file = join(folder, 'forms.json');
      await writeFile(file, `${lines.join('\n')}\n`);
      const { stdout } = await beaconwatch(['score', file, '--now', NOW, '--explain', '--process', 'forms.exe']);
      return stdout.split('\n\n').find((text) => text.startsWith('forms.exe on wks-1 to * '));
    };
    const three = await ofProcess(twoForms((turn) => 10 + (turn % 3)));
    expect(three).toMatch(/ {2}process {5}sum of 3 rare addresses, /);
    expect(three).toMatch(/ {2}addresses {2}3 \(needs/);
    const one = await ofProcess(twoForms(() => 10));
    expect(one).toMatch(/ {2}process {5}sum of 1 rare address: /);
  });

  it('says that a regular group is common', async () => {
    const { stdout } = await explain('--device', 'fleet-7');
    expect(stdout).toContain('  severity    none: common, as below\n');
    expect(stdout).toContain(
      '  regular     more than 10 devices with this address, or with this process in 198.18.0.0/16\n',
    );
  });

  it('explains the detections without a filter, at most 20, and none that fits', async () => {
    const { stdout } = await explain();
    expect(stdout.match(/^\S+ on .*$/gm)).toEqual([
      'rotate.exe on wks-5 to * (defender)',
      'a.exe on wks-2 to 198.51.100.2 (defender)',
      'run.exe on wks-4 to 203.0.113.7 (defender)',
    ]);
    const many = await explain('--device', '*-*');
    expect(many.stdout.match(/ \(defender\)$/gm)).toHaveLength(20);
    expect(many.stdout).toMatch(/\n2 more: name them with --device, --process and --remote\.\n$/);
    expect((await explain('--device', 'other')).stdout).toBe('No group in the window fits.\n');
    const alone = await explain('--process', 'a.exe', '--detector', 'regularity');
    expect(alone.stdout).not.toContain('kql-rule');
  });

  it.each([
    [['--device', '*'], /--device must be one name; .*, got "\*"/],
    [['--remote', '192.0.2'], /--remote must be an address or CIDR, got "192\.0\.2"/],
    [['--format', 'json'], /--explain prints text: give no --format json/],
    [['--common'], /give --common or --explain, not both/],
    [['--detector', 'kql-rule'], /kql-rule does not take --explain/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await explain(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('needs --explain for a filter', async () => {
    const { code, stderr } = await beaconwatch(['score', path, '--now', NOW, '--device', 'a', '--ip', '192.0.2.1']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--device, --remote needs --explain')]);
  });
});
