import type { HttpRequest, InvocationContext } from '@azure/functions';
import { idsOf } from '../src/logging/correlation.ts';

/**
 * Wraps a handler so that each invocation leaves one line: JSON with the function, the invocation, the ids of what it
 * was about, what the handler gives back (its counts), and how long it took. Never anything of the telemetry.
 */
export function logged<I>(
  work: (input: I, context: InvocationContext) => Promise<object>,
): (input: I, context: InvocationContext) => Promise<void> {
  return async (input, context) => {
    await logging(context, idsOf(input), () => work(input, context), same);
  };
}

/** The same for a handler that answers a request: of it, the method and the status. */
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

/** The line is written for a failure as well: the host's own log of it knows no ids. It is the host that handles it. */
async function logging<T>(
  context: InvocationContext,
  ids: object,
  work: () => Promise<T>,
  counts: (result: T) => object,
): Promise<T> {
  const started = performance.now();
  let line: object = { error: 'unknown' };
  try {
    const result = await work();
    line = counts(result);
    return result;
  } catch (error) {
    line = { error: error instanceof Error ? error.name : 'unknown' };
    throw error;
  } finally {
    const { functionName, invocationId } = context;
    const durationMs = Math.round(performance.now() - started);
    context.log(JSON.stringify({ function: functionName, invocationId, ...ids, ...line, durationMs }));
  }
}

function same(counts: object): object {
  return counts;
}
