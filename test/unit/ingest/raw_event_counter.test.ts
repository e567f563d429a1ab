import { expect, it } from 'vitest';
import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import { RawEventCounter } from '../../../src/ingest/raw_event_counter.ts';
import { SEGMENT_BYTES } from '../../../src/ingest/segment_cutter.ts';
import type { LocatedReport } from '../../../src/reading/located_report.ts';

const event = (second: number, ActionType?: string): LocatedReport => ({
  offset: second * 100,
  length: 10,
  record: 0,
  digest: second,
  report: {
    source: 'zeek',
    DeviceName: 'wks-1',
    InitiatingProcessFileName: '',
    RemoteIP: '203.0.113.7',
    Timestamp: timestampOf(`2026-11-20T08:15:0${second}Z`)!,
    count: 1,
    identity: null,
    facts: ActionType === undefined ? {} : { ActionType },
  },
});

it.each([
  [['ConnectionFailed', 'ConnectionFailed'], true],
  [['ConnectionFailed', 'ConnectionSuccess'], false],
  [['ConnectionSuccess', 'ConnectionFailed'], false],
  [['ConnectionFailed', undefined], false],
] as const)('a row of the raw events %j failed: %s', (actions, failed) => {
  const raw = new RawEventCounter(0, String);
  for (const [second, action] of actions.entries()) raw.add(event(second, action));
  expect(raw.close().map(({ row }) => [row.count, row.failed])).toEqual([[2, failed]]);
});

it('RawHours looks for repeats in 64 MiB of a file at a time, so that memory does not grow with it', () => {
  const same = (offset: number): LocatedReport => ({
    offset,
    length: 10,
    record: 0,
    digest: 7,
    report: {
      source: 'sysmon',
      DeviceName: 'wks-1',
      InitiatingProcessFileName: 'updater.exe',
      RemoteIP: '203.0.113.7',
      Timestamp: timestampOf('2026-11-20T08:15:03Z')!,
      count: 1,
      identity: null,
      facts: {},
    },
  });
  const raw = new RawEventCounter(0, String);
  const rows = [0, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1].flatMap((offset) => raw.add(same(offset)));
  rows.push(...raw.close());
  expect(rows.map(({ row, place }) => [row.contribution, row.count, place.offset])).toEqual([
    ['0', 1, 0],
    [String(SEGMENT_BYTES), 1, SEGMENT_BYTES],
  ]);
});
