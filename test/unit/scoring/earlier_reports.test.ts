import { expect, it } from 'vitest';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import type { Report } from '../../../src/core/records/report.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { EarlierReports } from '../../../src/scoring/earlier_reports.ts';

const HOUR_MS = 3_600_000;
const END = Date.UTC(2026, 10, 20, 12);
const reported = (hoursAgo: number, RemoteIP = '203.0.113.7') =>
  ({
    Timestamp: timestampFromMs(END - hoursAgo * HOUR_MS),
    InitiatingProcessFileName: 'p.exe',
    RemoteIP,
    count: 1,
  }) as Report;

it.each([
  ['first', [200, 100, 150]],
  ['last', [100, 150, 200]],
])('EarlierReports knows the first hour of a pair, also if it comes %s', (_, hours) => {
  const earlier = new EarlierReports({ window: windowOf(timestampFromMs(END), 3), binSeconds: 3600 });
  for (const each of hours) earlier.seeEarlier(reported(each));
  earlier.seeEarlier(reported(300, '10.0.0.1'));
  const end = END / HOUR_MS;
  const { hours: seen, firstHours } = earlier.handOver();
  expect([...seen].sort()).toEqual([300, 200, 150, 100].map((each) => end - each));
  expect([...firstHours].map(([process, networks]) => [process, [...networks]])).toEqual([
    ['p.exe', [['203.0.0.0/16', end - 200]]],
  ]);
});
