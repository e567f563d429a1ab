import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trafficOf } from '../../../src/core/detections/traffic.ts';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import type { GroupKey } from '../../../src/core/records/report.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import type { OfflineDetection } from '../../../src/scoring/offline_detection.ts';
import { OfflineTraffic } from '../../../src/scoring/offline_traffic.ts';
import { FIRST, reports } from '../cli/traffic.ts';

const AS_OF = '2026-11-20T12:00:00.0000000Z' as Timestamp;
const WINDOW = windowOf(AS_OF, 3);
const KEY = {
  source: 'defender',
  DeviceName: 'wks-1',
  InitiatingProcessFileName: 'a.exe',
  RemoteIP: '203.0.113.7',
} as const satisfies GroupKey;

type Wanted = Pick<OfflineDetection, keyof GroupKey | 'groupId' | 'regularity'>;

function wanted(changes: Partial<GroupKey> = {}, regularity: OfflineDetection['regularity'] = null): Wanted {
  return { ...KEY, groupId: 'a'.repeat(32), regularity, ...changes };
}

async function* bytesOf(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${lines.join('\n')}\n`);
}

async function trafficIn(lines: readonly string[], ...detections: readonly Wanted[]): Promise<OfflineTraffic> {
  const traffic = new OfflineTraffic(detections, WINDOW, formatsOf(['defender']));
  await traffic.read({ container: '', name: 'a.json' }, bytesOf(lines));
  return traffic;
}

const account = (InitiatingProcessAccountName: string) => ({ facts: { InitiatingProcessAccountName } });

describe('OfflineTraffic', () => {
  it('has the facts of the group alone, within the window, the newest first', async () => {
    const lines = [
      ...reports({ hours: [5], ...account('newest') }),
      ...reports({ hours: [1, 2], ...account('ana') }),
      ...reports({ hours: [-1], ...account('before') }),
      ...reports({ hours: [72], ...account('after') }),
      ...reports({ hours: [6], device: 'wks-2', ...account('another device') }),
      ...reports({ hours: [6], process: 'b.exe', ...account('another process') }),
      ...reports({ hours: [6], remote: '203.0.113.8', ...account('another address') }),
    ];
    const traffic = (await trafficIn(lines, wanted())).of('a'.repeat(32));
    expect(traffic).toMatchObject({ asOf: AS_OF, accounts: ['newest', 'ana'], succeeded: 3, failed: 0 });
  });

  it('counts a report once that is delivered twice', async () => {
    const lines = reports({ hours: [1, 2, 3] });
    expect((await trafficIn([...lines, ...lines], wanted())).of('a'.repeat(32))).toMatchObject({ succeeded: 3 });
  });

  it('has those of all summed addresses of a process, and of one of them apart', async () => {
    const lines = [
      ...reports({ hours: [1], remote: '203.0.113.7', ...account('one') }),
      ...reports({ hours: [2], remote: '203.0.113.8', ...account('two') }),
      ...reports({ hours: [3], remote: '203.0.113.9', ...account('not summed') }),
    ];
    const remoteIPs = ['203.0.113.7', '203.0.113.8'].map((RemoteIP) => ({ RemoteIP, connections: 1, hosts: [] }));
    const process = wanted({ RemoteIP: '*' }, {
      way: 'process',
      remoteIPs,
    } as unknown as OfflineDetection['regularity']);
    const one = { ...wanted(), groupId: 'b'.repeat(32) };
    const traffic = await trafficIn(lines, process, one);
    expect(traffic.of('a'.repeat(32))?.accounts).toEqual(['two', 'one']);
    expect(traffic.of('b'.repeat(32))?.accounts).toEqual(['one']);
  });

  it('is null for a detection without a report in the files', async () => {
    expect((await trafficIn(reports({ hours: [1], device: 'wks-2' }), wanted())).of('a'.repeat(32))).toBeNull();
  });

  it('reads dates in the order that the file has, in a second reading', async () => {
    const csv = (time: string) =>
      `${time},ConnectionSuccessAggregatedReport,wks-1,a.exe,203.0.113.7,"{""uniqueEventsAggregated"":60}",${time}`;
    const head =
      'Timestamp,ActionType,DeviceName,InitiatingProcessFileName,RemoteIP,AdditionalFields,InitiatingProcessAccountName';
    const lines = [head, csv('18/11/2026 09:20:00'), csv('19/11/2026 10:20:00')];
    const traffic = new OfflineTraffic([wanted()], WINDOW, formatsOf(['defender']));
    await traffic.read({ container: '', name: 'a.csv' }, bytesOf(lines), { again: () => bytesOf(lines) });
    expect(traffic.of('a'.repeat(32))?.accounts).toEqual(['19/11/2026 10:20:00', '18/11/2026 09:20:00']);
  });

  it('keeps the newest reports, in whatever order they come', async () => {
    const minute = fc.integer({ min: 0, max: 72 * 60 - 1 });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(minute, { minLength: 1, maxLength: 450 }), async (minutes) => {
        const lines = minutes.map((n) => {
          const [line = ''] = reports({
            hours: [0],
            facts: {
              Timestamp: new Date(FIRST + n * 60_000 + 1).toISOString(),
              ReportId: n,
              InitiatingProcessAccountName: `at ${n}`,
              RemotePort: n % 7,
            },
          });
          return line;
        });
        const newest = minutes.toSorted((a, b) => a - b).slice(-100);
        const rows = newest.map((n) => ({
          source: KEY.source,
          facts: { ActionType: 'ConnectionSuccess', InitiatingProcessAccountName: `at ${n}`, RemotePort: n % 7 },
        }));
        const { accounts, ports, succeeded } = trafficOf(rows, AS_OF);
        expect((await trafficIn(lines, wanted())).of('a'.repeat(32))).toMatchObject({ accounts, ports, succeeded });
      }),
      { numRuns: 15 },
    );
  });
});
