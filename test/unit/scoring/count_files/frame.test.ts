import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../../../src/core/kql/timestamp.ts';
import type { Counted } from '../../../../src/core/records/contribution.ts';
import { MalformedError } from '../../../../src/scoring/count_files/byte_reader.ts';
import { FrameReader } from '../../../../src/scoring/count_files/frame_reader.ts';
import { FrameWriter } from '../../../../src/scoring/count_files/frame_writer.ts';
import { tries } from '../../../support/effort.ts';
import { anyRows, DAY, kept } from '../../../support/scoring/count_rows.ts';

const row = (changes: Partial<Counted> = {}): Counted => ({
  groupId: `3${'0'.repeat(31)}`,
  source: 'defender',
  DeviceName: 'wks-0417',
  InitiatingProcessFileName: 'updater.exe',
  RemoteIP: '203.0.113.77',
  Timestamp: `${DAY}T08:59:58.9931000Z` as Timestamp,
  count: 60,
  failed: false,
  programHash: null,
  ...changes,
});

function written(rows: readonly Counted[]): Buffer {
  const writer = new FrameWriter(DAY);
  for (const each of rows) writer.add(each);
  return writer.take();
}

function read(frame: Uint8Array): Counted[] {
  const rows: Counted[] = [];
  const reader = new FrameReader(frame, DAY);
  while (reader.groupId !== '') reader.take(rows);
  return rows;
}

describe('a frame', () => {
  it('gives back the rows that were written', () => {
    const round = fc.property(anyRows, (rows) => {
      expect(read(written(rows))).toEqual(kept(rows));
    });
    fc.assert(round, { numRuns: tries(200, 5000) });
  });

  it('is read run by run: the rows of one group in one hour, and each run can be skipped', () => {
    const runs = fc.property(anyRows, fc.infiniteStream(fc.boolean()), (rows, choices) => {
      const skipped = choices[Symbol.iterator]();
      const reader = new FrameReader(written(rows), DAY);
      const found: Counted[] = [];
      const left: string[] = [];
      const seen: string[] = [];
      while (reader.groupId !== '') {
        const run = `${reader.groupId} ${reader.hour}`;
        seen.push(run);
        if (skipped.next().value === true) {
          left.push(run);
          reader.skip();
        } else reader.take(found);
      }
      const runOf = (each: Counted) => `${each.groupId} ${Number(each.Timestamp.slice(11, 13))}`;
      expect(seen).toEqual([...new Set(rows.map(runOf))]);
      expect(found).toEqual(kept(rows).filter((each) => !left.includes(runOf(each))));
    });
    fc.assert(runs, { numRuns: tries(100, 2000) });
  });

  it('keeps whether a time is exactly on the second: the edge of a window depends on it', () => {
    const times = ['T09:00:00.0000000Z', 'T09:00:00.0000001Z', 'T09:59:59.9999999Z'];
    const rows = times.map((time) => row({ Timestamp: `${DAY}${time}` as Timestamp }));
    expect(read(written(rows)).map(({ Timestamp }) => Timestamp.slice(10))).toEqual([
      'T09:00:00.0000000Z',
      'T09:00:00.0000001Z',
      'T09:59:59.0000001Z',
    ]);
  });

  it('writer refuses rows out of order or of another day, which no reader could place', () => {
    const second = (groupId: string, time: string) => () =>
      written([row(), row({ groupId, Timestamp: `${DAY}${time}` as Timestamp })]);
    expect(second(row().groupId, 'T08:59:57.0000000Z')).toThrow('not in time order');
    expect(second(`2${'f'.repeat(31)}`, 'T08:59:58.0000000Z')).toThrow('comes after');
    expect(() => written([row({ Timestamp: '2026-11-21T00:00:00.0000000Z' as Timestamp })])).toThrow(
      'not of 2026-11-20',
    );
  });

  it('reader of any bytes gives rows or a MalformedError, and nothing else', () => {
    const frame = written([row(), row({ count: null })]);
    const changed = fc.tuple(fc.nat(frame.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) => {
      const copy = Buffer.from(frame);
      copy[at] = (copy[at] as number) ^ change;
      return copy;
    });
    const anyBytes = fc.oneof(
      fc.uint8Array(),
      changed,
      fc.nat(frame.length).map((end) => frame.subarray(0, end)),
    );
    const reads = fc.property(anyBytes, (bytes) => {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    });
    fc.assert(reads, { numRuns: tries(300, 20_000) });
  });
});
