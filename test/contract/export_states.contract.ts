import { beforeEach, describe, expect, it } from 'vitest';
import type { ExportStates } from '../../src/storage/ports/export_states.ts';
import { all, exportState } from './samples.ts';

/** What every ExportStates does; two views on one empty store. */
export function exportStatesContract(make: () => Promise<readonly [ExportStates, ExportStates]>): void {
  let store: ExportStates;
  let other: ExportStates;
  beforeEach(async () => {
    [store, other] = await make();
  });
  const state = exportState();

  const inserted = async (row = state): Promise<string> => {
    const version = await store.insert(row);
    if (version === null) throw new Error('not inserted');
    return version;
  };

  it('get where there is nothing yet is null, and list is empty', async () => {
    expect(await store.get(state)).toBeNull();
    expect(await all(store.list(state.container))).toEqual([]);
  });

  it('get and list give back what was inserted, under the version that insert gave', async () => {
    const version = await inserted();
    expect(await store.get(state)).toEqual({ row: state, version });
    expect(await all(other.list(state.container))).toEqual([{ row: state, version }]);
    expect(await all(store.list('another'))).toEqual([]);
  });

  it.each([
    { leasedAt: null, leasedBy: '', ends: [], tail: '', raw: false, created: null, searched: 0, otherSource: null },
    { refused: true, recognised: false, reason: 'expected JSON Lines', failures: 7, nextTry: 2 ** 41 },
    { name: '日本語 #?%/\\ \u{1f600}', reason: '\u0001' },
    { name: 'x'.repeat(1024) },
    // Far more cuts than one text column holds.
    { ends: Array.from({ length: 20_000 }, (_, n) => 2 ** 40 + n), applied: 20_000 },
  ])('keeps %o', async (changes) => {
    const row = exportState(changes);
    const version = await inserted(row);
    expect(await store.get(row)).toEqual({ row, version });
  });

  describe('insert', () => {
    it('of a row that exists is null, and changes nothing', async () => {
      const version = await inserted();
      expect(await other.insert(exportState({ generation: 9 }))).toBeNull();
      expect(await store.get(state)).toEqual({ row: state, version });
    });

    it('by two workers at once, where nothing is yet, is done by one', async () => {
      const versions = await Promise.all([store.insert(state), other.insert(state)]);
      expect(versions.filter((version) => version !== null)).toHaveLength(1);
    });
  });

  describe('replace', () => {
    it('of the version that was read gives a new one', async () => {
      const first = await inserted();
      const row = exportState({
        leasedAt: null,
        leasedBy: '',
        created: null,
        otherSource: null,
        applied: 2,
        ends: [5],
      });
      const second = await store.replace(row, first);
      expect(second).not.toBeNull();
      expect(second).not.toBe(first);
      expect(await store.get(state)).toEqual({ row, version: second });
    });

    it('of an older version is null, and changes nothing, also where the row is the same', async () => {
      const first = await inserted();
      const second = await other.replace(state, first);
      expect(second).not.toBe(first);
      expect(await store.replace(exportState({ applied: 2 }), first)).toBeNull();
      expect(await store.get(state)).toEqual({ row: state, version: second });
    });

    it('of one version by two workers is done by one', async () => {
      const first = await inserted();
      const rows = ['one', 'two'].map((leasedBy) => exportState({ leasedBy }));
      const versions = await Promise.all([store, other].map((worker, n) => worker.replace(rows[n] ?? state, first)));
      const winner = versions.findIndex((version) => version !== null);
      expect(versions.filter((version) => version === null)).toHaveLength(1);
      expect(await store.get(state)).toEqual({ row: rows[winner], version: versions[winner] });
    });

    it('of a row that is gone, or never was, is null', async () => {
      expect(await store.replace(state, 'W/"datetime\'2026-11-20T08%3A00%3A00.0000000Z\'"')).toBeNull();
      const version = await inserted();
      await store.remove(state);
      expect(await store.replace(state, version)).toBeNull();
      expect(await store.get(state)).toBeNull();
    });
  });

  it('remove takes the row away whatever its version, and again does nothing', async () => {
    await store.remove(state);
    const version = await inserted();
    await store.replace(state, version);
    await other.remove(state);
    await store.remove(state);
    expect(await store.get(state)).toBeNull();
    const anew = await inserted();
    expect(anew).not.toBe(version);
  });

  it('list gives more than a page', async () => {
    const names = Array.from({ length: 1_050 }, (_, n) => `export ${n}`);
    for (let start = 0; start < names.length; start += 50) {
      await Promise.all(names.slice(start, start + 50).map((name) => inserted(exportState({ name }))));
    }
    const found = await all(store.list(state.container));
    expect(found.map(({ row }) => row.name).sort()).toEqual(names.toSorted());
  });
}
