import { say, type Terminal } from './terminal.ts';

/** The message of a command that a signal stopped. */
export const STOPPED = 'stopped by a signal; the leases are released';

/**
 * An AbortSignal for SIGINT (Ctrl-C) and SIGTERM. The first one aborts it, so that the command can release its leases; the
 * second one ends the process at once. Call `release` when the command is done.
 */
export function stopSignal(terminal: Pick<Terminal, 'stderr'>): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    release();
    say(terminal, 'stopping; a second signal stops at once, and its leases then last ten minutes');
    controller.abort();
  };
  const release = (): void => {
    for (const name of SIGNALS) process.off(name, stop);
  };
  for (const name of SIGNALS) process.on(name, stop);
  return { signal: controller.signal, release };
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
