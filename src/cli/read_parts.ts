import type { Timestamp } from '../core/kql/timestamp.ts';
import { DefenderLines } from '../reading/defender_line.ts';
import { formatsOf } from '../reading/formats.ts';
import { EarlierReports, type HandedEarlier, type ReadingContext } from '../scoring/earlier_reports.ts';
import { OfflineCounts } from '../scoring/offline_counts.ts';
import { OfflineReader, type ReadFacts } from '../scoring/offline_reader.ts';
import type { HandedRuns } from '../scoring/sorted_runs.ts';
import { SpillError } from '../scoring/spilled_bytes.ts';
import { CommandError } from './errors.ts';
import type { FilesFound } from './files_found.ts';
import { FilesReader, type FilesTask } from './files_reader.ts';
import type { InputFile } from './input_files.ts';
import { LetterLog, type LoggedLetters } from './letter_log.ts';
import type { PartQueue } from './part_queue.ts';

/** What each thread is given. It is copied from thread to thread, so it holds no functions. */
export interface PartsTask extends FilesTask {
  readonly parts: readonly (readonly InputFile[])[];
  readonly plausible: Timestamp;
  readonly regular: Pick<ReadingContext, 'window' | 'binSeconds'> | null;
  /** The bytes that the rows of a thread may take in memory. */
  readonly memoryBytes: number;
}

/** What is known of a part that was read. */
export interface PartRead {
  readonly part: number;
  readonly files: FilesFound;
  readonly letters: LoggedLetters;
  readonly facts: ReadFacts;
}

/** What a thread has read, or the error that ends the command. */
export type ThreadRead =
  | {
      readonly ok: true;
      readonly parts: readonly PartRead[];
      readonly runs: HandedRuns;
      readonly earlier: HandedEarlier | null;
    }
  | { readonly ok: false; readonly failure: Failure };

/** An error, as it is copied to another thread. */
export interface Failure {
  readonly part: number;
  readonly message: string;
  readonly stack: string | undefined;
  /** The message is for the user. */
  readonly isExpected: boolean;
}

/** Reads parts until none is left. `afterPart` is awaited after each. */
export async function readParts(
  task: PartsTask,
  queue: PartQueue,
  onRead: (bytes: number) => void,
  afterPart: () => Promise<void> = async () => {},
): Promise<ThreadRead> {
  const counts = new OfflineCounts(task.memoryBytes / 2, undefined, task.memoryBytes / 2);
  const context = task.regular === null ? null : new EarlierReports(task.regular);
  const formats = formatsOf(task.sources);
  const lines = new DefenderLines();
  const parts: PartRead[] = [];
  let part = 0;
  try {
    for (part = queue.take(); part < task.parts.length; part = queue.take()) {
      await counts.startPart(part);
      const letters = new LetterLog();
      const onLetters: LetterLog['add'] = (first, byReason) => letters.add(first, byReason);
      const reader = new OfflineReader({ ...task, formats, context }, onLetters, counts, lines);
      const files = new FilesReader(reader, task);
      for (const file of task.parts[part] ?? []) await files.read(file, onRead);
      parts.push({ part, files: files.found, letters: letters.logged, facts: reader.facts });
      await afterPart();
    }
    return { ok: true, parts, runs: await counts.handOver(), earlier: context?.handOver() ?? null };
  } catch (error) {
    queue.stop();
    counts.close();
    return { ok: false, failure: failureOf(error, part) };
  }
}

function failureOf(error: unknown, part: number): Failure {
  if (!(error instanceof Error)) return { part, message: String(error), stack: undefined, isExpected: false };
  const { message, stack } = error;
  return { part, message, stack, isExpected: error instanceof CommandError || error instanceof SpillError };
}
