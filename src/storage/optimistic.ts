import { setTimeout } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';

/** What an attempt gives back where another writer changed the row between its read and its write. */
export const CONFLICT = Symbol('conflict');

/** Other writers changed a row between each read and each write. Whoever repeats the work later may succeed. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';

  /** `kind`: the kind of row, without its key: `detection`. */
  constructor(kind: string, tries: number) {
    super(`the ${kind} row was changed by other writers during each of ${tries} tries to write it; try again later`);
  }
}

export const MAX_TRIES = 12;
/** All pauses together take at most 5 s. */
const PAUSE = { firstMs: 10, longestMs: 800 };

/**
 * Reads and writes a row under its version until no other writer comes between: at most `MAX_TRIES` times, with a longer
 * pause after each conflict, drawn at random so that writers that met do not meet again. The attempt reads the row itself,
 * or takes what it has read before where `isFirst`. Throws a ConflictError, and what the attempt throws.
 */
export async function retryOnConflict<T>(
  kind: string,
  attempt: (isFirst: boolean) => Promise<T | typeof CONFLICT>,
  pause: (ms: number) => Promise<unknown> = setTimeout,
): Promise<T> {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const result = await attempt(tries === 1);
    if (result !== CONFLICT) return result as T;
    if (tries < MAX_TRIES) await pause(backoffMs(PAUSE, tries, Math.random()));
  }
  throw new ConflictError(kind, MAX_TRIES);
}
