import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { pendingBatchOf } from '../../../src/notify/batching.ts';
import type { Partition } from '../../../src/storage/ports/hourly_counts.ts';
import type { PendingNotification } from '../../../src/storage/ports/outbox.ts';
import type { Versioned } from '../../../src/storage/ports/versioned.ts';
import { groupId, P3, pendingNotification } from '../../contract/samples.ts';

const NOW = 1_795_165_200_000;
const MINUTE_MS = 60_000;

type Pages = readonly (readonly Versioned<PendingNotification>[])[];

/** An outbox with these pages of partition 3; of the others with those named. */
function outboxOf(pages: Pages, others: Readonly<Record<string, Pages>> = {}) {
  const asked: string[] = [];
  const list = async function* (partition: Partition, sink: string) {
    asked.push(`${partition} ${sink}`);
    yield* partition === P3 ? pages : (others[partition] ?? []);
  };
  return { list, asked };
}

const row = (number: number, changes: Partial<PendingNotification> = {}): Versioned<PendingNotification> => ({
  row: pendingNotification({ groupId: groupId(number), severity: 'medium', average: number, ...changes }),
  version: `v${number}`,
});
const numbers = (rows: readonly Versioned<PendingNotification>[]) =>
  rows.map(({ row: { groupId } }) => Number.parseInt(groupId.slice(1), 16));

describe('pendingBatchOf(outbox, sink, now, mostUntried)', () => {
  it('lists the sixteen partitions of the sink, and of each all pages', async () => {
    const outbox = outboxOf([[row(1)], [row(2)]], { a: [[row(3)]], f: [[row(4)]] });
    const { untried } = await pendingBatchOf(outbox, 'soar', NOW);
    expect(numbers(untried)).toEqual([4, 3, 2, 1]);
    expect(outbox.asked.sort()).toEqual([...'0123456789abcdef'].map((partition) => `${partition} soar`));
  });

  it('is in order: the most severe first, then the higher average', async () => {
    const rows = [row(1), row(2), row(3, { severity: 'high', average: 0 }), row(4, { severity: 'low' }), row(5)];
    const batch = await pendingBatchOf(outboxOf([rows]), 'soar', NOW);
    expect(numbers(batch.untried)).toEqual([3, 5, 2, 1, 4]);
    expect(batch).toMatchObject({ tried: [], isLeasedElsewhere: false, isCut: false });
  });

  it('knows what was tried, what was tried least first', async () => {
    const rows = [row(1), row(2, { attempts: 3 }), row(3, { attempts: 1 }), row(4, { attempts: 1, nextTry: NOW })];
    const batch = await pendingBatchOf(outboxOf([rows]), 'soar', NOW);
    expect(numbers(batch.untried)).toEqual([1]);
    expect(numbers(batch.tried)).toEqual([4, 3, 2]);
  });

  it('leaves what is leased, or backs off, and names its digest', async () => {
    const leased = { attempts: 1, digest: 'a', leasedAt: NOW - 2 * MINUTE_MS + 1 };
    const rows = [
      row(1, leased),
      row(2, { attempts: 1, digest: 'b', nextTry: NOW + 1 }),
      row(3, { nextTry: NOW + 1 }),
      row(4, { ...leased, leasedAt: NOW - 2 * MINUTE_MS }),
    ];
    const batch = await pendingBatchOf(outboxOf([rows]), 'soar', NOW);
    expect([numbers(batch.untried), numbers(batch.tried)]).toEqual([[], [4]]);
    expect(batch.waitingDigests).toEqual(new Set(['a', 'b', '']));
    expect(batch.isLeasedElsewhere).toBe(true);
  });

  it('does not wait for a lease of the sixth attempt: it kills whoever takes it', async () => {
    const at = (attempts: number) => pendingBatchOf(outboxOf([[row(1, { attempts, leasedAt: NOW - 1 })]]), 'soar', NOW);
    expect([(await at(5)).isLeasedElsewhere, (await at(6)).isLeasedElsewhere]).toEqual([true, false]);
  });

  it('of what was never tried holds the first in order, and says that there is more; of what was tried, all', async () => {
    const rows = Array.from({ length: 25 }, (_, number) => row(number));
    rows.push(row(100, { severity: 'low' }), row(3000, { severity: 'high', average: 0 }));
    for (const number of [4000, 4001, 4002]) rows.push(row(number, { attempts: 1, digest: 'a' }));
    expect(await pendingBatchOf(outboxOf([rows]), 'soar', NOW, 27)).toMatchObject({ isCut: false });
    for (const most of [26, 13, 9, 1]) {
      const { untried, tried, isCut } = await pendingBatchOf(outboxOf([rows]), 'soar', NOW, most);
      const first = Array.from({ length: Math.min(most - 1, 25) }, (_, n) => 24 - n);
      expect({ numbers: numbers(untried), isCut }).toEqual({ numbers: [3000, ...first], isCut: true });
      expect(tried).toHaveLength(3);
    }
  });

  it('holds no more of a hundred thousand', async () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const text = JSON.stringify(row(0));
    const used: number[] = [];
    const list = async function* (partition: Partition) {
      for (let page = 0; partition === P3 && page < 100; page++) {
        const rows = Array.from({ length: 1000 }, () => JSON.parse(text) as Versioned<PendingNotification>);
        yield rows.map((each, n) => ({ ...each, row: { ...each.row, groupId: groupId(1000 * page + n) } }));
        if (page % 33 !== 0) continue;
        gc();
        used.push(process.memoryUsage().heapUsed);
      }
    };
    expect(await pendingBatchOf({ list }, 'soar', NOW, 100)).toMatchObject({ isCut: true });
    // All of them are over 25 MB.
    expect((used.at(-1) ?? 0) - (used[0] ?? 0)).toBeLessThan(5e6);
  });
});
