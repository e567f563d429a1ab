import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Shutdown } from '../../../functions/stoppable.ts';

/** A process that records the signals that it sends to itself. */
class FakeProcess extends EventEmitter {
  readonly pid = 1;
  readonly killed: string[] = [];
  kill(_pid: number, name: string): void {
    this.killed.push(name);
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Shutdown', () => {
  it('aborts running work on a signal, waits for it, and then lets the signal end the process', async () => {
    const process = new FakeProcess();
    const shutdown = new Shutdown();
    shutdown.beginOn(process as unknown as NodeJS.Process, 'SIGTERM');
    const released = Promise.withResolvers<void>();
    let wasAborted = false;
    const running = shutdown.run(async (signal) => {
      await released.promise;
      wasAborted = signal.aborted;
      return 'done';
    });
    process.emit('SIGTERM');
    await settled();
    expect(process.killed).toEqual([]);
    released.resolve();
    expect(await running).toBe('done');
    await settled();
    expect(wasAborted).toBe(true);
    expect(process.killed).toEqual(['SIGTERM']);
  });

  it('leaves the end of the process to another listener, where there is one', async () => {
    const process = new FakeProcess();
    const shutdown = new Shutdown();
    shutdown.beginOn(process as unknown as NodeJS.Process, 'SIGTERM');
    process.on('SIGTERM', () => {});
    process.emit('SIGTERM');
    await settled();
    expect(process.killed).toEqual([]);
  });

  it('begin waits for work that fails, and aborts work that starts later', async () => {
    const shutdown = new Shutdown();
    const failing = shutdown.run(async () => Promise.reject(new Error('no')));
    const [, outcome] = await Promise.allSettled([shutdown.begin(), failing]);
    expect(outcome.status).toBe('rejected');
    expect(await shutdown.run(async (signal) => signal.aborted)).toBe(true);
  });
});
