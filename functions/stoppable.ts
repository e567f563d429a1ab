/** The end of this process: it aborts the running work, and waits until that has released its leases. */
export class Shutdown {
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** Runs work that stops early when its signal is aborted. */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = work(this.#controller.signal);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Aborts the running work, and resolves when it has ended. */
  async begin(): Promise<void> {
    this.#controller.abort();
    await Promise.allSettled(this.#running);
  }

  /** Begins on the first signal of that name. A second one ends the process at once, as without this. */
  beginOn(process: NodeJS.Process, name: NodeJS.Signals): void {
    process.once(name, async () => {
      await this.begin();
      // A listener suppresses the end of the process. Where no other one decides about it, the signal is sent again.
      if (process.listenerCount(name) === 0) process.kill(process.pid, name);
    });
  }
}
