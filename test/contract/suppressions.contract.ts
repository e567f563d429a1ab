import { beforeEach, describe, expect, it } from 'vitest';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { SuppressedCount, Suppressions } from '../../src/storage/ports/suppressions.ts';
import { HOSTILE_NAMES, P3, rowsOf, suppression, T0, T1, T2, wellFormedRow } from './samples.ts';

const PA = 'a' as Partition;
const suppressedCount = (changes: Partial<SuppressedCount> = {}): SuppressedCount => ({
  asOf: T1,
  detections: 2,
  since: T0,
  ...changes,
});

/** The contract of Suppressions; two views on one empty store. */
export function suppressionsContract(make: () => Promise<readonly [Suppressions, Suppressions]>): void {
  let store: Suppressions;
  let other: Suppressions;
  beforeEach(async () => {
    [store, other] = await make();
  });
  const entryOf = async (id: string) => (await rowsOf(store.list())).find((row) => row.suppression.id === id) ?? null;
  const first = suppression();

  it('of an empty store finds nothing', async () => {
    expect(await rowsOf(store.list())).toEqual([]);
    expect(await store.remove(first.id)).toBe(false);
    expect(await store.remove("x' or true|\u0000")).toBe(false);
    await store.count(first.id, P3, suppressedCount());
    expect(await rowsOf(store.list())).toEqual([]);
  });

  it.each(HOSTILE_NAMES.map((name) => [name]))('keeps %j', async (name) => {
    const entry = suppression({ device: name, process: name, remote: name, owner: name, reason: name });
    expect(await store.insert(entry)).toBe(true);
    expect(await rowsOf(other.list())).toEqual([{ suppression: wellFormedRow(entry), suppressed: {} }]);
  });

  it('insert of an id that exists is false, and changes nothing', async () => {
    await store.insert(first);
    expect(await other.insert(suppression({ reason: 'another' }))).toBe(false);
    expect((await entryOf(first.id))?.suppression).toEqual(first);
  });

  it('list gives all', async () => {
    const ids = ['s3', 's1', 's2'];
    for (const id of ids) await store.insert(suppression({ id }));
    await store.count('s2', P3, suppressedCount());
    const rows = await rowsOf(other.list());
    expect(rows.map((row) => row.suppression.id).toSorted()).toEqual(ids.toSorted());
    expect(rows.find((row) => row.suppression.id === 's2')?.suppressed).toEqual({ 3: suppressedCount() });
  });

  describe('count', () => {
    it('writes the count of one partition, and leaves the entry and the other partitions', async () => {
      await store.insert(first);
      await store.count(first.id, P3, suppressedCount());
      await other.count(first.id, PA, suppressedCount({ detections: 2 ** 31 }));
      await other.count(first.id, P3, suppressedCount({ asOf: T2, detections: 5 }));
      expect(await entryOf(first.id)).toEqual({
        suppression: first,
        suppressed: { 3: suppressedCount({ asOf: T2, detections: 5 }), a: suppressedCount({ detections: 2 ** 31 }) },
      });
    });

    it('by all partitions at once loses none', async () => {
      await store.insert(first);
      const partitions = [...'0123456789abcdef'] as Partition[];
      await Promise.all(
        partitions.map((each, n) => [store, other][n % 2]?.count(first.id, each, suppressedCount({ detections: n }))),
      );
      const counted = (await entryOf(first.id))?.suppressed;
      expect(counted).toEqual(
        Object.fromEntries(partitions.map((each, n) => [each, suppressedCount({ detections: n })])),
      );
    });

    it('does not bring back an entry that is gone', async () => {
      await store.insert(first);
      expect(await other.remove(first.id)).toBe(true);
      await store.count(first.id, P3, suppressedCount());
      expect(await rowsOf(store.list())).toEqual([]);
    });
  });

  it('remove removes one entry, once', async () => {
    await store.insert(first);
    await store.insert(suppression({ id: 's9' }));
    expect(await store.remove(first.id)).toBe(true);
    expect(await other.remove(first.id)).toBe(false);
    expect((await rowsOf(store.list())).map((row) => row.suppression.id)).toEqual(['s9']);
  });
}
