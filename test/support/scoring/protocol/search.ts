import { allBut, type Condition, type Holding } from './conditions.ts';
import { type IngestActor, ingest } from './model_ingest.ts';
import { type LossActor, loss } from './model_loss.ts';
import { RUN_START, type RunActor, type RunPosition, run } from './model_run.ts';
import { SEAL_START, type SealActor, type SealPosition, seal } from './model_seal.ts';
import { ALL_HOURS, type Rows, type Store } from './model_store.ts';

/** What a program does next: in words, the store after it, and where it goes on; null at its end. `fault`: what is wrong. */
export type Step<Position> = readonly [what: string, after: Store, next: Position | null, fault?: string | undefined];

export type ModelActor = IngestActor | RunActor | SealActor | LossActor;

export interface Scenario {
  readonly name: string;
  readonly rows: Rows;
  readonly start: Store;
  readonly actors: readonly ModelActor[];
  /** The days before this one have ended for the run that comes last. */
  readonly endedBefore: number;
}

export interface Found {
  readonly states: number;
  /** A shortest schedule after which rows are missing or counted twice; null where there is none. */
  readonly bad: { readonly schedule: readonly string[]; readonly fault: string } | null;
}

interface State {
  readonly store: Store;
  readonly positions: readonly unknown[];
  readonly before: State | null;
  readonly what: string;
}

/** Searches every order of the steps of all actors, and ends at the first bad schedule. */
export function search({ rows, start, actors, endedBefore }: Scenario, leftOut: Condition | null): Found {
  const has = allBut(leftOut);
  const first: State = { store: start, positions: actors.map(startOf), before: null, what: '' };
  const seen = new Set([keyOf(first)]);
  const faultAfter = quietRun(endedBefore, rows, has);
  const bad = (state: State, fault: string): Found => ({
    states: seen.size,
    bad: { schedule: scheduleOf(state), fault },
  });
  for (let states: readonly State[] = [first]; states.length > 0; ) {
    const next: State[] = [];
    for (const state of states) {
      for (const { after, fault } of successors(state, actors, rows, has)) {
        if (fault !== undefined) return bad(after, fault);
        const key = keyOf(after);
        if (!seen.has(key)) next.push(after);
        seen.add(key);
      }
      const fault = state.positions.every((position) => position === null) ? faultAfter(state.store) : undefined;
      if (fault !== undefined) return bad(state, fault);
    }
    states = next;
  }
  return { states: seen.size, bad: null };
}

/** What can happen next: a step of any actor that has not ended. */
function* successors(
  state: State,
  actors: readonly ModelActor[],
  rows: Rows,
  has: Holding,
): Generator<{ readonly after: State; readonly fault: string | undefined }> {
  for (const [n, actor] of actors.entries()) {
    const position = state.positions[n];
    if (position === null) continue;
    for (const [what, store, next, fault] of stepsOf(actor, state.store, position, rows, has)) {
      const positions = state.positions.with(n, next);
      yield { after: { store, positions, before: state, what: `${actor.kind} ${n}: ${what}` }, fault };
    }
  }
}

function startOf({ kind }: ModelActor): unknown {
  return kind === 'run' ? RUN_START : kind === 'seal' ? SEAL_START : 0;
}

function stepsOf(
  actor: ModelActor,
  store: Store,
  position: unknown,
  rows: Rows,
  has: Holding,
): Iterable<Step<unknown>> {
  switch (actor.kind) {
    case 'ingest':
      return ingest(actor, store, position as number, rows, has);
    case 'run':
      return run(actor, store, position as RunPosition, rows, has);
    case 'seal':
      return seal(store, position as SealPosition, has);
    case 'loss':
      return loss(store);
  }
}

/** Versions are compared and nothing else, so states that differ in their numbers alone are one. */
function keyOf({ store: { days, written }, positions }: State): string {
  const numbers = new Map<string, number>();
  return JSON.stringify([days, written, positions]).replace(/"version":(\d+)/g, (_, version: string) => {
    const number = numbers.get(version) ?? numbers.size;
    numbers.set(version, number);
    return `v${number}`;
  });
}

function scheduleOf(state: State): string[] {
  const steps: string[] = [];
  for (let each: State | null = state; each?.before; each = each.before) steps.unshift(each.what);
  return steps;
}

/** What is wrong with a run beside which nothing happens, by the store that it finds. */
function quietRun(endedBefore: number, rows: Rows, has: Holding): (start: Store) => string | undefined {
  const actor: RunActor = { kind: 'run', does: 'all', endedBefore, window: ALL_HOURS, holdsFiles: false };
  const known = new Map<string, string | undefined>();
  const faultFrom = (start: Store): string | undefined => {
    let store = start;
    for (let position: unknown = RUN_START; position !== null; ) {
      const [step] = stepsOf(actor, store, position, rows, has);
      if (step === undefined) throw new Error('a run stands still');
      if (step[3] !== undefined) return `the next run ${step[3]}`;
      [, store, position] = step;
    }
    return undefined;
  };
  return (start) => {
    const key = JSON.stringify(start);
    if (!known.has(key)) known.set(key, faultFrom(start));
    return known.get(key);
  };
}
