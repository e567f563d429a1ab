import type { OnLetters } from '../reading/file_tally.ts';
import { rowsLimit } from '../scoring/offline_counts.ts';
import type { OfflineScore } from '../scoring/offline_scorer.ts';
import { CommandError } from './errors.ts';
import { filePartsOf } from './file_parts.ts';
import type { FilesFound } from './files_found.ts';
import { PartQueue } from './part_queue.ts';
import type { Progress } from './progress.ts';
import type { ReadTask } from './read_files.ts';
import { type Failure, type PartsTask, readParts, type ThreadRead } from './read_parts.ts';
import { startThread } from './start_thread.ts';

const PROGRESS_EVERY_MS = 500;

/**
 * Reads files in several threads, this one among them. What is found is that of one thread: it is put together in the order of
 * the files. Gives what is known of each part of them. Throws a CommandError if a thread ends before it is done. `start`: starts
 * one of the other threads.
 */
export async function readInThreads(
  offline: OfflineScore,
  onLetters: OnLetters,
  { files, named, sources, window, dateOrder, plausible, context }: ReadTask,
  threads: number,
  progress: Pick<Progress, 'add'>,
  start: typeof startThread = startThread,
): Promise<readonly FilesFound[]> {
  const parts = filePartsOf(files, threads);
  const memoryBytes = rowsLimit() / threads;
  const regular = context === null ? null : { window: context.window, binSeconds: context.binSeconds };
  const task: PartsTask = { parts, named, sources, window, dateOrder, plausible, regular, memoryBytes };
  const queue = new PartQueue();
  const others = Array.from({ length: Math.min(threads, parts.length) - 1 }, () => start(task, queue));
  let shown = 0;
  const show = () => {
    const { bytes } = queue;
    progress.add((bytes - shown) / 1e6);
    shown = bytes;
  };
  const onRead = (bytes: number) => {
    queue.addBytes(bytes);
    show();
  };
  // The end of another thread is an event, and events wait while this one reads.
  const events = () => new Promise<void>((resolve) => setImmediate(resolve));
  const timer = setInterval(show, PROGRESS_EVERY_MS);
  const all = await Promise.all([readParts(task, queue, onRead, events), ...others]).finally(() =>
    clearInterval(timer),
  );
  show();
  return merged(offline, onLetters, all, parts.length);
}

/** Adds what all threads have read, in the order of the parts. */
function merged(
  offline: OfflineScore,
  onLetters: OnLetters,
  all: readonly ThreadRead[],
  expected: number,
): readonly FilesFound[] {
  for (const read of all) if (read.ok) offline.takeRows(read.runs, read.earlier);
  const [failure] = all.flatMap((read) => (read.ok ? [] : [read.failure])).sort((a, b) => a.part - b.part);
  if (failure !== undefined) {
    offline.close();
    throw errorOf(failure);
  }
  const parts = all.flatMap((read) => (read.ok ? read.parts : [])).sort((a, b) => a.part - b.part);
  if (parts.length !== expected) throw new Error(`${parts.length} of ${expected} parts were read`);
  for (const { letters, facts } of parts) {
    if (letters.byReason.size > 0) onLetters(letters.first, letters.byReason);
    offline.takeFacts(facts);
  }
  return parts.map((part) => part.files);
}

function errorOf({ message, stack, isExpected }: Failure): Error {
  if (isExpected) return new CommandError(message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
