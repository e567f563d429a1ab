import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import type { Gate } from '../../support/ingest/gate.ts';
import { lines, REF, report, World } from '../../support/ingest/world.ts';

const NUMBERS = Array.from({ length: 600 }, (_, index) => index + 1);

let world: World;
beforeEach(() => {
  world = new World();
  // Several pieces of 64 KiB, with a dead letter in the first.
  world.append(`no json\n${lines(...NUMBERS.map((n) => report(n)))}`);
});

/** Aborts before the n-th call (from 0) of an operation after the segment was leased. */
function abortingAt(op: string, nth: number): { gate: Gate; signal: AbortSignal; calls: string[] } {
  const stop = new AbortController();
  const calls: string[] = [];
  let left = nth;
  const gate: Gate = (call) => {
    calls.push(call.op);
    const isLeased = calls.includes('exportStates.replace');
    if (isLeased && call.op === op && left-- === 0) stop.abort();
    return call.run();
  };
  return { gate, signal: stop.signal, calls };
}

describe('ingest(export, budget, signal) that is aborted', () => {
  it.each([0, 1, 2, 3])('at piece %d releases its lease, without a failure and without dead letters', async (piece) => {
    const { gate, signal } = abortingAt('exports.read', piece);
    expect(await world.ingest({ gate, signal })).toMatchObject({ end: 'stopped', segments: 0 });
    expect(await world.state()).toMatchObject({ applied: 0, leasedAt: null, leasedBy: '', failures: 0, nextTry: 0 });
    expect(await world.letters()).toEqual([]);
  });

  it('leaves the segment to any worker, at once: the rows are those of a clean pass', async () => {
    const { gate, signal } = abortingAt('exports.read', 2);
    await world.ingest({ gate, signal });
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1, rows: NUMBERS.length });
    expect(await world.rows()).toEqual(NUMBERS);
    expect(await world.letters()).toEqual(['bad-json 0']);
  });

  it('ends after its requests: nothing is written after it has returned', async () => {
    const { gate, signal, calls } = abortingAt('exports.read', 2);
    await world.ingest({ gate, signal });
    expect(calls.at(-1)).toBe('exportStates.replace');
    const before = calls.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(before);
  });

  it('between two segments reads no other one, and before the first reads nothing', async () => {
    world.segmentBytes = 20_000;
    const { gate, signal } = abortingAt('deadLetters.close', 0);
    expect(await world.ingest({ gate, signal })).toMatchObject({ end: 'stopped', segments: 1 });
    expect(await world.state()).toMatchObject({ applied: 1, leasedAt: null });
    expect(await world.ingest({ signal: AbortSignal.abort() })).toMatchObject({ end: 'stopped', segments: 0 });
  });

  it('does not touch the lease of a worker that has continued meanwhile', async () => {
    const { gate: aborting, signal } = abortingAt('exports.read', 2);
    const gate: Gate = async (call) => {
      const answer = await aborting(call);
      if (signal.aborted && call.op === 'exports.read') await world.change({ leasedBy: 'other', leasedAt: world.now });
      return answer;
    };
    expect(await world.ingest({ gate, signal })).toMatchObject({ end: 'stopped' });
    expect(await world.state()).toMatchObject({ leasedBy: 'other', leasedAt: world.now });
  });
});

it('ingest(export) that meets a lease answers when it ends', async () => {
  const { gate, signal } = abortingAt('exports.read', 0);
  await world.ingest({ gate, signal });
  await world.change({ leasedAt: world.now - MINUTE_MS, leasedBy: 'other' }, REF);
  expect(await world.ingest()).toMatchObject({ end: 'leased', leaseEnds: world.now + 9 * MINUTE_MS });
  world.now += 9 * MINUTE_MS;
  expect(await world.ingest()).toMatchObject({ end: 'up-to-date' });
});
