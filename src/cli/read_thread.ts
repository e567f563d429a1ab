import { parentPort, workerData } from 'node:worker_threads';
import { PartQueue } from './part_queue.ts';
import { type PartsTask, readParts } from './read_parts.ts';

/** What a thread gets when it starts. */
export interface WorkerTask {
  readonly task: PartsTask;
  readonly shared: SharedArrayBuffer;
}

/** Reads parts until none is left, and hands over to the thread that asked for it what was read. */
export async function readAsked(): Promise<void> {
  const { task, shared } = workerData as WorkerTask;
  const queue = new PartQueue(shared);
  const read = await readParts(task, queue, (bytes) => queue.addBytes(bytes));
  parentPort?.postMessage(read, read.ok ? read.runs.bytes.blocks.map(({ buffer }) => buffer) : []);
}
