import fc from 'fast-check';

/** A group as tests make them: times since 1970, and the hours in which other groups of the device reported. */
export interface SyntheticGroup {
  readonly counts: readonly { readonly second: number; readonly count: number }[];
  readonly deviceOn: readonly number[];
}

/** 2026-11-17T00:00:00Z, in hours since 1970. */
export const BASE_HOUR = Date.UTC(2026, 10, 17) / 3_600_000;

const counts = fc.oneof(
  fc.constantFrom(1, 12, 30).map((same) => () => same),
  fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 6 })).map(
    ([least, spread]) =>
      (at: number) =>
        1 + least + ((at * 7919) % spread),
  ),
  fc
    .array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 9 })
    .map((values) => (at: number) => values[at % values.length]!),
);

/** Reports in some hours of three days, before and after the full hour; devices that are on, off at night, or not known. */
export const groups: fc.Arbitrary<SyntheticGroup> = fc
  .record({
    hours: fc.oneof(
      fc.integer({ min: 5, max: 72 }).map((n) => Array.from({ length: n }, (_none, hour) => hour)),
      fc
        .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 5, max: 12 }))
        .map(([gap, n]) => Array.from({ length: n }, (_none, i) => gap * i)),
      fc.uniqueArray(fc.nat(71), { minLength: 3, maxLength: 60 }),
    ),
    count: counts,
    phase: fc.integer({ min: 0, max: 3599 }),
    wobble: fc.constantFrom(0, 0, 300, 900),
    nightFrom: fc.constantFrom(24, 24, 18, 12),
    quiet: fc.constantFrom(0, 0, 3, 5),
  })
  .map(({ hours, count, phase, wobble, nightFrom, quiet }) => {
    const isOn = (hour: number) => hour % 24 < nightFrom;
    const used = hours.filter(isOn);
    return {
      counts: used.map((hour, at) => ({
        second: (BASE_HOUR + hour) * 3600 + phase + ((at * 7) % 3) * wobble - wobble,
        count: count(at),
      })),
      deviceOn: Array.from({ length: 76 }, (_none, hour) => hour - 2)
        .filter((hour) => isOn((hour + 24) % 24) && (quiet === 0 || (hour + 24) % quiet !== 0))
        .map((hour) => BASE_HOUR + hour),
    };
  });
