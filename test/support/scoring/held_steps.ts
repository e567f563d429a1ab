import type fc from 'fast-check';
import { Death } from './count_world.ts';

/** A call of a worker: `score 2: files.put` is the call `files.put` of the third actor of an act. */
export interface Call {
  readonly actor: string;
  /** How its name begins; '' for any. */
  readonly call: string;
}

/** Calls of an actor in one act that wait for a call of another one. */
export interface Hold extends Call {
  readonly act: number;
  /** It waits until this call was made so often (1 by default); null: until the end, so the actor dies there. */
  readonly until: (Call & { readonly times?: number }) | null;
  /** Only calls after this one of its own wait. */
  readonly after?: string;
}

/** A call that waits for longer waits for what never comes: its worker dies. */
const MAX_ROUNDS = 500;

/** The same scheduler, but calls that are held wait. What is not held happens in any order. */
export function heldSteps(scheduler: fc.Scheduler, holds: readonly Hold[]): fc.Scheduler {
  let act = 0;
  let made: string[] = [];
  const dead = new Set<string>();
  const count = ({ actor, call }: Call) => made.filter((label) => label.startsWith(`${actor}: ${call}`)).length;
  const isHeld = (label: string): boolean =>
    holds.some(({ actor, call, until, after, act: of }) => {
      if (of !== act || !label.startsWith(`${actor}: ${call}`)) return false;
      if (after !== undefined && count({ actor, call: after }) === 0) return false;
      return until === null || count(until) < (until.times ?? 1);
    });
  const schedule = async (value: Promise<unknown>, label = ''): Promise<unknown> => {
    const worker = `${act} ${label.split(':')[0]}`;
    if (dead.has(worker)) throw new Death();
    for (let round = 0; isHeld(label); round++) {
      if (round === MAX_ROUNDS) {
        dead.add(worker);
        throw new Death();
      }
      await scheduler.schedule(Promise.resolve(), `${label} waits`);
    }
    const given = await scheduler.schedule(value, label);
    made.push(label);
    return given;
  };
  return new Proxy(scheduler, {
    get(target, key) {
      if (key === 'schedule') return schedule;
      const call: unknown = Reflect.get(target, key);
      if (typeof call !== 'function') return call;
      if (key !== 'waitFor') return call.bind(target);
      return async (...given: unknown[]) => {
        const result: unknown = await Reflect.apply(call, target, given);
        [act, made] = [act + 1, []];
        return result;
      };
    },
  });
}
