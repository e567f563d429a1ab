import { dayOf, type Store, withDay } from './model_store.ts';
import type { Step } from './search.ts';

/** Somebody deletes the file of the first day. While its rows are there, that must change nothing; afterwards a run must name the day. */
export interface LossActor {
  readonly kind: 'loss';
}

export function* loss(store: Store): Generator<Step<never>> {
  const { file, hasTable, isClosed } = dayOf(store, 0);
  if (file === null) yield ['finds no file', store, null];
  // Soon it is the only copy: what is lost between the last look and the removal of the table is lost.
  else if (hasTable && isClosed) yield ['leaves the file', store, null];
  else yield ['deletes the file', withDay(store, 0, { file: null, isLost: !hasTable }), null];
}
