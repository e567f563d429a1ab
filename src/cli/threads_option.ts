import { availableParallelism } from 'node:os';
import { escapeForDisplay } from '../core/text/escape.ts';
import { UsageError } from './errors.ts';
import { isRegular } from './file_content.ts';
import type { InputFile } from './input_files.ts';

/** More are refused: each has its own copy of the code, and a part of the memory for rows. */
const MOST_THREADS = 64;
/** By default no more than these read. */
const MOST_BY_DEFAULT = 8;
/** On two cores a second thread saves time at 3 GB, and costs time at 0.4 GB (docs/performance.md). */
export const LARGE_BYTES = 2e9;

/** The number of `--threads`; null without the option. Throws a UsageError. */
export function threadsIn(text: string | undefined): number | null {
  if (text === undefined) return null;
  const threads = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new UsageError(`--threads must be a whole number from 1 to ${MOST_THREADS}, got "${escapeForDisplay(text)}"`);
}

/** How many threads read the files. `wanted`: as the user set it; null for the default. Only files on disk have parts. */
export function threadsFor(files: readonly InputFile[], wanted: number | null): number {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const threads = wanted ?? (bytes < LARGE_BYTES ? 1 : Math.min(MOST_BY_DEFAULT, availableParallelism()));
  const most = Math.min(threads, files.length);
  return most > 1 && files.every(isRegular) ? most : 1;
}
