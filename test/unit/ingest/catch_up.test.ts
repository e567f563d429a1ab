import { describe, expect, it } from 'vitest';
import { catchUp } from '../../../src/ingest/catch_up.ts';

import type { IngestEnd, IngestResult } from '../../../src/ingest/ingest_result.ts';
import { replay } from '../../../src/ingest/replay.ts';
import type { ExportStates } from '../../../src/storage/ports/export_states.ts';
import type { ExportInfo } from '../../../src/storage/ports/exports.ts';
import { exportState } from '../../contract/samples.ts';
import type { Gate } from '../../support/ingest/gate.ts';
import { counters, lines, REF, report, World } from '../../support/ingest/world.ts';

const infoOf = (name: string, length = 10): ExportInfo => ({
  container: 'exports',
  name,
  length,
  created: 0,
  lastModified: 0,
});
const result = (changes: Partial<IngestResult> = {}): IngestResult => ({
  end: 'up-to-date',
  segments: 0,
  rows: 0,
  counters: counters({}),
  restarts: 0,
  otherSource: null,
  unknownShape: null,
  segmentIds: [],
  ...changes,
});
const NO_ENDS = { 'up-to-date': 0, more: 0, stopped: 0, leased: 0, 'backing-off': 0, refused: 0, gone: 0 };

describe('catchUp(app, exports, parallel, onRead)', () => {
  it.each([
    [1, 1],
    [3, 3],
    [4, 4],
    [20, 9],
  ])('reads with parallel %d no more than %d at once, and each once, in order', async (parallel, most) => {
    const exports = Array.from({ length: 9 }, (_, n) => infoOf(`${n}`));
    const started: string[] = [];
    let busy = 0;
    let busiest = 0;
    const readOn = async (ref: ExportInfo) => {
      started.push(ref.name);
      busiest = Math.max(busiest, ++busy);
      for (let turns = 1 + (Number(ref.name) % 4); turns > 0; turns--) await Promise.resolve();
      busy--;
      return result();
    };
    const done = await catchUp({ readOn }, Object.freeze(exports), parallel, () => {});
    expect(busiest).toBe(most);
    expect(started).toEqual(exports.map(({ name }) => name));
    expect(done.ends).toEqual({ ...NO_ENDS, 'up-to-date': 9 });
  });

  it('adds up what was read, and how it ended', async () => {
    const ends: IngestEnd[] = ['up-to-date', 'gone', 'leased', 'backing-off', 'refused', 'more', 'leased'];
    const exports = ends.map((end, n) => infoOf(end, 2 ** n));
    let read = 0;
    const readOn = async (ref: ExportInfo) =>
      result({ end: ref.name as IngestEnd, segments: 2, rows: 3, counters: counters({ lines: 5, deadLetters: 1 }) });
    expect(await catchUp({ readOn }, exports, 2, (bytes) => (read += bytes))).toEqual({
      segments: 14,
      rows: 21,
      counters: counters({ lines: 35, deadLetters: 7 }),
      ends: { 'up-to-date': 1, more: 1, stopped: 0, leased: 2, 'backing-off': 1, refused: 1, gone: 1 },
      leaseEnds: [],
      failed: [],
    });
    expect(read).toBe(127);
  });

  it('starts no export after its signal is aborted, and passes the signal on', async () => {
    const stop = new AbortController();
    const started: string[] = [];
    const readOn = async ({ name }: ExportInfo, signal?: AbortSignal) => {
      started.push(name);
      if (name === 'b') stop.abort();
      return result({ end: signal?.aborted ? 'stopped' : 'up-to-date' });
    };
    const exports = ['a', 'b', 'c', 'd'].map((name) => infoOf(name));
    const done = await catchUp({ readOn }, exports, 1, () => {}, stop.signal);
    expect(started).toEqual(['a', 'b']);
    expect(done.ends).toEqual({ ...NO_ENDS, 'up-to-date': 1, stopped: 1 });
  });

  it('names those that fail by container and name, and reads the others', async () => {
    const exports = ['a', 'b', 'c', 'd', 'e'].map((name) => infoOf(name));
    let read = 0;
    const readOn = async ({ name }: ExportInfo) => {
      if (name === 'b') throw new Error('busy');
      if (name === 'd') throw 'no error';
      return result({ rows: 1 });
    };
    const done = await catchUp({ readOn }, exports, 1, (bytes) => (read += bytes));
    expect(done).toMatchObject({ rows: 3, ends: { ...NO_ENDS, 'up-to-date': 3 } });
    expect(done.failed).toEqual([
      { export: 'exports/b', reason: 'busy' },
      { export: 'exports/d', reason: 'unknown' },
    ]);
    expect(read).toBe(50);
  });

  it('of nothing is nothing', async () => {
    const readOn = async () => result();
    expect(await catchUp({ readOn }, [], 4, () => {})).toMatchObject({
      segments: 0,
      rows: 0,
      ends: NO_ENDS,
      failed: [],
    });
  });

  it('reads real exports to their ends', async () => {
    const world = new World();
    for (const [n, name] of ['a', 'b', 'c'].entries()) world.append(lines(report(n + 1)), { ...REF, name });
    const infos = await Array.fromAsync((await world.stores.exports.list(REF.container)) as AsyncIterable<ExportInfo>);
    const app = { readOn: (ref: ExportInfo) => world.ingest({ ref }) };
    expect(await catchUp(app, infos, 2, () => {})).toMatchObject({ segments: 3, rows: 3, counters: { reports: 3 } });
    expect(await world.rows()).toEqual([1, 2, 3]);
    expect(await catchUp(app, infos, 2, () => {})).toMatchObject({ segments: 0, ends: { 'up-to-date': 3 } });
  });
});

describe('replay(states, ref)', () => {
  it('is false where nothing was read', async () => {
    const world = new World();
    expect(await replay(world.stores.exportStates, REF)).toBe(false);
    expect(await world.stores.exportStates.get(REF)).toBeNull();
  });

  it('begins again with the same cuts, and comes to the same rows and counters', async () => {
    const world = new World();
    world.append(lines(report(1), report(2), '{"AggregatedReport'));
    await world.ingest();
    world.append(lines(report(3)));
    await world.ingest();
    const before = await world.state();
    const letters = await world.letters();
    expect(before).toMatchObject({ applied: 2, ends: expect.objectContaining({ length: 2 }) });

    expect(await replay(world.stores.exportStates, REF)).toBe(true);
    expect(await world.state()).toEqual({ ...before, applied: 0, counters: counters({}) });
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 2, rows: 3 });
    expect(await world.state()).toEqual(before);
    expect(await world.rows()).toEqual([1, 2, 3]);
    expect(await world.letters()).toEqual(letters);
    expect(letters).toHaveLength(1);
  });

  it('clears leases, failures and refusals', async () => {
    const world = new World();
    const failing = {
      failures: 3,
      nextTry: world.now + 1,
      reason: 'busy',
      leasedAt: world.now,
      leasedBy: 'somebody',
    };
    await world.stores.exportStates.insert(exportState({ ...REF, ...failing, refused: true }));
    await replay(world.stores.exportStates, REF);
    const well = { failures: 0, nextTry: 0, reason: '', leasedAt: null, leasedBy: '', refused: false, applied: 0 };
    expect(await world.state()).toMatchObject({ ...well, ends: [1_000, 2 ** 40] });
  });

  it('tries again where a worker writes the row meanwhile, and keeps the cut of that', async () => {
    const world = new World();
    world.append(lines(report(1)));
    await world.ingest();
    const base = world.stores.exportStates;
    let replaces = 0;
    const states: ExportStates = {
      get: (ref) => base.get(ref),
      list: (container) => base.list(container),
      insert: (row) => base.insert(row),
      remove: (ref) => base.remove(ref),
      replace: async (row, version) => {
        if (replaces++ === 0) {
          world.append(lines(report(2)));
          await world.ingest();
        }
        return await base.replace(row, version);
      },
    };
    expect(await replay(states, REF)).toBe(true);
    expect(replaces).toBe(2);
    expect(await world.state()).toMatchObject({ applied: 0, ends: expect.objectContaining({ length: 2 }) });
    await world.ingest();
    expect(await world.rows()).toEqual([1, 2]);
  });

  it('is false where the row is removed meanwhile', async () => {
    const world = new World();
    await world.stores.exportStates.insert(exportState(REF));
    const { exportStates } = world.stores;
    const replace = exportStates.replace.bind(exportStates);
    exportStates.replace = async (row, version) => {
      await exportStates.remove(REF);
      return await replace(row, version);
    };
    expect(await replay(exportStates, REF)).toBe(false);
  });

  it('in the middle of a reading has that worker begin again: every row is written once more', async () => {
    const world = new World();
    world.append(lines(report(1), report(2)));
    await world.ingest();
    world.append(lines(report(3)));
    let merges = 0;
    const gate: Gate = async (call) => {
      if (call.op === 'hourlyCounts.merge' && merges++ === 0) await replay(world.stores.exportStates, REF);
      return await call.run();
    };
    expect(await world.ingest({ gate })).toMatchObject({ end: 'up-to-date', segments: 2 });
    expect(merges).toBeGreaterThan(1);
    const state = await world.state();
    expect(state).toMatchObject({ applied: 2, leasedAt: null, counters: { reports: 3 } });
    expect(await world.rows()).toEqual([1, 2, 3]);
  });
});
