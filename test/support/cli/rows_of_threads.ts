/**
 * Reads parts in two threads and prints what they hand over. A program, because the tests run in threads themselves: Node closes the
 * files of a thread of a thread. `node rows_of_threads.ts TASK`; the task is JSON.
 */
import { PartQueue } from '../../../src/cli/part_queue.ts';
import type { PartsTask } from '../../../src/cli/read_parts.ts';
import { startThread } from '../../../src/cli/start_thread.ts';
import { handedOver } from './handed_over.ts';

const given = JSON.parse(process.argv[2] ?? '') as Omit<PartsTask, 'named'>;
const task: PartsTask = { ...given, named: new Set() };
const queue = new PartQueue();
const all = await Promise.all([startThread(task, queue), startThread(task, queue)]);
process.stdout.write(JSON.stringify(await handedOver(all)));
