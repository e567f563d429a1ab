import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-sample-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sample = (...args: readonly string[]) => beaconwatch(['sample', ...args]);
const score = (...args: readonly string[]) => beaconwatch(['score', ...args]);
const description = async (out: string) => JSON.parse(await readFile(join(out, '_seeded-beacons.json'), 'utf8'));

describe('beaconwatch sample', () => {
  it('writes a tenant, and prints its seeded beacons and the next command', async () => {
    const out = join(folder, "a tenant's");
    const end = '2026-11-20T12:34:56Z';
    const { code, stdout, stderr } = await sample('--out', out, '--devices', '3', '--end', end);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/beacon-hostile-name\t4\t60 s\tfinds it/);
    expect(stdout).toMatch(/beacon-slow\t2\t300, 900 s\tmisses it/);
    expect(stdout).toMatch(
      /^73 exports, 18\.\d MB, [\d,]+ lines: [\d,]+ reports, \d+ repeated rows, \d+ late, 12 unreadable or empty$/m,
    );
    const { seededBeacons, ...facts } = await description(out);
    expect(facts).toMatchObject({ seed: 1, devices: 3, window: { to: '2026-11-20T12:00:00.000Z' } });

    const next = /^Next: {2}npm run -s beaconwatch -- score '(.*)' --now (\S+)$/m.exec(stdout);
    const [, quoted = '', now = ''] = next ?? [];
    expect(quoted.replaceAll("'\\''", "'")).toBe(out);
    const scored = await score(out, '--now', now, '--format', 'json');
    const found = new Set(
      scored.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map((row) => `${row.DeviceName} ${row.InitiatingProcessFileName} ${row.RemoteIP}`),
    );
    for (const { device, process, remoteIP, expected } of seededBeacons) {
      expect(found.has(`${device} ${process ?? ''} ${remoteIP ?? ''}`)).toBe(expected === 'found');
    }
  });

  it.each([
    [['--devices', '0'], 'devices must be a whole number from 1 to'],
    [['--devices', '2.5'], '--devices must be a whole number, got "2.5"'],
    [
      ['--format', 'xml\u0007'],
      '--format must be one of defender, defender-records, log-analytics, portal-csv, defender-raw, sysmon-event, ' +
        'sysmon-windowsevent, wfp-securityevent, nxlog, winlogbeat, ecs, got "xml\\u0007"',
    ],
    [['--seed', 'x\u001b[2J'], '--seed must be a whole number, got "x\\u001b[2J"'],
    [
      ['--end', 'yesterday'],
      '--end must be an ISO 8601 instant such as 2026-11-20T12:00:00Z, a date, now, or an age such as 24h or 3d, got "yesterday"',
    ],
    [['--end', '1969-01-01T00:00:00Z'], 'end must be in the years 1970 to 9999'],
  ])('%j is wrong usage', async (args, why) => {
    const { code, stdout, stderr } = await sample('--out', join(folder, 'none'), ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(why);
  });

  it('needs a folder, and refuses one with other files', async () => {
    expect((await sample()).code).toBe(2);
    await writeFile(join(folder, 'mine.txt'), 'mine');
    const { code, stderr } = await sample('--out', folder);
    expect(code).toBe(1);
    expect(stderr).toBe(`${folder} is not empty and holds no sample: name another folder, or empty this one\n`);
    expect(await readFile(join(folder, 'mine.txt'), 'utf8')).toBe('mine');
  });
});
