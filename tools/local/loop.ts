import { setTimeout as delay } from 'node:timers/promises';

/** Something that runs in the background until it is stopped. */
export interface Listener {
  /** Resolves when what it is at has come to its end. */
  stop(): Promise<void>;
}

/**
 * Calls `step` again and again, `pauseMs` (what the step says) after its end. A step that throws ends the loop: `onError`
 * hears of it, unless the loop was being stopped.
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
