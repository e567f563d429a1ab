import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-sample-ecs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sample = (...args: readonly string[]) => beaconwatch(['sample', ...args]);
const score = (...args: readonly string[]) => beaconwatch(['score', ...args]);
const description = async (out: string) => JSON.parse(await readFile(join(out, '_seeded-beacons.json'), 'utf8'));

/** Not a unit test: a tenant of one device has tens of thousands of single connections. */
describe('beaconwatch sample', () => {
  it('in another format names the source for score, which finds the seeded beacons there', async () => {
    const out = join(folder, 'ecs');
    const end = '2026-11-20T12:00:00Z';
    const { code, stdout } = await sample('--out', out, '--format', 'ecs', '--devices', '1', '--end', end);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^72 exports, [\d.]+ MB, [\d,]+ lines: [\d,]+ connections, \d+ repeated rows, 0 late, 0 unread/m,
    );
    expect(stdout).toMatch(/^Next: {2}SOURCES=sysmon npm run -s beaconwatch -- score \S+ --now 2026-11-20T12:00:00Z$/m);
    const { format, sources, seededBeacons } = await description(out);
    expect({ format, sources }).toEqual({ format: 'ecs', sources: ['sysmon'] });

    const without = await score(join(out, 'elastic-agent'), '--now', end);
    expect(without.stderr).toContain('The files hold records of an inactive source: set SOURCES=sysmon\n');
    const scored = await score(out, '--now', end, '--format', 'json', '--set', 'SOURCES=sysmon');
    expect(scored.stderr).not.toContain('inactive source');
    expect(scored.stdout).not.toContain('192.0.2.10"');
    for (const { process, remoteIP, expected } of seededBeacons) {
      const isFound = scored.stdout.split('\n').some((line) => {
        const row = line === '' ? {} : JSON.parse(line);
        return row.InitiatingProcessFileName === process && row.RemoteIP === remoteIP;
      });
      expect({ process, remoteIP, isFound }).toEqual({ process, remoteIP, isFound: expected === 'found' });
    }
  });
});
