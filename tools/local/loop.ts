import { setTimeout as delay } from 'node:timers/promises';

/** A task in the background. */
export interface Listener {
  /** Stops the task. Resolves when its current step has ended. */
  stop(): Promise<void>;
}

/**
 * Calls `step` repeatedly. It returns the pause before the next call, in ms. A step that throws ends the loop; `onError`
 * receives the error unless the loop is being stopped.
 */
export function loop(step: () => Promise<number>, onError: (error: unknown) => void): Listener {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    try {
      while (!signal.aborted) await delay(await step(), undefined, { signal });
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
  };
  const done = run();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
