import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { dayOf } from '../../../src/core/records/day.ts';
import { replayed } from '../../../src/ingest/export_state.ts';
import { EXPECTED_FORMAT } from '../../../src/ingest/ingest_steps.ts';
import { EXPECTED_LINES } from '../../../src/ingest/next_segment.ts';
import { PARTITIONS, segmentIdOf } from '../../../src/storage/keys.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { tries } from '../../support/effort.ts';
import { type Call, type Gate, gated, InjectedFault, type Outcome, perform } from '../../support/ingest/gate.ts';
import { refusingRows } from '../../support/ingest/grounds.ts';
import { bytesOf, counters, lines, REF, report, World } from '../../support/ingest/world.ts';
import { streamed } from '../core/records/records.ts';

const UNKNOWN = '{"level":"info","message":"hello"}';
/** Of the Streaming API, and of no interest. */
const SKIPPED = streamed({ ActionType: 'ConnectionSuccess', AdditionalFields: '{}' });

let world: World;
beforeEach(() => {
  world = new World();
});

/** Calls that go through, but the n-th one (from 0) of an operation, which has that outcome. */
function failing(op: string, outcome: Outcome, nth = 0): Gate {
  let left = nth;
  return (call) => perform(call, call.op === op && left-- === 0 ? outcome : 'run');
}

/** A worker that stops before the n-th call of an operation, until it is let go. */
function stopping(op: string, nth = 0): { gate: Gate; stopped: Promise<void>; go: () => void } {
  const stopped = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  let left = nth;
  const gate: Gate = async (call) => {
    if (call.op === op && left-- === 0) {
      stopped.resolve();
      await going.promise;
    }
    return call.run();
  };
  return { gate, stopped: stopped.promise, go: going.resolve };
}

describe('ingest(export) that grows', () => {
  it('reads each time what is new', async () => {
    world.append(lines(report(1)));
    expect(await world.ingest()).toEqual({
      end: 'up-to-date',
      segments: 1,
      rows: 1,
      counters: counters({ lines: 1, records: 1, reports: 1 }),
      restarts: 0,
      otherSource: null,
      unknownShape: null,
      segmentIds: [segmentIdOf(REF, 0, 0, bytesOf(lines(report(1))))],
    });
    const first = bytesOf(lines(report(1)));
    world.append(lines(report(2), SKIPPED));
    expect(await world.ingest()).toMatchObject({ segments: 1, rows: 1 });
    expect(await world.rows()).toEqual([1, 2]);
    expect(await world.state()).toMatchObject({
      ends: [first, first + bytesOf(lines(report(2), SKIPPED))],
      applied: 2,
      counters: counters({ lines: 3, records: 3, reports: 2, skipped: 1 }),
      recognised: true,
      leasedAt: null,
      leasedBy: '',
    });
  });

  it('counts and names what carries the mark of its source in an unknown shape, however short the export', async () => {
    const unknown = '{"what":"DeviceNetworkEvents","kind":"ConnectionSuccessAggregatedReport"}';
    world.append(lines(report(1), unknown, unknown));
    const shape = { source: 'defender', offset: bytesOf(lines(report(1))), members: ['what', 'kind'] };
    const result = await world.ingest();
    expect(result).toMatchObject({ counters: { reports: 1, unknownShapes: 2 } });
    // The result is a line of the log: names of members are telemetry.
    expect(result.unknownShape).toEqual({ source: shape.source, offset: shape.offset });
    world.append(lines(unknown));
    await world.ingest();
    // The first stays, whatever comes later.
    expect(await world.state()).toMatchObject({ counters: { unknownShapes: 3, skipped: 0 }, unknownShape: shape });
  });

  it('announced twice, or for nothing, reads nothing twice', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    const before = await world.stores.exportStates.get(REF);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 0 });
    expect(await world.stores.exportStates.get(REF)).toEqual(before);
  });

  it('announced before it is there, is gone; announced empty, is up to date', async () => {
    expect(await world.ingest()).toMatchObject({ end: 'gone' });
    world.append('');
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 0 });
    expect(await world.state()).toMatchObject({ ends: [], applied: 0 });
  });

  it('while it is read, is read on when it is asked for again', async () => {
    world.append(lines(report(1)));
    const { gate, stopped, go } = stopping('hourlyCounts.merge');
    const reading = world.ingest({ gate });
    await stopped;
    world.append(lines(report(2)));
    go();
    expect(await reading).toMatchObject({ end: 'up-to-date', segments: 1 });
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1 });
    expect(await world.rows()).toEqual([1, 2]);
  });

  it('is not read again if its last segment reaches to its end', async () => {
    world.segmentBytes = 10;
    world.append(lines(report(1), report(2)));
    const calls: string[] = [];
    const gate: Gate = (call) => {
      calls.push(call.op);
      return call.run();
    };
    expect(await world.ingest({ gate })).toMatchObject({ end: 'up-to-date', segments: 2 });
    expect(calls.at(-1)).toBe('exportStates.replace');
  });

  it('stops after the segment in which its time is up', async () => {
    world.segmentBytes = 10;
    world.append(lines(report(1), report(2), report(3)));
    expect(await world.ingest({ budgetMs: 0 })).toMatchObject({ end: 'more', segments: 1 });
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 2 });
    expect(await world.rows()).toEqual([1, 2, 3]);
  });
});

describe('ingest(export) announces an hour that is not recent', () => {
  const announced = async () => {
    const day = dayOf('2026-11-19T08:59:58.9931000Z' as Timestamp);
    const pages = PARTITIONS.map((partition) => Array.fromAsync(world.stores.hourlyCounts.touched(partition, day)));
    return (await Promise.all(pages)).flat(2).map(({ hour, groupId }) => [hour.slice(0, 13), groupId !== null]);
  };
  const late = report(1, { Timestamp: '2026-11-19T08:59:58.9931Z' });

  it('as a whole where the export is small, since a table has few rows of it', async () => {
    world.append(lines(late));
    await world.ingest();
    expect(await announced()).toEqual([['2026-11-19T08', false]]);
  });

  it('by its groups where the export is large', async () => {
    world.append(`${lines(late)}${' '.repeat(1023)}\n`.padEnd(4 * 1024 * 1024, `${' '.repeat(1023)}\n`));
    await world.ingest();
    expect(await announced()).toEqual([['2026-11-19T08', true]]);
  });
});

describe('ingest(export) with a tail that has no newline', () => {
  const whole = JSON.stringify(report(2));

  it('takes it when it is a whole record', async () => {
    world.append(lines(report(1)) + whole);
    expect(await world.ingest()).toMatchObject({ segments: 1, rows: 2 });
    world.append(`\r\n${lines(report(3))}`);
    expect(await world.ingest()).toMatchObject({ segments: 1, rows: 1, counters: { lines: 1 } });
    expect(await world.rows()).toEqual([1, 2, 3]);
    expect(await world.letters()).toEqual([]);
  });

  it('waits while it is half of one, also within a character', async () => {
    const half = Buffer.from(whole.replace('updater', 'üpdäter'));
    world.append(lines(report(1)));
    world.append(half.subarray(0, half.indexOf(0xc3) + 1));
    const end = bytesOf(lines(report(1)));
    for (let n = 0; n < 2; n++) await world.ingest();
    expect(await world.state()).toMatchObject({ ends: [end], applied: 1 });
    world.append(half.subarray(half.indexOf(0xc3) + 1));
    await world.ingest();
    expect(await world.rows()).toEqual([1, 2]);
    expect(await world.letters()).toEqual([]);
  });

  it('cuts no line whose end arrives in the second in which its size is read', async () => {
    const line = lines(report(1));
    world.append(line.slice(0, 20));
    await world.ingest();
    const gate: Gate = async (call) => {
      const answer = await call.run();
      if (call.op === 'exports.info' && world.now % DAY_MS !== 1) {
        world.append(line.slice(20));
        world.now = Math.ceil(world.now / DAY_MS + 1) * DAY_MS + 1;
      }
      return answer;
    };
    await world.ingest({ gate });
    await world.ingest();
    expect([await world.rows(), await world.letters()]).toEqual([[1], []]);
  });

  it('makes it a dead letter when the export has not changed for 24 hours, and reads on behind it', async () => {
    world.append(lines(report(1)) + whole.slice(0, 100));
    const end = bytesOf(lines(report(1)));
    world.now += DAY_MS;
    await world.ingest();
    expect(await world.letters()).toEqual([]);
    world.now += 1;
    await world.ingest();
    expect(await world.letters()).toEqual([`bad-json ${end}`]);
    world.append(`\r\n${lines(report(3))}`);
    await world.ingest();
    expect(await world.rows()).toEqual([1, 3]);
    expect(await world.state()).toMatchObject({ applied: 3 });
  });

  it('does not, where the export changes in the last moment', async () => {
    world.append(whole.slice(0, 100));
    world.now += DAY_MS + 1;
    // The second reading of its properties is the second look.
    const { gate, stopped, go } = stopping('exports.info', 2);
    const reading = world.ingest({ gate });
    await stopped;
    world.append(whole.slice(100));
    go();
    expect(await reading).toMatchObject({ end: 'up-to-date' });
    await world.ingest();
    expect(await world.rows()).toEqual([2]);
    expect(await world.letters()).toEqual([]);
  });
});

describe('ingest(export) with a line that does not end', () => {
  const MIB = 1024 * 1024;
  const long = Buffer.alloc(2 * MIB, 'x');

  /** Bytes that a reading asks for. */
  async function bytesRead(): Promise<number> {
    let bytes = 0;
    const { exports } = world.stores;
    const read: Stores['exports']['read'] = async function* (ref, start, end) {
      for await (const piece of exports.read(ref, start, end)) {
        bytes += piece.length;
        yield piece;
      }
    };
    const stores = {
      ...world.stores,
      exports: { read, info: exports.info.bind(exports), list: exports.list.bind(exports) },
    };
    await world.ingest({ stores });
    return bytes;
  }

  it.each([
    ['first', ''],
    ['', lines(report(1))],
  ])('%s, looks each time at what is new', async (_what, before) => {
    world.segmentBytes = MIB;
    world.append(before);
    world.append(long);
    await world.ingest();
    expect(await world.state()).toMatchObject({ searched: bytesOf(before) + long.length });
    expect(await bytesRead()).toBeLessThan(0.1 * MIB);
    world.now += MINUTE_MS;
    world.append(long);
    const read = await bytesRead();
    expect(read).toBeGreaterThan(2 * MIB);
    expect(read).toBeLessThan(2.1 * MIB);
    world.append(`\n${lines(report(2))}`);
    await world.ingest();
    expect((await world.rows()).at(-1)).toBe(2);
    expect(await world.letters()).toEqual([`line-too-long ${bytesOf(before)}`]);
  });

  it('looks again from its start where it was replaced', async () => {
    world.append(long);
    await world.ingest();
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, lines(report(1)) + 'x'.repeat(3 * MIB));
    await world.ingest();
    expect(await world.rows()).toEqual([1]);
  });

  it('that is refused for it, does not look again', async () => {
    world.append(Buffer.alloc(64 * MIB + 1, 'x'));
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    world.now += MINUTE_MS;
    world.append('x');
    expect(await bytesRead()).toBe(0);
    expect(await world.state()).toMatchObject({ refused: true, lastModified: world.now });
  });
});

describe('ingest(export) that was replaced', () => {
  const old = lines(report(1), report(2));

  it.each([
    ['less', lines(report(5))],
    ['as much', lines(report(5), report(6))],
    ['more', lines(report(5), report(6), report(7))],
    ['nothing', ''],
  ])('by %s is read from its start, and keeps the rows of both', async (_what, text) => {
    world.append(old);
    await world.ingest();
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, text);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', restarts: 1 });
    expect(await world.rows()).toEqual([1, 2, ...[5, 6, 7].slice(0, text.split('\n').length - 1)]);
    const ends = text === '' ? [] : [bytesOf(text)];
    expect(await world.state()).toMatchObject({ generation: 1, ends, applied: ends.length });
  });

  it('by another with the same end is recognized by its creation time', async () => {
    const end = lines(...Array.from({ length: 20 }, (_, n) => report(100 + n)));
    world.append(lines(report(1)) + end);
    await world.ingest();
    world.now += 1_000;
    world.stores.exports.replace(REF, lines(report(2)) + end);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', restarts: 1 });
    expect((await world.rows()).slice(0, 2)).toEqual([1, 2]);
    expect(await world.state()).toMatchObject({ generation: 1, created: world.now });
  });

  it('is recognised by its end alone if its row has no time of creation, as older rows', async () => {
    world.append(old);
    await world.ingest();
    await world.change({ created: null });
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, old + lines(report(3)));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', restarts: 0, segments: 1 });
    expect(await world.state()).toMatchObject({ generation: 0, created: world.now });
  });

  it('while one of its segments is read, keeps no dead letter of the mixture, and is read from its start', async () => {
    world.append(old);
    const { gate, stopped, go } = stopping('exports.read', 4);
    const reading = world.ingest({ gate });
    await stopped;
    expect((await world.state()).leasedBy).not.toBe('');
    world.stores.exports.replace(REF, `${'x'.repeat(bytesOf(old) - 10)}\r\n${lines(report(5))}`);
    go();
    expect(await reading).toMatchObject({ end: 'up-to-date', restarts: 1 });
    expect(await world.rows()).toEqual([5]);
    expect(await world.letters()).toEqual(['bad-json 0']);
  });

  it('between a read of its tail and the next cut, is not read from its middle', async () => {
    world.append(old);
    await world.ingest();
    world.append(lines(report(3)));
    const { gate, stopped, go } = stopping('exports.info');
    const reading = world.ingest({ gate });
    await stopped;
    world.stores.exports.replace(REF, lines(report(5), report(6), report(7), report(8)));
    go();
    expect(await reading).toMatchObject({ end: 'up-to-date', restarts: 1 });
    expect(await world.rows()).toEqual([1, 2, 5, 6, 7, 8]);
    expect(await world.letters()).toEqual([]);
  });
});

describe('two workers on one export', () => {
  /** The calls of one worker alone. */
  async function callsOf(): Promise<number> {
    const alone = worldOfTwo();
    let calls = 0;
    const counting: Gate = (call) => {
      calls++;
      return call.run();
    };
    await alone.ingest({ gate: counting });
    return calls;
  }

  function worldOfTwo(): World {
    const two = new World();
    two.segmentBytes = 700;
    two.append(lines(report(1), '}', report(2), report(3), '{"Aggregated":}'));
    return two;
  }

  it('one of whom comes at each storage call of the other', async () => {
    const calls = await callsOf();
    expect(calls).toBeGreaterThan(30);
    for (let at = 0; at < calls; at++) {
      const two = worldOfTwo();
      let left = at;
      const gate: Gate = async (call) => {
        if (left-- === 0) await two.ingest();
        return call.run();
      };
      await two.ingest({ gate });
      two.now += HOUR_MS;
      await two.ingest();
      expect(await two.rows(), `at call ${at}`).toEqual([1, 2, 3]);
      expect(await two.letters(), `at call ${at}`).toHaveLength(2);
      expect(await two.state(), `at call ${at}`).toMatchObject({
        leasedAt: null,
        failures: 0,
        counters: counters({ lines: 5, records: 5, reports: 3, deadLetters: 2 }),
      });
    }
  });

  it('one of whom stops at each storage call for 10 minutes, and comes back when the other is done', async () => {
    const calls = await callsOf();
    for (let at = 0; at < calls; at++) {
      const two = worldOfTwo();
      const { promise: back, resolve: comeBack } = Promise.withResolvers<void>();
      const { promise: gone, resolve: go } = Promise.withResolvers<void>();
      let left = at;
      const gate: Gate = async (call) => {
        if (left-- === 0) {
          go();
          await back;
        }
        return call.run();
      };
      const zombie = two.ingest({ gate });
      await gone;
      two.now += 10 * MINUTE_MS;
      await two.ingest();
      comeBack();
      await zombie;
      expect(await two.rows(), `at call ${at}`).toEqual([1, 2, 3]);
      expect(await two.letters(), `at call ${at}`).toHaveLength(2);
      expect(await two.state(), `at call ${at}`).toMatchObject({
        leasedAt: null,
        failures: 0,
        counters: counters({ lines: 5, records: 5, reports: 3, deadLetters: 2 }),
      });
    }
  });

  it('respect a lease of less than 10 minutes, also with a clock that is ahead', async () => {
    world.append(lines(report(1)));
    await expect(world.ingest({ gate: dying('hourlyCounts.merge') })).rejects.toThrow(Death);
    for (const minutes of [0, 9]) {
      world.now += minutes * MINUTE_MS;
      expect(await world.ingest()).toMatchObject({ end: 'leased', segments: 0 });
    }
    world.now -= 12 * MINUTE_MS;
    expect(await world.ingest()).toMatchObject({ end: 'leased', segments: 0 });
    world.now -= 10 * MINUTE_MS;
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1 });
  });
});

class Death extends Error {}

/** From that call on nothing arrives any more. */
function dying(op: string, nth = 0): Gate {
  let left = nth;
  let isDead = false;
  return async <T>(call: Call<T>) => {
    if (call.op === op && left-- === 0) isDead = true;
    if (isDead) throw new Death();
    return call.run();
  };
}

describe('the lease of a worker that died', () => {
  it('is applied exactly as it was cut, although the export has grown', async () => {
    world.append(lines(report(1), '}'));
    await expect(world.ingest({ gate: dying('exportStates.replace', 1) })).rejects.toThrow(Death);
    expect(await world.letters()).toHaveLength(1);
    const cut = (await world.state()).ends;
    world.append(lines(report(2)));
    world.now += 10 * MINUTE_MS;
    const applied: string[] = [];
    await world.ingest({ stores: openedSegments(world.stores, applied) });
    expect((await world.state()).ends).toEqual([...cut, bytesOf(lines(report(1), '}', report(2)))]);
    expect(applied).toHaveLength(2);
    expect(await world.letters()).toHaveLength(1);
    expect(await world.rows()).toEqual([1, 2]);
  });

  it('counts as a failure of the export: it is tried again after ever longer times', async () => {
    world.append(lines(report(1)));
    const waited: number[] = [];
    for (let deaths = 1; deaths <= 7; deaths++) {
      await expect(world.ingest({ gate: dying('hourlyCounts.merge') })).rejects.toThrow(Death);
      let minutes = 0;
      for (; (await world.sweep()).queued === 0; minutes++) world.now += MINUTE_MS;
      waited.push(minutes);
    }
    expect(waited).toEqual([10, 10, 10, 10, 10, 16, 32]);
    expect(await world.state()).toMatchObject({ failures: 6, reason: 'a worker stopped before the segment was done' });
    await world.ingest();
    expect(await world.state()).toMatchObject({ failures: 0, nextTry: 0, reason: '', applied: 1 });
    expect(await world.rows()).toEqual([1]);
  });

  /** Gathers the ids of the segments that are applied. */
  function openedSegments(stores: Stores, ids: string[]): Stores {
    const { deadLetters } = stores;
    return {
      ...stores,
      deadLetters: {
        list: () => deadLetters.list(),
        expire: (before) => deadLetters.expire(before),
        open: (id, options) => {
          ids.push(id);
          return deadLetters.open(id, options);
        },
      },
    };
  }
});

describe('a lost answer', () => {
  const text = lines(report(1), '}');

  it.each([
    ['the insert of the state, answered that it exists', 'exportStates.insert', 0],
    ['the lease, answered with another version', 'exportStates.replace', 0],
    ['the commit, answered with another version', 'exportStates.replace', 1],
  ])('to %s, stops nothing', async (_what, op, nth) => {
    world.append(text);
    expect(await world.ingest({ gate: failing(op, 'refuse-after', nth) })).toMatchObject({ end: 'up-to-date' });
    expect(await world.rows()).toEqual([1]);
    expect(await world.letters()).toHaveLength(1);
    expect(await world.state()).toMatchObject({ applied: 1, failures: 0, counters: { lines: 2 } });
  });

  it('to the lease, reported as an error, leaves no lease that blocks others for 10 minutes', async () => {
    world.append(text);
    const gate = failing('exportStates.replace', 'fail-after');
    await expect(world.ingest({ gate })).rejects.toThrow(InjectedFault);
    expect(await world.state()).toMatchObject({ ends: [bytesOf(text)], applied: 0, leasedAt: null, failures: 1 });
    world.now += MINUTE_MS;
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1 });
  });

  it('to the commit, reported as an error, leaves a state that has not failed', async () => {
    world.append(text);
    const gate = failing('exportStates.replace', 'fail-after', 1);
    await expect(world.ingest({ gate })).rejects.toThrow(InjectedFault);
    expect(await world.state()).toMatchObject({ applied: 1, leasedAt: null, failures: 0, nextTry: 0 });
  });
});

describe('an export that fails', () => {
  it.each(['exports.info', 'exports.read', 'hourlyCounts.merge', 'deadLetters.close', 'exportStates.replace'])(
    'at %s keeps why, is let go, and is tried again after a while that doubles, up to 6 hours',
    async (op) => {
      world.append('');
      await world.ingest();
      world.append(lines(report(1)));
      const backOffs: number[] = [];
      for (let tries = 0; tries < 11; tries++) {
        await expect(world.ingest({ gate: failing(op, 'fail-before') })).rejects.toThrow(`${op}: before failed`);
        const { nextTry, reason, leasedAt, failures } = await world.state();
        expect({ reason, leasedAt, failures }).toEqual({
          reason: `${op}: before failed`,
          leasedAt: null,
          failures: tries + 1,
        });
        expect(await world.ingest()).toMatchObject({ end: 'backing-off' });
        backOffs.push((nextTry - world.now) / MINUTE_MS);
        world.now = nextTry;
      }
      expect(backOffs).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
      await world.ingest();
      expect(await world.rows()).toEqual([1]);
      expect(await world.state()).toMatchObject({ failures: 0, nextTry: 0, reason: '' });
    },
  );

  it('fails alone', async () => {
    const other = { ...REF, name: 'other' };
    world.append(lines(report(1)));
    world.append(lines(report(2)), other);
    await expect(world.ingest({ gate: failing('hourlyCounts.merge', 'fail-before') })).rejects.toThrow();
    await world.ingest({ ref: other });
    expect(await world.rows()).toEqual([2]);
  });

  it('keeps no words that are not ours: they may hold telemetry, or a URL', async () => {
    world.append(lines(report(1)));
    const gate: Gate = (call) => {
      if (call.op === 'hourlyCounts.merge') throw new TypeError('wks-0417 at https://account.example');
      return call.run();
    };
    await expect(world.ingest({ gate })).rejects.toThrow(TypeError);
    expect(await world.state()).toMatchObject({ reason: 'TypeError' });
  });

  it('throws its own error where that it failed cannot be noted either', async () => {
    world.append(lines(report(1)));
    const gate: Gate = (call) => {
      if (call.op === 'hourlyCounts.merge' || call.op === 'exportStates.get') throw new InjectedFault(call.op);
      return call.run();
    };
    const started = await world.stores.exportStates.insert({ ...(await newStateOf(world)) });
    expect(started).not.toBeNull();
    let gets = 0;
    const late: Gate = (call) => (call.op === 'exportStates.get' && gets++ === 0 ? call.run() : gate(call));
    await expect(world.ingest({ gate: late })).rejects.toThrow('hourlyCounts.merge');
  });

  it('does not release the lease of another worker', async () => {
    world.append(lines(report(1)));
    const { gate, stopped, go } = stopping('hourlyCounts.merge');
    const reading = world.ingest({ gate });
    await stopped;
    await expect(world.ingest({ gate: failing('exports.info', 'fail-before') })).rejects.toThrow();
    go();
    expect(await reading).toMatchObject({ end: 'up-to-date', segments: 1 });
  });

  it('is not kept waiting by a next try that no back-off could have set', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.append(lines(report(2)));
    await world.change({ nextTry: world.now + 6 * HOUR_MS + 1 });
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1 });
  });

  async function newStateOf(of: World) {
    const twin = new World();
    twin.append('');
    await twin.ingest();
    return { ...(await twin.state()), lastModified: of.now };
  }
});

describe('an export of a source that is not active', () => {
  const EVENT = JSON.stringify({
    ...{ SourceName: 'Microsoft-Windows-Sysmon', EventID: 3, Hostname: 'WKS-1', EventTime: '2026-11-20T09:00:00Z' },
    ...{ Initiated: 'true', Image: 'C:\\x\\updater.exe', DestinationIp: '203.0.113.7', DestinationPort: '443' },
  });

  const TABLE = streamed({}, { category: 'AdvancedHunting-DeviceFileEvents' });

  it('is refused with its name, where no record of it is known', async () => {
    world.append(lines(...new Array<string>(1_000).fill(EVENT)));
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    const reason = 'its records are of sysmon, which is not an active source: add it to SOURCES';
    expect(await world.state()).toMatchObject({ refused: true, reason });
  });

  it('is read, and says which, where its table is known', async () => {
    world.append(lines(SKIPPED));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', rows: 0, otherSource: 'defender-raw' });
    expect(await world.state()).toMatchObject({ otherSource: 'defender-raw' });
    world.append(lines(EVENT));
    expect(await world.ingest()).toMatchObject({ otherSource: null });
    expect(await world.state()).toMatchObject({ otherSource: 'defender-raw' });
    await world.change(replayed(await world.state()));
    expect(await world.state()).toMatchObject({ otherSource: null });
    expect(await world.ingest()).toMatchObject({ otherSource: 'defender-raw' });
  });

  it('is found as it grows, and is not looked for any more behind a report', async () => {
    world.append(lines(TABLE));
    expect(await world.ingest()).toMatchObject({ otherSource: null });
    world.append(lines(TABLE, EVENT));
    expect(await world.ingest()).toMatchObject({ otherSource: 'sysmon' });
    const ref = { ...REF, name: 'other' };
    world.append(lines(report(1)), ref);
    await world.ingest({ ref });
    world.append(lines(EVENT), ref);
    expect(await world.ingest({ ref })).toMatchObject({ otherSource: null });
    expect(await world.state(ref)).toMatchObject({ otherSource: null });
  });
});

describe('an export that is refused', () => {
  it('keeps the reason if reading it fails, and is no problem once it was read', async () => {
    world.append(lines(...new Array<string>(1_000).fill(UNKNOWN)));
    await world.ingest();
    world.now += MINUTE_MS;
    world.append(lines(UNKNOWN));
    await expect(world.ingest({ gate: failing('exports.info', 'fail-before') })).rejects.toThrow();
    expect(await world.state()).toMatchObject({ refused: true, reason: EXPECTED_FORMAT, failures: 1 });
    world.now += MINUTE_MS;
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    expect(await world.state()).toMatchObject({ refused: true, reason: EXPECTED_FORMAT, failures: 0 });
    expect((await world.sweep()).queued).toBe(0);
  });
});

describe('an export of a foreign format', () => {
  it('is refused after 1,000 lines, keeps nothing, and is left alone', async () => {
    // As many again: what comes in one piece with them is looked at, too.
    world.append(lines(...new Array<string>(3_000).fill(UNKNOWN), '}', report(1)));
    expect(await world.ingest()).toMatchObject({ end: 'refused', segments: 0 });
    expect(await world.state()).toMatchObject({ refused: true, reason: EXPECTED_FORMAT, applied: 0, leasedAt: null });
    expect([await world.rows(), await world.letters()]).toEqual([[], []]);
    const calls: string[] = [];
    const gate: Gate = (call) => {
      calls.push(call.op);
      return call.run();
    };
    expect(await world.ingest({ gate })).toMatchObject({ end: 'refused' });
    expect(calls).toEqual(['exportStates.get', 'exports.info']);
    expect((await world.sweep()).queued).toBe(0);
  });

  it('is not, where line 1,000 is known', async () => {
    world.append(lines(...new Array<string>(999).fill(UNKNOWN), report(1)));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1, rows: 1 });
  });

  it('is refused after 1,000 lines that came in many pieces', async () => {
    for (let n = 0; n < 10; n++) {
      world.append(lines(...new Array<string>(100).fill(UNKNOWN)));
      expect((await world.ingest()).end).toBe(n < 9 ? 'up-to-date' : 'refused');
    }
  });

  it('is refused after 1 MiB', async () => {
    const big = JSON.stringify({ a: 'x'.repeat(100_000) });
    world.append(lines(...new Array<string>(13).fill(big), report(1)));
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
  });

  it('is not, where its first line is too long, and was cut for itself', async () => {
    world = new World(() => 0.001);
    const long = `{"a":"${'x'.repeat(2 * 1024 * 1024)}"}`;
    world.append(lines(long));
    await world.ingest();
    expect(await world.letters()).toEqual(['line-too-long 0']);
    world.append(lines(report(1)));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', rows: 1 });
  });

  it.each([
    [
      'zip',
      Buffer.from('PK\x03\x04'),
      /^it is a zip archive, which only `score` reads; unpack it; expected JSON lines/,
    ],
    ['Avro', Buffer.from('Obj\x01'), /^it is Avro, as Event Hubs Capture writes it, which only `score` reads/],
    [
      'a sign-in page',
      '<!DOCTYPE html>\n',
      /^it is an HTML page, .+, which is not read; sign in.+; expected JSON lines/,
    ],
    ['gzip', gzipSync(lines(report(1))), /^it is gzip, which only `score` reads; unpack it; expected JSON lines/],
    ['CSV', 'Timestamp,ActionType,DeviceName,RemoteIP\r\n', /^it is a CSV, which only `score` reads/],
    ['CSV with semicolons', 'Timestamp;ActionType;RemoteIP\r\n', /^it is a CSV, which only `score` reads/],
    [
      'UTF-16',
      Buffer.from(`\ufeff${lines(report(1))}`, 'utf16le'),
      /^it is UTF-16, which only `score` reads; convert it \(iconv/,
    ],
    ['JSON over several lines', `[\n${report(1)}\n]\n`, /^it is JSON over several lines, which only `score` reads/],
  ])('is refused at once with advice where it is %s, nothing of it kept', async (_, content, reason) => {
    world.append(content);
    expect(await world.ingest()).toMatchObject({ end: 'refused', segments: 0 });
    const { reason: recorded, ...state } = await world.state();
    expect(recorded).toMatch(reason);
    expect(state).toMatchObject({ refused: true, ends: [], leasedAt: null });
    expect([await world.rows(), await world.letters()]).toEqual([[], []]);
    expect((await world.sweep()).queued).toBe(0);
  });

  it('is refused no more once whole records show that only its first line is broken', async () => {
    world.append('{\n"broken"\n');
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    world.now += MINUTE_MS;
    world.append(lines(report(1), report(2)));
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', rows: 2 });
    expect(await world.state()).toMatchObject({ refused: false, reason: '' });
    expect(await world.letters()).toEqual(['bad-json 0', 'bad-json 2']);
  });

  it('is refused where its first 64 MiB hold no newline', async () => {
    const head = Buffer.alloc(64 * 1024 * 1024, 'x');
    world.append(head);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 0 });
    world.append('x\n');
    world.now += MINUTE_MS;
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    expect(await world.state()).toMatchObject({ refused: true, reason: EXPECTED_LINES, ends: [] });
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    world.now += MINUTE_MS;
    world.append(lines(report(1)));
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    expect((await world.sweep()).queued).toBe(0);
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, lines(report(1)));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', rows: 1 });
    expect(await world.state()).toMatchObject({ refused: false, reason: '' });
  });

  it('is probed again when it has changed: once if it has grown; it is read if it was replaced', async () => {
    world.append(lines(...new Array<string>(1_000).fill(UNKNOWN)));
    await world.ingest();
    world.now += MINUTE_MS;
    world.append(lines(UNKNOWN));
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    expect((await world.sweep()).queued).toBe(0);
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, lines(report(1)));
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', restarts: 1, rows: 1 });
    expect(await world.state()).toMatchObject({ generation: 1, refused: false, reason: '' });
  });

  it('is judged again by replay', async () => {
    world.append(lines(...new Array<string>(1_000).fill(UNKNOWN)));
    await world.ingest();
    await world.change(replayed(await world.state()));
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
  });
});

describe('reports by their time', () => {
  const at = (ms: number): string => new Date(ms).toISOString();

  it('older than what is kept, are counted and not stored', async () => {
    // Of 10:00 on 20 November, with four days and the rest of the first.
    world.append(
      lines(report(1, { Timestamp: '2026-11-15T23:59:59.9999999Z' }), report(2, { Timestamp: '2026-11-16T00:00:00Z' })),
    );
    await world.ingest();
    expect(await world.rows()).toEqual([2]);
    expect((await world.state()).counters).toEqual(counters({ lines: 2, records: 2, reports: 1, expired: 1 }));
  });

  it('are stored from the first open day on, whatever the clock says', async () => {
    await world.stores.runs.moveBoundary({ firstOpen: dayOf(timestampFromMs(world.now - 2 * DAY_MS)), since: 0 });
    world.append(
      lines(report(1, { Timestamp: '2026-11-17T23:59:59Z' }), report(2, { Timestamp: '2026-11-18T00:00:00Z' })),
    );
    world.now += 30 * DAY_MS;
    await world.ingest();
    expect(await world.rows()).toEqual([2]);
    expect((await world.state()).counters).toEqual(counters({ lines: 2, records: 2, reports: 1, expired: 1 }));
  });

  it('before the first boundary are not expired by a clock that is ahead', async () => {
    world.append(lines(report(1)));
    world.now += 30 * DAY_MS;
    await world.ingest();
    expect(await world.rows()).toEqual([1]);
  });

  it('of a day that is closed while the segment is read, are counted as expired, and its table is not created', async () => {
    const closing: Gate = async (call) => {
      if (call.op === 'hourlyCounts.merge') {
        await world.stores.runs.moveBoundary({ firstOpen: dayOf(timestampFromMs(world.now + DAY_MS)), since: 0 });
      }
      return await call.run();
    };
    world.append(lines(report(1), report(2)));
    await world.ingest({ gate: closing });
    expect([await world.rows(), await world.stores.hourlyCounts.days()]).toEqual([[], []]);
    expect((await world.state()).counters).toEqual(counters({ lines: 2, records: 2, expired: 2 }));
  });

  it('more than a day ahead of their arrival, are dead letters, whenever they are read', async () => {
    const { now } = world;
    world.append(lines(report(1, { Timestamp: at(now + DAY_MS) }), report(2, { Timestamp: at(now + DAY_MS + 1) })));
    const second = bytesOf(lines(report(1, { Timestamp: at(now + DAY_MS) })));
    await expect(world.ingest({ gate: dying('exportStates.replace', 1) })).rejects.toThrow(Death);
    expect(await world.letters()).toEqual([`time-in-future ${second}`]);
    world.now += 2 * DAY_MS;
    await world.ingest();
    expect(await world.rows()).toEqual([1]);
    expect(await world.letters()).toEqual([`time-in-future ${second}`]);
    expect((await world.state()).counters).toEqual(counters({ lines: 2, records: 2, reports: 1, deadLetters: 1 }));
  });
});

describe('dead letters', () => {
  it('keep a row that the store refuses, and the rest is written', async () => {
    world.append(lines(report(1), report(2), report(3), report(2)));
    const stores = refusing(world.stores, 2);
    expect(await world.ingest({ stores })).toMatchObject({ end: 'up-to-date', rows: 3 });
    expect(await world.rows()).toEqual([1, 3]);
    const [letter, ...others] = await Array.fromAsync(world.stores.deadLetters.list());
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ export: REF, reason: 'refused-row', code: 'EntityTooLarge', record: 0 });
    expect(JSON.parse(Buffer.from(letter!.bytes).toString())).toMatchObject({
      count: 2,
      DeviceName: 'wks-0417.corp.example',
    });
    expect((await world.state()).counters).toEqual(counters({ lines: 4, records: 4, reports: 3, deadLetters: 1 }));
  });

  it('are in the order of the export, with the refused rows last, whatever its chunks', async () => {
    const written: string[][] = [];
    for (const size of [0, 0.3, 0.99]) {
      world = new World(() => size);
      const future = report(7, { Timestamp: '2027-01-01T00:00:00Z' });
      world.append(lines('}', future, '{"Aggregated":}', report(2), '}', [5, future, 6], report(2), 'x'));
      await world.ingest({ stores: refusing(world.stores, 2) });
      written.push(await world.letters());
    }
    expect(new Set(written.map((letters) => letters.join()))).toHaveLength(1);
    const reasons = written[0]?.map((letter) => letter.split(' ')[0]);
    expect(reasons?.filter((reason) => reason !== 'bad-json')).toEqual([
      'time-in-future',
      'time-in-future',
      'refused-row',
    ]);
    const offsets = written[0]?.slice(0, -1).map((letter) => Number(letter.split(' ')[1])) ?? [];
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(reasons).toHaveLength(9);
  });

  it('are those of the last reading: gone after a replay where a fix reads the lines', async () => {
    world.append(lines(report(1)));
    await world.ingest({ stores: refusing(world.stores, 1) });
    expect([await world.rows(), await world.letters()]).toEqual([[], ['refused-row 0']]);
    const { ends } = await world.state();
    await world.change(replayed(await world.state()));
    world.append(lines(report(2)));
    await world.ingest();
    expect([await world.rows(), await world.letters()]).toEqual([[1, 2], []]);
    expect((await world.state()).ends).toEqual([...ends, bytesOf(lines(report(1), report(2)))]);
    expect((await world.state()).counters).toEqual(counters({ lines: 2, records: 2, reports: 2 }));
  });

  /** Stores that take no row with this count. */
  const refusing = (stores: Stores, count: number): Stores => refusingRows(stores, (row) => row.count === count);
});

describe('segments', () => {
  it.each([1, 100, 400, 401, 1_000, 1_500])('of %d bytes hold every line once', async (segmentBytes) => {
    world.segmentBytes = segmentBytes;
    const text = `\ufeff${lines(report(1), report(2), '', report(3))}\n${lines('}')}${JSON.stringify(report(4))}`;
    world.append(text);
    await world.ingest();
    expect(await world.rows()).toEqual([1, 2, 3, 4]);
    expect(await world.letters()).toEqual([`bad-json ${bytesOf(text) - bytesOf(JSON.stringify(report(4))) - 3}`]);
    const { ends, counters: counted } = await world.state();
    expect(ends.at(-1)).toBe(bytesOf(text));
    expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b));
    for (const end of ends.slice(0, -1)) expect(Buffer.from(text)[end - 1]).toBe(10);
    expect(counted).toEqual(counters({ lines: 5, records: 5, reports: 4, deadLetters: 1 }));
  });

  it('that are as long as a line hold it, also where the newline is the last byte', async () => {
    const text = lines(report(1));
    world.append(text + lines(report(2)));
    world.segmentBytes = bytesOf(text);
    await world.ingest();
    expect((await world.state()).ends).toEqual([bytesOf(text), 2 * bytesOf(text)]);
  });

  it('that are one byte shorter hold it too, alone', async () => {
    const text = lines(report(1));
    world.append(text + lines(report(2)));
    world.segmentBytes = bytesOf(text) - 1;
    await world.ingest();
    expect((await world.state()).ends).toEqual([bytesOf(text), 2 * bytesOf(text)]);
    expect(await world.rows()).toEqual([1, 2]);
  });

  it('take a line of exactly 1 MiB, and pass over one that is longer', async () => {
    const long = (bytes: number, n: number): string => {
      const bare = bytesOf(JSON.stringify(report(n, { Filler: '' })));
      return JSON.stringify(report(n, { Filler: 'x'.repeat(bytes - bare) }));
    };
    world.segmentBytes = 1_000;
    const limit = 1024 * 1024;
    // Written with a bare newline: what ends a line counts for it but for the newline.
    world.append(`${long(limit, 1)}\n${long(limit + 1, 2)}\n${lines(report(3))}`);
    await world.ingest();
    expect(await world.rows()).toEqual([1, 3]);
    expect(await world.letters()).toEqual([`line-too-long ${limit + 1}`]);
    const [letter] = await Array.fromAsync(world.stores.deadLetters.list());
    expect(letter).toMatchObject({ length: limit + 1 });
    expect(letter?.bytes).toHaveLength(64 * 1024);
  });

  it('hold a line end that was cut in two', async () => {
    world.append(`${JSON.stringify(report(1))}\r`);
    await world.ingest();
    world.append(`\n${JSON.stringify(report(2))}`);
    await world.ingest();
    world.append('\r');
    await world.ingest();
    world.append('\n');
    await world.ingest();
    expect(await world.rows()).toEqual([1, 2]);
    expect(await world.letters()).toEqual([]);
    expect((await world.state()).counters).toMatchObject({ lines: 2 });
  });
});

describe('what counts once', () => {
  it('a report that is delivered again, in the same export, in another, or by the other route', async () => {
    const other = { container: 'am-devicenetworkevents', name: 'PT05M.json' };
    world.segmentBytes = 500;
    world.append(lines(report(1), report(1), { ...report(1), time: 'later' }, report(2)));
    const flat = {
      Type: 'DeviceNetworkEvents',
      ...(report(1) as { properties: object }).properties,
      AdditionalFields: { uniqueEventsAggregated: 1 },
    };
    world.append(lines(flat, report(2)), other);
    await world.ingest();
    await world.ingest({ ref: other });
    expect(await world.rows()).toEqual([1, 2]);
  });

  it('not reports that differ in one thing: each port of one address in an hour is a row', async () => {
    const ports = tries(6_500, 65_000);
    world.append(lines(...Array.from({ length: ports }, (_, n) => JSON.stringify(report(7, { RemotePort: n + 1 })))));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', rows: ports });
    expect(await world.rows()).toHaveLength(ports);
  });
});

describe('a gate in front of the stores', () => {
  it('leaves them as they are', async () => {
    world.append(lines(report(1)));
    await world.ingest({ stores: gated(world.stores, (call) => call.run()) });
    expect(await world.rows()).toEqual([1]);
  });
});
