import type { Holding } from './conditions.ts';
import { dayOf, type Store, withDay } from './model_store.ts';
import type { Step } from './search.ts';

/** Seals the first day: it has been closed for long, and no ingest writes into it after the last look for entries. */
export interface SealActor {
  readonly kind: 'seal';
}

export type SealPosition =
  | { readonly at: 'entries' }
  | { readonly at: 'file'; readonly isFree: boolean }
  | { readonly at: 'write'; readonly isMarking: boolean; readonly version: number }
  | { readonly at: 'entries again' | 'table'; readonly version: number }
  | { readonly at: 'file again'; readonly version: number; readonly isFree: boolean };

export const SEAL_START: SealPosition = { at: 'entries' };
const DAY = 0;

export function* seal(store: Store, position: SealPosition, has: Holding): Generator<Step<SealPosition>> {
  const { entries, file, hasTable } = dayOf(store, DAY);
  const isFree = entries.length === 0 || !has.noRowsGoWithEntries;
  switch (position.at) {
    case 'entries':
      if (!hasTable) yield ['finds no table', store, null];
      else yield [`looks for entries: ${entries.length}`, store, { at: 'file', isFree }];
      return;
    case 'file':
      if (file === null) yield ['finds no file: waits', store, null];
      else if (file.isMarked && position.isFree) {
        yield ['finds a marked file', store, { at: 'entries again', version: file.version }];
      } else if (file.isMarked) {
        yield ['finds a marked file', store, { at: 'write', isMarking: false, version: file.version }];
      } else if (!position.isFree) yield ['waits', store, null];
      else if (!has.markBeforeRowsGo) {
        yield ['reads the version of the file', store, { at: 'entries again', version: file.version }];
      } else {
        yield ['reads the version of the file', store, { at: 'write', isMarking: true, version: file.version }];
      }
      return;
    case 'write': {
      const { isMarking, version } = position;
      if (file?.version !== version) {
        yield ['the file has another version: waits', store, null];
        return;
      }
      const marked = { ...file, isMarked: isMarking, version: store.clock + 1 };
      const after = withDay(store, DAY, { file: marked }, 1);
      if (isMarking) yield ['marks the file', after, { at: 'entries again', version: marked.version }];
      else yield ['takes the mark back', after, null];
      yield ['dies', store, null];
      return;
    }
    case 'entries again':
      yield [
        `looks for entries again: ${entries.length}`,
        withDay(store, DAY, { isClosed: true }),
        { at: 'file again', version: position.version, isFree },
      ];
      yield ['dies', store, null];
      return;
    case 'file again':
      if (file?.version === position.version) {
        if (position.isFree) yield ['reads the version of the file', store, { at: 'table', version: file.version }];
        else yield ['finds entries', store, { at: 'write', isMarking: false, version: file.version }];
      } else yield ['the file has another version: waits', store, null];
      return;
    case 'table':
      yield ['removes the table', withDay(store, DAY, { hasTable: false, rows: 0, entries: [] }), null];
      yield ['dies', store, null];
  }
}
