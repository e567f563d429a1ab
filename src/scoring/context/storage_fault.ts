import { StoreError } from '../../storage/ports/store_error.ts';

/**
 * Calls the storage of the context. Where it refuses, gives what `otherwise` makes of that: the run goes on without. The
 * message of a StoreError is a sentence without a URL.
 */
export async function unlessRefused<T>(
  call: () => Promise<T>,
  otherwise: (refusal: StoreError) => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return await otherwise(error);
  }
}
