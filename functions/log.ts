import type { InvocationContext } from '@azure/functions';

/** One line for each invocation: its counts, as JSON; never anything of the telemetry. */
export function log(context: InvocationContext, counts: object): void {
  context.log(JSON.stringify({ function: context.functionName, ...counts }));
}
