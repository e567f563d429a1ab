import fc from 'fast-check';
import type { Counted } from '../../../src/core/records/contribution.ts';
import type { Day } from '../../../src/core/records/day.ts';
import type { FileSizes } from '../../../src/scoring/count_files/file_sizes.ts';
import type { DayStores } from '../../../src/scoring/count_files/refresh_day.ts';
import { sealDay } from '../../../src/scoring/count_files/seal_day.ts';
import { ConflictError } from '../../../src/storage/optimistic.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { P3 } from '../../contract/samples.ts';
import {
  anyRowSpec,
  changed,
  Death,
  FIRST_DAY,
  lacking,
  newWorld,
  type RowSpec,
  read,
  rowOf,
  type Step,
  scan,
  stepwiseStores,
  TINY,
  type World,
  wholeText,
  write,
} from './count_world.ts';
import {
  actOnExports,
  beginAct,
  type ExportActor,
  type ExportSide,
  type IngestStores,
  wokenUp,
} from './export_actors.ts';

/** What one worker does, until it ends or dies. */
export type Actor =
  | { readonly kind: 'score' | 'what-if'; readonly diesAt: number; readonly sleepsAt: number; readonly rounds: number }
  | {
      readonly kind: 'ingest';
      readonly rows: readonly RowSpec[];
      readonly segment: number;
      readonly byGroup: boolean;
      /** A segment that is abandoned is never repeated. */
      readonly diesAt: number;
    }
  | { readonly kind: 'seal'; readonly diesAt: number; readonly sleepsAt: number; readonly rounds: number }
  | { readonly kind: 'damage'; readonly day: string; readonly how: 'remove' | 'cut' | 'flip' | 'foreign' }
  /** The only copy of a sealed day is gone. */
  | { readonly kind: 'lose' }
  | ExportActor;

/** Actors that work at the same time; then a quiet run. */
export interface Act {
  readonly actors: readonly Actor[];
  /** The window's end: hours after midnight of the first day. */
  readonly hour: number;
}

export interface Stage {
  readonly world: World;
  /** The stores as actors see them; a mistake that is put in by hand replaces it. */
  readonly storesOf: (world: World, step: Step, kind: Actor['kind']) => DayStores & Partial<IngestStores>;
  readonly sizes: FileSizes;
}

/** Files in blocks, and files in one piece. */
export const anySizes: fc.Arbitrary<FileSizes> = fc.constantFrom(TINY, { ...TINY, first: 100_000 });

export const NEVER = 1_000_000;
export const diesAt = fc.oneof({ weight: 3, arbitrary: fc.constant(NEVER) }, { weight: 2, arbitrary: fc.nat(30) });
/** A worker that sleeps lets others do all of their work before its next call. */
export const sleepsAt = fc.oneof({ weight: 1, arbitrary: fc.constant(NEVER) }, { weight: 2, arbitrary: fc.nat(12) });
export const rounds = fc.constantFrom(20, 40, 80);
export const scorer: fc.Arbitrary<Actor> = fc.record({ kind: fc.constant('score' as const), diesAt, sleepsAt, rounds });
export const whatIf: fc.Arbitrary<Actor> = fc.record({
  kind: fc.constant('what-if' as const),
  diesAt,
  sleepsAt,
  rounds,
});
const ingest: fc.Arbitrary<Actor> = fc.record({
  kind: fc.constant('ingest' as const),
  rows: fc.array(anyRowSpec, { minLength: 1, maxLength: 4 }),
  // Few, so that a segment is repeated while its entries are consumed.
  segment: fc.integer({ min: 1, max: 3 }),
  byGroup: fc.boolean(),
  diesAt,
});
export const damage: fc.Arbitrary<Actor> = fc.record({
  kind: fc.constant('damage' as const),
  day: fc.constantFrom('2026-11-20', '2026-11-21'),
  how: fc.constantFrom('remove', 'cut', 'flip', 'foreign'),
});

const anyAct: fc.Arbitrary<Act> = fc.record({
  actors: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: scorer },
      { weight: 5, arbitrary: ingest },
      { weight: 1, arbitrary: whatIf },
      { weight: 1, arbitrary: damage },
    ),
    { minLength: 3, maxLength: 6 },
  ),
  // In the first day's last hour, on the second day, and once both have ended.
  hour: fc.constantFrom(24, 25, 26, 26, 48, 49),
});

/** A day with a file ends; two scorers make its parts one while late rows come. */
export const dayEnds: fc.Arbitrary<readonly Act[]> = fc
  .tuple(ingest, scorer, scorer, ingest)
  .map(([before, one, other, late]) => [
    { actors: [{ ...before, diesAt: NEVER } as Actor], hour: 26 },
    { actors: [one, other, late], hour: 48 },
  ]);

export const sealer: fc.Arbitrary<Actor> = fc.record({ kind: fc.constant('seal' as const), diesAt, sleepsAt, rounds });

/** A day is sealed while late rows come. */
export const dayIsSealed: fc.Arbitrary<readonly Act[]> = fc
  .record({
    before: fc.array(ingest, { minLength: 1, maxLength: 2 }),
    isRead: fc.boolean(),
    beside: fc.array(fc.oneof({ weight: 2, arbitrary: scorer }, ingest, sealer, whatIf), {
      minLength: 1,
      maxLength: 3,
    }),
    sealer,
    after: fc.array(fc.oneof(scorer, sealer, ingest), { maxLength: 3 }),
  })
  .map(({ before, isRead, beside, sealer: one, after }) => [
    { actors: before.map((each) => ({ ...each, diesAt: NEVER }) as Actor), hour: isRead ? 49 : 26 },
    { actors: [...beside, one], hour: 49 },
    { actors: after, hour: 49 },
  ]);

/** A scorer that has read entries goes on when others have used them up, and the day is sealed. */
export const slowBesideSealing: fc.Arbitrary<readonly Act[]> = fc
  .record({ ingest, late: ingest, sleepsAt: fc.integer({ min: 3, max: 8 }) })
  .map(({ ingest: before, late, sleepsAt: sleeps }) => {
    const slow = { kind: 'score', diesAt: NEVER, sleepsAt: sleeps, rounds: 150 } as const;
    const other = { kind: 'score', diesAt: NEVER, sleepsAt: 0, rounds: 15 } as const;
    const one = { kind: 'seal', diesAt: NEVER, sleepsAt: 0, rounds: 60 } as const;
    return [
      { actors: [{ ...before, diesAt: NEVER } as Actor], hour: 26 },
      { actors: [late, slow, other, one], hour: 49 },
    ];
  });

export const anyActs: fc.Arbitrary<readonly Act[]> = fc.oneof(
  { weight: 3, arbitrary: fc.array(anyAct, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: dayEnds },
  { weight: 2, arbitrary: dayIsSealed },
  { weight: 1, arbitrary: slowBesideSealing },
);

/**
 * Plays acts. While actors work, what a run reads lies between the scans before and after it. After each act a quiet run reads what
 * the slow twin scans. Throws where that does not hold.
 */
export async function playActs(
  { world, storesOf, sizes }: Stage,
  acts: readonly Act[],
  scheduler: fc.Scheduler,
): Promise<void> {
  const trace: string[] = [];
  let isLost = false;
  try {
    for (const [n, { actors, hour }] of acts.entries()) {
      beginAct(world.exports, n === acts.length - 1);
      const working = actors.map((actor, m) =>
        act({ world, storesOf, sizes }, actor, hour, stepOf(scheduler, `${m}`, actor, trace, world.exports)),
      );
      await scheduler.waitFor(Promise.all([...working, ...wokenUp(world.exports)]));
      isLost ||= world.sealed.length > 0 && actors.some(({ kind }) => kind === 'lose');
      if (isLost) world.sealed = [];
      const expected = await scan(world, hour);
      const { rows, gaps } = await read(storesOf(world, quiet, 'score'), hour, { sizes });
      trace.push('quiet run');
      checkNone('a quiet run lacks', lacking(expected, rows, wholeText));
      checkNone('a quiet run invents', lacking(rows, expected, wholeText));
      const isNamed = gaps.some(({ day, reason }) => day === FIRST_DAY && reason === 'missing');
      if (isLost && !isNamed) throw new Error('a quiet run lacks the word that a file is missing');
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n  ${trace.join('\n  ')}`, { cause: error });
  }
}

const quiet: Step = (_call, run) => run();

function stepOf(scheduler: fc.Scheduler, name: string, actor: Actor, trace: string[], side: ExportSide | null): Step {
  let calls = 0;
  let hasSlept = false;
  return async (call, run) => {
    const label = `${actor.kind} ${name}: ${call}`;
    const naps = 'sleepsAt' in actor && calls === actor.sleepsAt ? actor.rounds : 1;
    if (!hasSlept && actor.kind === 'read' && actor.isZombie && call === 'rows.merge') {
      hasSlept = true;
      trace.push(`${label} sleeps`);
      await side?.fallAsleep(actor);
    }
    for (let round = 0; round < naps; round++) await scheduler.schedule(Promise.resolve(), label);
    // Whatever it does to clean up, no call arrives any more.
    if ('diesAt' in actor && calls++ >= actor.diesAt) {
      trace.push(`${actor.kind} ${name} dies before ${call}`);
      throw new Death();
    }
    trace.push(label);
    return await run();
  };
}

async function act({ world, storesOf, sizes }: Stage, actor: Actor, hour: number, step: Step): Promise<void> {
  const stores = storesOf(world, step, actor.kind);
  try {
    switch (actor.kind) {
      case 'score':
      case 'what-if': {
        await step('begins', async () => {});
        const before = await scan(world, hour);
        const mode = actor.kind === 'score' ? 'refresh' : 'overlay';
        const { rows } = await read(stores, hour, { mode, sizes });
        checkBetween(before, rows, await scan(world, hour));
        return;
      }
      case 'ingest':
        for (const spec of actor.rows) {
          await write(stores.hourlyCounts, [rowOf(spec)], actor.segment, actor.byGroup);
        }
        return;
      case 'seal':
        if (world.exports !== null && !world.exports.mayBeSealed) return;
        await sealDay(closing(world, stores), FIRST_DAY, async () => {}, [P3]);
        return;
      case 'damage':
        return await step(`damage ${actor.how}`, () => harm(world, actor));
      case 'lose':
        if (world.sealed.length > 0) await world.countFiles.remove({ partition: P3, day: FIRST_DAY });
        return;
      case 'export':
      case 'read':
      case 'close':
        return await actOnExports(world, stores, actor, step);
    }
  } catch (error) {
    if (!(error instanceof Death || error instanceof StoreError || error instanceof ConflictError)) throw error;
  }
}

/**
 * Assumed: a day has been closed for 24 hours, so that no ingest is about to write its rows when they go. Here it closes at the last
 * look for entries.
 */
function closing(world: World, stores: DayStores): DayStores {
  let isOpened = false;
  return {
    countFiles: changed(stores.countFiles, {
      open: (ref, most) => {
        isOpened = true;
        return stores.countFiles.open(ref, most);
      },
    }),
    hourlyCounts: changed(stores.hourlyCounts, {
      touched: (partition, day) => {
        if (isOpened) world.isClosed = true;
        return stores.hourlyCounts.touched(partition, day);
      },
    }),
  };
}

async function harm({ countFiles, isClosed }: World, { day, how }: Extract<Actor, { kind: 'damage' }>): Promise<void> {
  // Soon it is the only copy.
  if (day === FIRST_DAY && isClosed) return;
  const ref = { partition: P3, day: day as Day };
  const found = await countFiles.open(ref, 1e9);
  if (found === null) return;
  const bytes = Buffer.from(found.bytes);
  const middle = bytes.length >> 1;
  if (how === 'remove') return await countFiles.remove(ref);
  if (how === 'flip') bytes[middle] = (bytes[middle] as number) ^ 1;
  const harmed = how === 'cut' ? bytes.subarray(0, middle) : how === 'flip' ? bytes : Buffer.from('PAR1 foreign');
  await countFiles.put(ref, harmed, found.version);
}

function checkBetween(before: readonly Counted[], found: readonly Counted[], after: readonly Counted[]): void {
  checkNone('a run lacks what was there before it', lacking(before, found));
  checkNone('a run invents what is not there after it', lacking(found, after));
}

function checkNone(what: string, rows: readonly string[]): void {
  if (rows.length > 0) throw new Error(`${what}: ${rows.join(', ')}`);
}

export function freshStage(sizes: FileSizes, storesOf: Stage['storesOf'] = stepwiseStores): Stage {
  return { world: newWorld(), storesOf, sizes };
}
