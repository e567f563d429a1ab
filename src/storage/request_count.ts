import { AsyncLocalStorage } from 'node:async_hooks';

const scope = new AsyncLocalStorage<{ requests: number }>();

/** Notes a request to Table Storage that is about to leave; ignored outside of `countRequests`. */
export function noteRequest(): void {
  const count = scope.getStore();
  if (count !== undefined) count.requests++;
}

/** Runs work, and counts the requests to Table Storage that leave on its behalf, retries among them. */
export async function countRequests<T>(work: () => Promise<T>): Promise<{ result: T; requests: number }> {
  const count = { requests: 0 };
  const result = await scope.run(count, work);
  return { result, requests: count.requests };
}
