import { randomOf } from '../../tools/sample/random.ts';

export const POINTS = 72;

/**
 * Hourly series of one kind of group, some of each: steady as a beacon, with the rhythm of a day, and without any.
 * `over`: the share whose mean lies above the rule's line of 45; the others' does not.
 */
export function seriesOf(count: number, over: number): readonly (readonly number[])[] {
  const random = randomOf(9, 'bench-series', count, over);
  return Array.from({ length: count }, (_, number) => {
    const mean = random.fraction() < over ? 60 + random.fraction() * 200 : 2 + random.fraction() * 30;
    return Array.from({ length: POINTS }, (_, hour) => {
      if (isSteady(number)) return Math.round(mean * (0.9 + 0.2 * random.fraction()));
      const rhythm = 1 + 0.6 * Math.sin((2 * Math.PI * hour) / 24);
      if (number % 3 === 1) return Math.round(mean * rhythm * (0.9 + 0.2 * random.fraction()));
      return Math.round(mean * (0.2 + 0.25 / (random.fraction() + 0.1)));
    });
  });
}

/** Whether it is one that is steady as a beacon, by its place. */
export function isSteady(number: number): boolean {
  return number % 3 === 0;
}
