import type { Timestamp } from '../core/kql/timestamp.ts';
import type { OnLetters } from '../reading/file_tally.ts';
import type { ReadingContext } from '../scoring/earlier_reports.ts';
import type { OfflineScore } from '../scoring/offline_scorer.ts';
import { type FilesFound, reportFiles } from './files_found.ts';
import { FilesReader, type FilesTask } from './files_reader.ts';
import type { InputFile } from './input_files.ts';
import { type Progress, progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { threadsFor } from './threads_option.ts';

export interface ReadTask extends FilesTask {
  readonly files: readonly InputFile[];
  /** As the user set it; null for the default. */
  readonly threads: number | null;
  /** See `ReaderTask`. */
  readonly plausible: Timestamp;
  /** Where the detector `regularity` is applied. */
  readonly context: Pick<ReadingContext, 'window' | 'binSeconds'> | null;
}

/** Reads every file, and every member of an archive. One that cannot be read, or is foreign, is named and stops no other. */
export async function readFiles(terminal: Terminal, offline: OfflineScore, onLetters: OnLetters, task: ReadTask) {
  const { files } = task;
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const progress = await progressOn(terminal, 'reading', total / 1e6, 'MB');
  const threads = threadsFor(files, task.threads);
  const found =
    threads === 1
      ? [await readHere(terminal, offline, task, progress)]
      : // Most folders are small, and one thread reads them.
        await (await import('./read_threads.ts')).readInThreads(
          offline,
          onLetters,
          task,
          threads,
          progress,
          terminal.startThread,
        );
  progress.stop();
  return reportFiles(terminal, found, offline.counters.reports > 0);
}

async function readHere(
  terminal: Terminal,
  offline: OfflineScore,
  task: ReadTask,
  progress: Progress,
): Promise<FilesFound> {
  const reader = new FilesReader(offline, task);
  for (const file of task.files)
    await reader.read(
      file,
      (bytes) => progress.add(bytes / 1e6),
      () => terminal.stdin,
    );
  return reader.found;
}
