import { describe, expect, it } from 'vitest';
import { timestampFromMs, timestampOf } from '../../../src/core/kql/timestamp.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { DETECTION_SETTINGS } from '../../../src/scoring/detection_settings.ts';
import type { Scan } from '../../../src/scoring/offline_candidates.ts';
import { OfflineContext } from '../../../src/scoring/offline_context.ts';
import { offlineDetections } from '../../../src/scoring/offline_detections.ts';
import { ProcessRows } from '../../../src/scoring/process_rows.ts';

const AS_OF = timestampOf('2026-11-20T12:00:00Z')!;
const FIRST = Date.UTC(2026, 10, 17, 12);
const KEY = { source: 'defender', DeviceName: 'a', InitiatingProcessFileName: 'b', RemoteIP: '203.0.113.7' } as const;

/** What `regularity` finds alone. */
async function regularIn(scan: Scan) {
  const context = new OfflineContext(windowOf(AS_OF, 3));
  const rows = new ProcessRows(context);
  const found = await offlineDetections(scan, null, context, rows);
  rows.close();
  return found;
}

/** Rows of one group, at minute 20 of hours of the window, in pages of 1,000. */
function scanOf(hours: readonly number[], rowsPerHour: number) {
  const rows = hours.flatMap((hour) =>
    Array.from({ length: rowsPerHour }, (_none, n) => ({
      ...KEY,
      groupId: '1'.repeat(32),
      Timestamp: timestampFromMs(FIRST + hour * 3_600_000 + 1_200_000),
      contribution: String(n),
      count: 1,
      failed: false,
      programHash: null,
    })),
  );
  return async function* (partition: string) {
    if (partition !== '1') return;
    for (let from = 0; from < rows.length; from += 1000) yield Object.freeze(rows.slice(from, from + 1000));
  };
}

const all = Array.from({ length: 72 }, (_none, hour) => hour);

describe('offlineDetections(scan, null, context, rows)', () => {
  it('counts every row of a group that has more than it holds', async () => {
    const found = await regularIn(scanOf(all, 500));
    expect([found.groups, found.counted, found.common]).toEqual([1, 36_000, []]);
    const regularity = { connections: 36_000, interval: 7, hours: 72, regularDevices: 1 };
    expect(found.detections).toMatchObject([{ ...KEY, detectors: ['regularity'], regularity }]);
    expect(found.detections[0]?.hours).toEqual(all.map(() => 500));
  });

  it('judges only what is in the window, and counts all rows', async () => {
    const found = await regularIn(scanOf([-30, -29, ...all, 72], 2));
    expect(found.counted).toBe(150);
    expect(found.detections).toMatchObject([{ regularity: { connections: 144 } }]);
  });

  it('takes the rows of one hour of a raw source as one report: four are too few', async () => {
    // Two groups of a device that was off for eight hours: four even hours, which would be a session.
    const rowsOf = (groupId: string, RemoteIP: string, source: 'sysmon' | 'defender') =>
      [1, 2, 11, 12].flatMap((hour) =>
        [1, 2].map((n) => ({
          ...KEY,
          source,
          RemoteIP,
          groupId,
          Timestamp: timestampFromMs(FIRST + hour * 3_600_000),
          contribution: String(n),
          count: 15,
          failed: false,
          programHash: null,
        })),
      );
    const found = async (source: 'sysmon' | 'defender') => {
      const rows = [...rowsOf('a1', '203.0.113.7', source), ...rowsOf('a2', '203.0.113.8', source)];
      const { detections } = await regularIn(async function* (partition) {
        if (partition === 'a') yield rows;
      });
      return detections.map(({ regularity }) => [regularity?.way, regularity?.hours]);
    };
    expect(await found('sysmon')).toEqual([]);
    expect(await found('defender')).toEqual([
      ['session', 4],
      ['session', 4],
    ]);
  });

  it('finds nothing in no rows', async () => {
    const found = await regularIn(scanOf([], 1));
    expect(found).toEqual({
      detections: [],
      common: [],
      fleet: { devices: 0, few: 1, many: 10, unit: 'hour', settings: DETECTION_SETTINGS },
      groups: 0,
      counted: 0,
      explained: null,
    });
  });
});
