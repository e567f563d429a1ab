import { describe, expect, it } from 'vitest';
import { type Contestant, interleave } from '../../../bench/harness/interleave.ts';

describe('interleave(contestants, rounds)', () => {
  const order: string[] = [];
  const contestant = (name: string, rounds?: number): Contestant => ({
    name,
    ...(rounds !== undefined && { rounds }),
    run(round) {
      order.push(`${name}${round}`);
      return { wallMs: round * 10 };
    },
  });

  it('takes turns, and keeps the numbers of each round by name', async () => {
    order.length = 0;
    const measured = await interleave([contestant('a'), contestant('b')], 2);
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1']);
    expect(measured).toEqual({ a: { wallMs: [0, 10] }, b: { wallMs: [0, 10] } });
  });

  it('does not keep the rounds that warm up', async () => {
    order.length = 0;
    const measured = await interleave([contestant('a')], 1, { warmUp: 2 });
    expect(order).toEqual(['a-2', 'a-1', 'a0']);
    expect(measured).toEqual({ a: { wallMs: [0] } });
  });

  it('lets a slow one take part in the first rounds alone', async () => {
    order.length = 0;
    const measured = await interleave([contestant('a'), contestant('slow', 1)], 3);
    expect(order).toEqual(['a0', 'slow0', 'a1', 'a2']);
    expect(measured['slow']).toEqual({ wallMs: [0] });
  });

  it('ends with the error of a contestant, and refuses two of one name', async () => {
    const broken: Contestant = {
      name: 'broken',
      run() {
        throw new Error('another answer');
      },
    };
    await expect(interleave([contestant('a'), broken], 2)).rejects.toThrow('another answer');
    await expect(interleave([contestant('a'), contestant('a')], 2)).rejects.toThrow(RangeError);
  });
});
