import { StoreError } from '../ports/store_error.ts';
import { codeOf, statusOf } from './rest_errors.ts';

/** Calls the SDK. Throws a StoreError on the subject in place of the SDK's error. */
export async function withSubject<T>(subject: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof StoreError ? error : storeErrorOf(subject, error);
  }
}

function storeErrorOf(subject: string, cause: unknown): StoreError {
  return new StoreError(subject, { status: statusOf(cause), code: codeOf(cause) ?? networkCodeOf(cause), cause });
}

/** `ECONNRESET`: the connection broke while the answer was read. */
function networkCodeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
