import type { HttpRequest, InvocationContext } from '@azure/functions';
import { countingBadRows } from '../src/logging/bad_rows.ts';
import { idsOf } from '../src/logging/correlation.ts';

/**
 * Wraps a handler so that each invocation logs one line of JSON: the function, the invocation, the ids of its input, the
 * result of the handler (counts), the number of stored rows that it skipped because they cannot be read, and the duration. Never any telemetry.
 */
export function logged<I>(
  work: (input: I, context: InvocationContext) => Promise<object>,
): (input: I, context: InvocationContext) => Promise<void> {
  return async (input, context) => {
    await logging(
      context,
      idsOf(input),
      () => work(input, context),
      (counts) => counts,
    );
  };
}

/** The same for a handler of HTTP requests: the line has the method and the status. */
export function answering<A extends { readonly status: number }>(
  work: (request: HttpRequest, context: InvocationContext) => Promise<A>,
): (request: HttpRequest, context: InvocationContext) => Promise<A> {
  return (request, context) =>
    logging(
      context,
      {},
      () => work(request, context),
      ({ status }) => ({ method: request.method, status }),
    );
}

/** Logs the line for a failure too, since the host's own log has no ids; then the host handles the error. */
async function logging<T>(
  context: InvocationContext,
  ids: object,
  work: () => Promise<T>,
  counts: (result: T) => object,
): Promise<T> {
  const started = performance.now();
  let line: object = { error: 'unknown' };
  let badRows = 0;
  try {
    const result = await countingBadRows(work, (number) => {
      badRows = number;
    });
    line = counts(result);
    return result;
  } catch (error) {
    line = { error: error instanceof Error ? error.name : 'unknown' };
    throw error;
  } finally {
    const { functionName, invocationId } = context;
    const durationMs = Math.round(performance.now() - started);
    const skipped = badRows === 0 ? {} : { badRows };
    context.log(JSON.stringify({ function: functionName, invocationId, ...ids, ...line, ...skipped, durationMs }));
  }
}
