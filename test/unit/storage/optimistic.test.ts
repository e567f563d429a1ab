import { describe, expect, it } from 'vitest';
import { CONFLICT, ConflictError, MAX_TRIES, retryOnConflict } from '../../../src/storage/optimistic.ts';

/** Runs an attempt that conflicts so many times; records its pauses and whether each try was the first. */
async function afterConflicts(conflicts: number) {
  const pauses: number[] = [];
  const firsts: boolean[] = [];
  const attempt = async (isFirst: boolean) => {
    firsts.push(isFirst);
    return firsts.length <= conflicts ? CONFLICT : null;
  };
  const pause = async (ms: number) => pauses.push(ms);
  const error = await retryOnConflict('detection', attempt, pause).catch((thrown: unknown) => thrown);
  return { pauses, firsts, error };
}

describe('retryOnConflict(kind, attempt)', () => {
  it('gives the result of the first attempt without a pause', async () => {
    expect(await retryOnConflict('detection', async () => 7)).toBe(7);
    expect(await afterConflicts(0)).toEqual({ pauses: [], firsts: [true], error: null });
  });

  it('tries again after a conflict, and says which attempt is the first', async () => {
    const { pauses, firsts, error } = await afterConflicts(3);
    expect({ firsts, error }).toEqual({ firsts: [true, false, false, false], error: null });
    expect(pauses).toHaveLength(3);
  });

  it('pauses longer each time, up to 800 ms, 5 s in all at most', async () => {
    const { pauses } = await afterConflicts(MAX_TRIES - 1);
    for (const [n, ms] of pauses.entries()) {
      const full = Math.min(10 * 2 ** n, 800);
      expect(ms).toBeGreaterThanOrEqual(full / 2);
      expect(ms).toBeLessThanOrEqual(full);
    }
    expect(pauses.map((_, n) => Math.min(10 * 2 ** n, 800)).reduce((sum, ms) => sum + ms)).toBeLessThanOrEqual(5000);
  });

  it('ends with a ConflictError that names the kind of row', async () => {
    const { firsts, error } = await afterConflicts(Number.POSITIVE_INFINITY);
    expect(firsts).toHaveLength(MAX_TRIES);
    expect(error).toBeInstanceOf(ConflictError);
    expect(String(error)).toMatch(
      /^ConflictError: the detection row was changed by other writers during each of 12 tries/,
    );
  });

  it('throws what the attempt throws, without another try', async () => {
    let tries = 0;
    const failing = async () => {
      tries++;
      throw new RangeError('broken');
    };
    await expect(retryOnConflict('sink', failing)).rejects.toThrow(RangeError);
    expect(tries).toBe(1);
  });
});
