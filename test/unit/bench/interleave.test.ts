import { describe, expect, it } from 'vitest';
import {
  type Contestant,
  interleave,
  interleaveSteps,
  type SteppedContestant,
} from '../../../bench/harness/interleave.ts';

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

describe('interleaveSteps(contestants, rounds)', () => {
  const order: string[] = [];
  const contestant = (name: string, steps: number, work = 0): SteppedContestant => ({
    name,
    async *steps(round) {
      for (let step = 1; step <= steps; step++) {
        order.push(`${name}${round}.${step}`);
        busy(work);
        if (step < steps) yield;
      }
      return { steps };
    },
  });

  it('takes turns step by step, each round another one first, and goes on with those that have steps left', async () => {
    order.length = 0;
    const rounds: number[] = [];
    const onRound = (round: number) => rounds.push(round);
    const measured = await interleaveSteps([contestant('a', 3), contestant('b', 1)], 2, { onRound });
    expect(order).toEqual(['a0.1', 'b0.1', 'a0.2', 'a0.3', 'b1.1', 'a1.1', 'a1.2', 'a1.3']);
    expect(measured).toMatchObject({ a: { steps: [3, 3] }, b: { steps: [1, 1] } });
    expect(rounds).toEqual([0, 1]);
  });

  it('adds up the CPU time of the steps of each', async () => {
    const measured = await interleaveSteps([contestant('idle', 4), contestant('busy', 4, 30)], 1);
    const [idle, busy] = [measured['idle'], measured['busy']].map((each) => each?.['cpuMs']?.[0] as number);
    expect(busy).toBeGreaterThanOrEqual(4 * 30);
    expect(idle).toBeLessThan(busy as number);
  });

  it('does not keep the rounds that warm up, and refuses two of one name', async () => {
    const measured = await interleaveSteps([contestant('a', 1)], 2, { warmUp: 3 });
    expect(measured['a']?.['steps']).toEqual([1, 1]);
    await expect(interleaveSteps([contestant('a', 1), contestant('a', 1)], 1)).rejects.toThrow(RangeError);
  });
});

/** Uses the processor for so many milliseconds of it. */
function busy(ms: number): void {
  const before = process.cpuUsage().user;
  while (process.cpuUsage().user - before < ms * 1000) Math.sqrt(2);
}
