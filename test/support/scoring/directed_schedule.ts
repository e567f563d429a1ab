import fc from 'fast-check';
import { type Act, type Actor, NEVER } from './count_schedule.ts';
import type { RowSpec } from './count_world.ts';
import type { Hold } from './held_steps.ts';

/** Acts, and the calls in them that wait for others. */
export interface Directed {
  readonly acts: readonly Act[];
  readonly holds: readonly Hold[];
}

type Read = Extract<Actor, { kind: 'read' }>;
const WHOLE = 64 * 1024 * 1024;

const awake = { diesAt: NEVER, sleepsAt: NEVER, rounds: 1 };
const score: Actor = { kind: 'score', ...awake };
const seals: Actor = { kind: 'seal', ...awake };
const close: Actor = { kind: 'close' };
const read = (name: string, changes: Partial<Read> = {}): Actor => ({
  kind: 'read',
  name,
  segmentBytes: WHOLE,
  isCorrected: false,
  isZombie: false,
  ...awake,
  ...changes,
});
const append = (name: string, rows: readonly RowSpec[]): Actor => ({
  kind: 'export',
  name,
  change: { how: 'append', rows, isOpen: false },
});
const change = (name: string, how: 'delete' | 'replay'): Actor => ({ kind: 'export', name, change: { how } });

/** A call of an actor waits for a call of another. */
const hold = (actor: string, call: string, untilActor: string, untilCall: string, times = 1): Omit<Hold, 'act'> => ({
  actor,
  call,
  until: { actor: untilActor, call: untilCall, times },
});
const inAct = (act: number, holds: readonly Omit<Hold, 'act'>[]): Hold[] => holds.map((each) => ({ ...each, act }));

const FIRST_DAY = [22, 23];
const SECOND_DAY = [24, 25];
const rowsIn = (hours: readonly number[]): fc.Arbitrary<RowSpec[]> =>
  fc.array(
    fc.record({
      // The service refuses rows of the fourth.
      group: fc.constantFrom(1, 2, 3),
      hour: fc.constantFrom(...hours),
      number: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
const sameDay = fc.constantFrom(FIRST_DAY, SECOND_DAY);
/** How a scorer writes a file: in one piece, or of blocks. */
const write = fc.constantFrom('files.put', 'files.commit');

/** A scorer that has read rows commits after another one, which has read what came later. */
export const overtakenScorer: fc.Arbitrary<Directed> = sameDay
  .chain((hours) =>
    fc.record({ rows: rowsIn(hours), more: rowsIn(hours), late: rowsIn(hours), write, hasEnded: fc.boolean() }),
  )
  .map(({ rows, more, late, write: put, hasEnded }) => {
    const hour = hasEnded ? 49 : 26;
    return {
      acts: [
        { actors: [append('a', rows), append('b', more)], hour: 26 },
        { actors: [read('a')], hour: 26 },
        { actors: [read('b'), score, append('a', late), read('a'), score], hour },
      ],
      holds: inAct(2, [
        hold('score 1', 'begins', 'read 0', 'rows.merge'),
        hold('read 3', 'exportStates.get', 'score 1', 'files.open'),
        hold('score 4', 'begins', 'read 3', 'rows.merge'),
        hold('score 1', put, 'score 4', 'rows.settle'),
      ]),
    };
  });

/** The same, but the scorer has nothing new: the day has ended, and it makes the parts one. */
export const overtakenAtEndOfDay: fc.Arbitrary<Directed> = fc
  .record({ rows: rowsIn(FIRST_DAY), late: rowsIn(FIRST_DAY), write })
  .map(({ rows, late, write: put }) => ({
    acts: [
      { actors: [append('a', rows)], hour: 23 },
      { actors: [read('a')], hour: 23 },
      { actors: [score, append('a', late), read('a'), score], hour: 49 },
    ],
    holds: inAct(2, [
      hold('read 2', 'exportStates.get', 'score 0', 'files.open'),
      hold('score 3', 'begins', 'read 2', 'rows.merge'),
      hold('score 0', put, 'score 3', 'rows.settle'),
    ]),
  }));

/** A segment is applied again, by a reader that was corrected, while a scorer uses up its entries. */
export const entryRenewed: fc.Arbitrary<Directed> = sameDay
  .chain((hours) => fc.record({ rows: rowsIn(hours), write, isEarlier: fc.boolean() }))
  .map(({ rows, write: put, isEarlier }) => ({
    acts: [
      { actors: [append('a', rows)], hour: 26 },
      { actors: [read('a'), score, change('a', 'replay'), read('a', { isCorrected: true })], hour: 26 },
    ],
    holds: inAct(1, [
      hold('score 1', 'begins', 'read 0', 'rows.merge'),
      // The lease, and the commit.
      hold('export 2', 'export', 'read 0', 'exportStates.replace', 2),
      hold('read 3', 'exportStates.get', 'export 2', 'export'),
      hold('read 3', 'rows.merge', 'score 1', isEarlier ? 'rows.touched' : put),
      hold('score 1', 'rows.settle', 'read 3', 'rows.merge'),
    ]),
  }));

/** A segment is abandoned after some of its rows, and its export is gone: nobody repeats it. */
export const abandonedSegment: fc.Arbitrary<Directed> = sameDay
  .chain((hours) => fc.record({ rows: rowsIn(hours), more: rowsIn(hours), merges: fc.constantFrom(1, 1, 2) }))
  .map(({ rows, more, merges }) => ({
    acts: [
      { actors: [append('a', rows), append('b', more)], hour: 26 },
      { actors: [read('b')], hour: 26 },
      { actors: [read('a'), change('a', 'delete'), score], hour: 26 },
    ],
    holds: [
      { act: 2, actor: 'read 0', call: '', after: 'rows.merge', until: null },
      ...inAct(2, [
        hold('export 1', 'export', 'read 0', 'rows.merge', merges),
        hold('score 2', 'begins', 'read 0', 'rows.merge', merges),
      ]),
    ],
  }));

/** A day is closed and sealed. A worker that has been asleep since before then writes its rows. */
export const rowsAfterSealing: fc.Arbitrary<Directed> = fc
  .record({ rows: rowsIn(FIRST_DAY), late: rowsIn(FIRST_DAY), isScored: fc.boolean() })
  .map(({ rows, late, isScored }) => ({
    acts: [
      { actors: [append('a', rows), append('c', late)], hour: 49 },
      { actors: [read('a')], hour: 49 },
      { actors: [read('c', { isZombie: true }), close], hour: 49 },
      { actors: [seals], hour: 49 },
      { actors: isScored ? [score] : [], hour: 49 },
    ],
    holds: inAct(2, [hold('close 1', 'close', 'read 0', 'runs.boundaries')]),
  }));

/**
 * The last rows of a closed day come before it is sealed. One scorer uses up their entries; another one, which has read the same
 * entries, goes on once the file is marked, or once the table is gone.
 */
export const slowScorerAtSealing: fc.Arbitrary<Directed> = fc
  .record({
    rows: rowsIn(FIRST_DAY),
    late: rowsIn(FIRST_DAY),
    opensAfter: fc.constantFrom('settle', 'mark'),
    reading: fc.constantFrom('rows.hour', 'rows.hour', 'files.put', 'files.commit'),
    scores: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ rows, late, opensAfter, reading, scores }) => ({
    acts: [
      { actors: [append('a', rows), append('c', late)], hour: 49 },
      { actors: [read('a')], hour: 49 },
      { actors: [read('c', { isZombie: true }), close], hour: 49 },
      // Now the worker that slept writes its rows. Sometimes no scorer has used up their entries.
      { actors: scores === 0 ? [seals] : [seals, score, score], hour: 49 },
    ],
    holds: [
      ...inAct(2, [hold('close 1', 'close', 'read 0', 'runs.boundaries')]),
      ...inAct(3, [
        hold('seal 0', '', 'read 0', 'rows.merge'),
        ...(scores === 0
          ? []
          : [
              hold('score 1', 'begins', 'read 0', 'rows.merge'),
              hold('score 2', 'begins', 'score 1', 'rows.touched'),
              opensAfter === 'mark'
                ? hold('score 1', 'files.open', 'seal 0', 'files.mark')
                : hold('score 1', 'files.open', 'score 2', 'rows.settle'),
              hold('seal 0', 'rows.touched', 'score 2', 'rows.settle'),
              hold('score 1', reading, 'seal 0', 'rows.removeDay'),
            ]),
      ]),
    ],
  }));

/** The only copy of a sealed day is lost. */
export const sealedFileLost: fc.Arbitrary<Directed> = rowsIn(FIRST_DAY).map((rows) => ({
  acts: [
    { actors: [append('a', rows)], hour: 49 },
    { actors: [read('a')], hour: 49 },
    { actors: [close], hour: 49 },
    { actors: [seals], hour: 49 },
    { actors: [{ kind: 'lose' }], hour: 49 },
  ],
  holds: [],
}));

/**
 * Schedules in which only some calls wait for others. Each shows mistakes of count_mistakes.ts, where they are made:
 *
 * | schedules             | mistakes that they show                                                             |
 * |-----------------------|-------------------------------------------------------------------------------------|
 * | `overtakenScorer`     | a file is written without its version, or the version is read after the rows; an old file is trusted |
 * | `overtakenAtEndOfDay` | parts are made one without the version of the file                                  |
 * | `entryRenewed`        | an entry is deleted without its version                                             |
 * | `abandonedSegment`    | an entry is written after the rows, or after the commit of its segment              |
 * | `rowsAfterSealing`    | the table of a closed day is created again                                          |
 * | `slowScorerAtSealing` | a sealed file is written again; a file is not marked before its rows go; rows go while an entry is left |
 * | `sealedFileLost`      | a missing file of a sealed day is taken for an empty one                            |
 *
 * Schedules in any order hardly find them: a scorer is over before a reader has written its first row. With a new mistake, add the
 * schedule that shows it.
 */
export const anyDirected: fc.Arbitrary<Directed> = fc.oneof(
  overtakenScorer,
  overtakenAtEndOfDay,
  entryRenewed,
  abandonedSegment,
  rowsAfterSealing,
  slowScorerAtSealing,
  sealedFileLost,
);
