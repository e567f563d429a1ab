import type { DeadLetterWriter } from '../../../src/storage/ports/dead_letters.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { storesWith } from '../../fakes/stores_with.ts';

/** One call to storage, as it stands before the gate. */
export interface Call<T = unknown> {
  /** `exportStates.replace` */
  readonly op: string;
  /** The caller's result where the call took effect and the SDK's retry got 409 (insert) or 412 (replace). */
  readonly refusal?: T;
  run(): Promise<T>;
}

/** Lets calls through: when, whether, and with which answer. */
export type Gate = <T>(call: Call<T>) => Promise<T>;

export type Outcome =
  | 'run'
  /** It fails without effect. */
  | 'fail-before'
  /** It takes effect, and fails: the answer is lost. */
  | 'fail-after'
  /** It takes effect, and the answer says that it did not: the SDK had lost the answer and tried again. */
  | 'refuse-after';

/** What storage throws. Its words may be kept as a reason. */
export class InjectedFault extends StoreError {}

export async function perform<T>(call: Call<T>, outcome: Outcome): Promise<T> {
  if (outcome === 'fail-before') throw new InjectedFault(`${call.op}: before`);
  const answer = await call.run();
  if (outcome === 'fail-after') throw new InjectedFault(`${call.op}: after`);
  return outcome === 'refuse-after' && call.refusal !== undefined ? call.refusal : answer;
}

/** Stores all of whose calls that ingest and sweep make pass a gate: each piece of a listing or of a reading is one. */
export function gated(stores: Stores, gate: Gate): Stores {
  const { exports, exportStates, hourlyCounts, deadLetters, queues, runs } = stores;
  const pass = <T>(op: string, run: () => Promise<T>): Promise<T> => gate({ op, run });
  const passVersion = (op: string, run: () => Promise<string | null>): Promise<string | null> =>
    gate({ op, run, refusal: null });
  return {
    ...stores,
    exports: {
      info: (ref) => pass('exports.info', () => exports.info(ref)),
      read: (ref, start, end) => gatedItems('exports.read', () => exports.read(ref, start, end), gate),
      list: async (container) => {
        const items = await pass('exports.list', () => exports.list(container));
        return items === 'missing' ? items : gatedItems('exports.list next', () => items, gate);
      },
    },
    exportStates: {
      get: (ref) => pass('exportStates.get', () => exportStates.get(ref)),
      list: (container) => gatedItems('exportStates.list', () => exportStates.list(container), gate),
      insert: (row) => passVersion('exportStates.insert', () => exportStates.insert(row)),
      replace: (row, version) => passVersion('exportStates.replace', () => exportStates.replace(row, version)),
      remove: (ref) => pass('exportStates.remove', () => exportStates.remove(ref)),
    },
    runs: storesWith(stores, { runs: { boundaries: () => pass('runs.boundaries', () => runs.boundaries()) } }).runs,
    hourlyCounts: {
      merge: (...args) => pass('hourlyCounts.merge', () => hourlyCounts.merge(...args)),
      days: () => pass('hourlyCounts.days', () => hourlyCounts.days()),
      otherFormats: () => pass('hourlyCounts.otherFormats', () => hourlyCounts.otherFormats()),
      touched: (...args) => gatedItems('hourlyCounts.touched', () => hourlyCounts.touched(...args), gate),
      settle: (...args) => pass('hourlyCounts.settle', () => hourlyCounts.settle(...args)),
      hour: (...args) => gatedItems('hourlyCounts.hour', () => hourlyCounts.hour(...args), gate),
      day: (...args) => gatedItems('hourlyCounts.day', () => hourlyCounts.day(...args), gate),
      ofGroup: (...args) => gatedItems('hourlyCounts.ofGroup', () => hourlyCounts.ofGroup(...args), gate),
      removeDay: (day) => pass('hourlyCounts.removeDay', () => hourlyCounts.removeDay(day)),
    },
    deadLetters: {
      open: (segmentId, options) => gatedWriter(deadLetters.open(segmentId, options), pass),
      list: () => deadLetters.list(),
      expire: (before) => pass('deadLetters.expire', () => deadLetters.expire(before)),
    },
    queues: {
      send: (queue, message) => pass('queues.send', () => queues.send(queue, message)),
      waiting: (queue) => pass('queues.waiting', () => queues.waiting(queue)),
      lengths: () => pass('queues.lengths', () => queues.lengths()),
      takePoison: () => pass('queues.takePoison', () => queues.takePoison()),
    },
  };
}

function gatedItems<T>(op: string, open: () => AsyncIterable<T>, gate: Gate): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      let items: AsyncIterator<T> | undefined;
      return {
        next: () =>
          gate({
            op,
            run: () => {
              items ??= open()[Symbol.asyncIterator]();
              return items.next();
            },
          }),
        return: async () => {
          await items?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function gatedWriter(
  writer: DeadLetterWriter,
  pass: <T>(op: string, run: () => Promise<T>) => Promise<T>,
): DeadLetterWriter {
  return {
    add: (letter) => pass('deadLetters.add', () => writer.add(letter)),
    close: () => pass('deadLetters.close', () => writer.close()),
    abort: () => writer.abort(),
  };
}
