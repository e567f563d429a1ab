import type { RunActor } from './model_run.ts';
import { ALL_HOURS, type Entry, type ModelFile, type Row, Rows, type Store, WHOLE_DAY } from './model_store.ts';
import type { ModelActor, Scenario } from './search.ts';

/** `a01`: a row of group a, day 0, hour 1; a second one of the same hour is `a01` again. */
function rowOf(name: string): Row {
  return { group: name.charCodeAt(0) - 97, day: Number(name[1]), hour: Number(name[2]) };
}

interface Plan {
  readonly name: string;
  /** Rows that are there at the start: in a file and the table, or in the table with an entry. */
  readonly filed?: string;
  readonly announced?: string;
  /** Rows that are written meanwhile. */
  readonly late: string;
  /** Whether the files at the start have one part. */
  readonly isOne?: boolean;
  readonly endedBefore?: number;
  readonly actors: (late: readonly number[], announced: readonly number[]) => readonly ModelActor[];
}

function scenarioOf({
  name,
  filed = '',
  announced = '',
  late,
  isOne = false,
  endedBefore = 0,
  actors,
}: Plan): Scenario {
  const given = [filed, announced, late].map((text) => text.split(' ').filter((each) => each !== ''));
  const all = given.flatMap((names, kind) => names.map((each) => ({ ...rowOf(each), kind })));
  const rows = new Rows(all);
  const of = (kind: number) => [...rows.list.keys()].filter((n) => (rows.list[n] as { kind?: number }).kind === kind);
  const bits = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum | (1 << n), 0);
  const [old, open, more] = [of(0), of(1), of(2)] as [number[], number[], number[]];
  const days = [0, 1].map((day) => {
    const ofDay = rows.where((row) => row.day === day);
    const stored = bits([...old, ...open]) & ofDay;
    const hours = isOne ? [WHOLE_DAY] : [0, 1];
    const parts = hours.map((hour) => ({
      hour,
      rows: bits(old) & ofDay & rows.where((row) => hour === WHOLE_DAY || row.hour === hour),
    }));
    const file: ModelFile | null = (bits(old) & ofDay) === 0 ? null : { version: 1, isMarked: false, parts };
    const touched = [0, 1].filter((hour) => bits(open) & rows.where((row) => row.day === day && row.hour === hour));
    const entries = touched.map((hour): Entry => ({ hour, group: null, segment: 0, version: 1 }));
    return { hasTable: stored !== 0, rows: stored, entries, file, isClosed: false, isLost: false };
  });
  const start: Store = { days, clock: 1, written: bits([...old, ...open]) };
  return { name, rows, start, endedBefore, actors: actors(more, open) };
}

const run = (does: RunActor['does'], endedBefore = 0, changes: Partial<RunActor> = {}): RunActor => ({
  kind: 'run',
  does,
  endedBefore,
  window: ALL_HOURS,
  holdsFiles: false,
  ...changes,
});
const ingest = (rows: readonly number[], { segment = 1, byGroup = false, mayBeAbandoned = true } = {}): ModelActor => ({
  kind: 'ingest',
  rows,
  segment,
  byGroup,
  mayBeAbandoned,
});
const SEAL: ModelActor = { kind: 'seal' };
const LOSS: ModelActor = { kind: 'loss' };

/** All of them together take some seconds; the smallest come first. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a day has ended for one of two scorers',
    filed: 'a00 a01',
    isOne: true,
    late: 'b00',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('refresh'), run('refresh', 1), ingest(late)],
  },
  {
    name: 'a what-if over small files beside a run',
    filed: 'a01 a10',
    announced: 'b01',
    late: 'b01',
    actors: (late: readonly number[]) => [run('overlay', 0, { holdsFiles: true }), run('refresh'), ingest(late)],
  },
  {
    name: 'a what-if while a day is sealed',
    filed: 'a01 a10',
    announced: 'b01',
    late: '',
    endedBefore: 1,
    actors: () => [run('overlay', 1), run('refresh', 1), SEAL],
  },
  {
    name: 'a what-if beside a run',
    filed: 'a01 a10',
    announced: 'b01',
    late: 'b01',
    actors: (late: readonly number[]) => [run('overlay'), run('refresh'), ingest(late, { byGroup: true })],
  },
  {
    name: 'a segment is repeated while its entries are consumed',
    announced: 'a01',
    late: 'b01',
    actors: (late: readonly number[], open: readonly number[]) => [
      run('refresh'),
      run('refresh'),
      ingest([...open, ...late], { segment: 0, mayBeAbandoned: false }),
    ],
  },
  {
    name: 'one of two scorers is slow, and goes on once its day is sealed',
    filed: 'a00 b00',
    late: 'a00',
    isOne: true,
    endedBefore: 1,
    actors: (late: readonly number[]) => [
      run('refresh', 1),
      run('refresh', 1),
      SEAL,
      ingest(late, { mayBeAbandoned: false }),
    ],
  },
  {
    name: 'a window is merged while the parts of its day become one',
    filed: 'a00 a00 a01 b01 a10',
    late: 'b00',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('all'), run('refresh', 1), ingest(late)],
  },
  {
    name: 'a day ends while late rows come',
    filed: 'a00 b01',
    late: 'a01 b00',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('refresh'), run('refresh', 1), ingest(late, { byGroup: true })],
  },
  {
    name: 'two seal at once',
    filed: 'a00 b01',
    late: 'a01',
    endedBefore: 1,
    isOne: true,
    actors: (late: readonly number[]) => [run('refresh', 1), SEAL, SEAL, ingest(late)],
  },
  {
    name: 'a file is deleted beside a what-if, and its day sealed',
    filed: 'a00 b01',
    late: '',
    endedBefore: 1,
    actors: () => [run('overlay', 1), run('refresh', 1), SEAL, LOSS],
  },
  {
    name: 'a window of small files is merged while the parts of its day become one',
    filed: 'a00 a01 b01 a10',
    late: 'b00 a10',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('all', 0, { holdsFiles: true }), run('refresh', 1), ingest(late)],
  },
  {
    name: 'a file is deleted beside runs, and its day sealed',
    filed: 'a00 b01',
    late: '',
    endedBefore: 1,
    actors: () => [run('all', 1), run('refresh', 1), SEAL, LOSS],
  },
  {
    name: 'a part of two days is merged while the day ends',
    filed: 'a00 a01 b01 a10 a11',
    late: 'b01 b10',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('all', 0, { window: [1, 2] }), run('refresh', 1), ingest(late)],
  },
  {
    name: 'a window is merged while rows of two days come',
    filed: 'a00 a01 b01 a10',
    late: 'a00 b10',
    actors: (late: readonly number[]) => [run('all'), run('refresh'), ingest(late)],
  },
  {
    name: 'a day is sealed while late rows come',
    filed: 'a00 b01 a10',
    late: 'a01',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('refresh', 1), run('refresh', 1), SEAL, ingest(late)],
  },
  {
    name: 'two scorers, rows of two days',
    announced: 'a01 b11',
    late: 'a01 b10',
    actors: (late: readonly number[]) => [run('refresh'), run('refresh'), ingest(late)],
  },
  {
    name: 'a run beside the sealing of a day with late rows',
    filed: 'a00 a10',
    late: 'b01',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('all', 1), SEAL, run('refresh', 1), ingest(late)],
  },
].map(scenarioOf);

/** The same with more rows and workers: some minutes. */
export const LARGE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'three scorers, for two of which the day has ended, and late rows',
    filed: 'a00',
    late: 'b00 a01',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('refresh'), run('refresh', 1), run('refresh', 1), ingest(late)],
  },
  {
    name: 'two runs merge a window while late rows of two days come and a day is sealed',
    filed: 'a00 a10',
    late: 'b01 b10',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('all', 1), run('all', 1), SEAL, ingest(late)],
  },
  {
    name: 'a run and a what-if beside two segments, and the day ends',
    filed: 'a00 b01 a10',
    late: 'a01 b00',
    endedBefore: 1,
    actors: ([one = 0, other = 0]: readonly number[]) => [
      run('all', 1),
      run('overlay'),
      ingest([one], { byGroup: true }),
      ingest([other], { segment: 2 }),
    ],
  },
  {
    name: 'two that seal, and late rows of two segments',
    filed: 'a00 b01',
    late: 'a01 b00',
    endedBefore: 1,
    actors: ([one = 0, other = 0]: readonly number[]) => [
      run('refresh', 1),
      SEAL,
      SEAL,
      ingest([one]),
      ingest([other], { segment: 2, byGroup: true }),
    ],
  },
  {
    name: 'a file is deleted beside two runs and late rows, and its day sealed',
    filed: 'a00 b01',
    late: 'a01',
    endedBefore: 1,
    actors: (late: readonly number[]) => [run('all', 1), run('refresh', 1), SEAL, LOSS, ingest(late)],
  },
].map(scenarioOf);
