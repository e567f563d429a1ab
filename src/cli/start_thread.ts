import { Worker } from 'node:worker_threads';
import type { PartQueue } from './part_queue.ts';
import type { PartsTask, ThreadRead } from './read_parts.ts';
import type { WorkerTask } from './read_thread.ts';

/** The program: a source file, or the bundle beside the chunk that holds this module. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './read_worker.ts' : './beaconwatch-reader.js',
  import.meta.url,
);

/** Starts a thread that reads parts. A thread that ends without its result has failed: what it had read is lost. */
export function startThread(task: PartsTask, queue: PartQueue, program = PROGRAM): Promise<ThreadRead> {
  const workerData: WorkerTask = { task, shared: queue.shared };
  // The file with its rows stays open for this thread, which is the main one: Node ignores it in any other.
  const worker = new Worker(program, { workerData, trackUnmanagedFds: false });
  return new Promise((resolve) => {
    const fail = (reason: string) => {
      queue.stop();
      const message = `a thread that reads files has ended (${reason}), so nothing is scored: try again with --threads 1`;
      resolve({ ok: false, failure: { part: -1, message, stack: undefined, isExpected: true } });
    };
    worker.once('message', resolve);
    worker.once('error', (error: Error) => fail(error.message));
    worker.once('exit', (code) => fail(`exit code ${code}`));
  });
}
