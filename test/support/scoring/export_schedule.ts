import fc from 'fast-check';
import type { Act, Actor } from './count_schedule.ts';
import { damage, diesAt, NEVER, rounds, scorer, sealer, sleepsAt, whatIf } from './count_schedule.ts';
import { anyRowSpec } from './count_world.ts';

const name = fc.constantFrom('a', 'b');
const rows = fc.array(anyRowSpec, { minLength: 1, maxLength: 5 });
const append: fc.Arbitrary<Actor> = fc.record({
  kind: fc.constant('export' as const),
  name,
  change: fc.record({
    how: fc.constantFrom('append' as const, 'append' as const, 'raw' as const),
    rows,
    isOpen: fc.boolean(),
  }),
});
const change: fc.Arbitrary<Actor> = fc.oneof(
  { weight: 4, arbitrary: append },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('export' as const),
      name,
      change: fc.record({ how: fc.constant('replace' as const), rows, isOpen: fc.boolean() }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('export' as const),
      name,
      change: fc.record({ how: fc.constantFrom('foreign', 'delete', 'replay', 'replay') }),
    }),
  },
);
const reading = {
  kind: fc.constant('read' as const),
  name,
  segmentBytes: fc.constantFrom(1_000, 4_000, 64 * 1024 * 1024),
  isCorrected: fc.boolean(),
  diesAt,
  sleepsAt,
  rounds,
};
const reader: fc.Arbitrary<Actor> = fc.record({ ...reading, isZombie: fc.constant(false) });
const zombie: fc.Arbitrary<Actor> = fc.record({
  ...reading,
  // Nobody else reads it.
  name: fc.constant('c'),
  isZombie: fc.constant(true),
  diesAt: fc.constant(NEVER),
});

/** The exports have something, and it is read. */
const first: fc.Arbitrary<Act> = fc
  .record({ actors: fc.array(append, { minLength: 1, maxLength: 3 }), hour: fc.constantFrom(26, 48) })
  .map(({ actors, hour }) => ({ actors, hour }));
const anyAct: fc.Arbitrary<Act> = fc.record({
  actors: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: reader },
      { weight: 4, arbitrary: scorer },
      { weight: 4, arbitrary: change },
      { weight: 1, arbitrary: whatIf },
      { weight: 1, arbitrary: damage },
    ),
    { minLength: 3, maxLength: 6 },
  ),
  hour: fc.constantFrom(24, 26, 26, 48, 49),
});

/** The first day is closed and sealed while workers are at work; then one that has slept since goes on. */
export const sealedBesideIngest: fc.Arbitrary<readonly Act[]> = fc
  .record({
    first,
    before: fc.array(fc.oneof(reader, reader, scorer), { minLength: 1, maxLength: 3 }),
    beside: fc.array(fc.oneof(reader, scorer, append), { maxLength: 3 }),
    zombies: fc.array(zombie, { maxLength: 1 }),
    late: rows,
    sealing: fc.array(fc.oneof({ weight: 2, arbitrary: scorer }, reader, append, sealer, whatIf), { maxLength: 4 }),
    sealer,
    after: fc.array(fc.oneof(scorer, reader, append), { maxLength: 3 }),
    isLost: fc.boolean(),
    hour: fc.constantFrom(26, 49),
  })
  .map(({ first: one, before, beside, zombies, late, sealing, sealer: seals, after, isLost, hour }) => [
    {
      ...one,
      actors: [
        ...one.actors,
        { kind: 'export', name: 'c', change: { how: 'append', rows: late, isOpen: false } } as const,
      ],
    },
    { actors: before, hour },
    { actors: [...beside, ...zombies, { kind: 'close' } as const], hour: 49 },
    { actors: [...sealing, seals], hour: 49 },
    ...(isLost ? [{ actors: [{ kind: 'lose' } as const], hour: 49 }] : [{ actors: after, hour: 49 }]),
  ]);

/** A slow scorer goes on when another one has read what came later, and once the day has ended. */
export const scorersBesideIngest: fc.Arbitrary<readonly Act[]> = fc
  .record({
    first,
    name,
    before: reader,
    late: fc.array(append, { minLength: 1, maxLength: 2 }),
    beside: fc.array(reader, { minLength: 1, maxLength: 2 }),
    sleepsAt: fc.integer({ min: 2, max: 12 }),
    others: fc.array(scorer, { minLength: 1, maxLength: 2 }),
    hours: fc.constantFrom([26, 26] as const, [26, 48] as const, [26, 49] as const),
  })
  .map(({ first: one, before, late, beside, sleepsAt: sleeps, others, hours: [hour, then] }) => {
    const slow = { kind: 'score', diesAt: NEVER, sleepsAt: sleeps, rounds: 150 } as const;
    return [
      { ...one, hour },
      { actors: [{ ...before, diesAt: NEVER } as Actor], hour },
      { actors: late, hour },
      { actors: [slow, ...beside, ...others], hour: then },
    ];
  });

/** As `anyActs`, with exports and the real ingest. */
export const anyExportActs: fc.Arbitrary<readonly Act[]> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(first, fc.array(anyAct, { minLength: 1, maxLength: 3 })).map(([one, acts]) => [one, ...acts]),
  },
  { weight: 2, arbitrary: sealedBesideIngest },
  { weight: 2, arbitrary: scorersBesideIngest },
);
