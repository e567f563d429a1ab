import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

const PUBLISHED = readFileSync(new URL('../../fixtures/published-rule.kql', import.meta.url), 'utf8');

const kql = (...args: readonly string[]) => beaconwatch(['kql', ...args]);
const linesOf = (text: string) => text.split('\n').filter((line) => !line.startsWith('//'));

/** The lines that stand in one text alone: `- old`, `+ new`. */
async function changes(...args: readonly string[]): Promise<string[]> {
  const printed = linesOf((await kql(...args)).stdout);
  const published = linesOf(PUBLISHED);
  return [
    ...published.filter((line) => !printed.includes(line)).map((line) => `- ${line}`),
    ...printed.filter((line) => !published.includes(line)).map((line) => `+ ${line}`),
  ];
}

describe('kql', () => {
  it('--grain report is the published rule to the letter, under a head of comments', async () => {
    const { code, stdout, stderr } = await kql('--grain', 'report');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`${stdout.slice(0, stdout.indexOf('let '))}${PUBLISHED}`);
    expect(linesOf(stdout)).toEqual(linesOf(PUBLISHED));
    expect(stdout).toContain('copyright (c) 2022 Mehmet Ergene, BSD-3-Clause');
    expect(stdout).toContain('MIN_AVERAGE=45 ANOMALY_THRESHOLD=1.5 SERIES_GRAIN=report');
  });

  it('grain hour adds the sum of each clock hour before the sort', async () => {
    expect(await changes()).toEqual([
      '+ | summarize Counted = countif(isnotnull(ConnectionCount)), ConnectionCount = sum(ConnectionCount) by Timestamp, DeviceName, InitiatingProcessFileName, RemoteIP',
      '+ | extend ConnectionCount = iff(Counted > 0, ConnectionCount, long(null))',
    ]);
    expect((await kql()).stdout).toMatch(/project Timestamp = .*\n\| summarize Counted .*\n\| extend .*\n\| sort by/);
  });

  it('each setting changes its own place, and no other', async () => {
    const with_ = (...pairs: string[]) => changes('--grain', 'report', ...pairs.flatMap((pair) => ['--set', pair]));
    expect(await with_('LOOKBACK_DAYS=1')).toEqual(['- let lookback = 3d;', '+ let lookback = 1d;']);
    expect(await with_('LOOKBACK_DAYS=1.25')).toContain('+ let lookback = 30h;');
    expect((await with_('MIN_UNIFORM_PER_DAY=6'))[1]).toBe(
      '+ let min_uniform_count = 6 * (lookback / 1d); // (6 uniform distribution per lookback)',
    );
    expect((await with_('MIN_AVERAGE=30'))[1]).toContain('ConnCounts_avg > 30 // one connection every 120 s');
    expect((await with_('MIN_AVERAGE=0'))[1]).toMatch(/ConnCounts_avg > 0$/);
    expect((await with_('ANOMALY_THRESHOLD=2.5'))[1]).toContain('(ConnCounts, 2.5, -1)');
  });

  it('--now fixes the window, --sentinel takes the time column of Log Analytics', async () => {
    expect(await changes('--grain', 'report', '--now', '2026-11-20T12:00:00Z')).toEqual([
      '- | where Timestamp > ago(lookback)',
      '+ let asOf = datetime(2026-11-20T12:00:00.0000000Z);',
      '+ | where Timestamp > asOf - lookback and Timestamp <= asOf',
    ]);
    const sentinel = await changes('--grain', 'report', '--sentinel');
    expect(sentinel.filter((line) => line.startsWith('+'))).toEqual([
      '+ | where TimeGenerated > ago(lookback)',
      '+ | project Timestamp = bin(TimeGenerated, 1h), DeviceName, InitiatingProcessFileName, RemoteIP, ConnectionCount',
    ]);
  });

  it('takes the settings of the environment, and refuses those of other commands', async () => {
    const env = { MIN_AVERAGE: '30', SOURCES: 'sysmon' };
    expect((await beaconwatch(['kql'], { env })).stdout).toContain('MIN_AVERAGE=30');
    expect(await kql('--set', 'SOURCES=sysmon')).toMatchObject({ code: 2, stdout: '' });
    expect(await kql('--grain', 'day')).toMatchObject({ code: 2, stdout: '' });
  });
});
