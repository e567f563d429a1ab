import { describe, expect, it } from 'vitest';
import { inParallel } from '../../../src/notify/parallel.ts';

const turns = (count: number) => new Promise((resolve) => setTimeout(resolve, count));

describe('inParallel(items, atOnce, work)', () => {
  it('gives the results in order of the items, whichever ends first', async () => {
    const work = async (item: number) => {
      await turns(10 - item);
      return item * 2;
    };
    expect(await inParallel([1, 2, 3, 4, 5], 3, work)).toEqual([2, 4, 6, 8, 10]);
    expect(await inParallel([], 3, work)).toEqual([]);
  });

  it('runs at most that many at a time', async () => {
    let [running, most] = [0, 0];
    await inParallel(Array.from({ length: 20 }), 4, async () => {
      most = Math.max(most, ++running);
      await turns(1);
      running--;
    });
    expect(most).toBe(4);
  });

  it('begins none after one has failed, waits for those that have begun, and throws', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const running = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await turns(item === 1 ? 5 : 1);
      if (item === 2) throw new Error('two');
      ended.push(item);
    });
    await expect(running).rejects.toThrow('two');
    expect([begun, ended]).toEqual([[1, 2], [1]]);
  });
});
