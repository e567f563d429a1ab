import type { Readable } from 'node:stream';
import type { startThread } from './start_thread.ts';

/** What takes text: one of Node's streams, or a file or pipe that is written without one. */
export interface Output {
  write(text: string): unknown;
  /** Set where a person reads it, with its width: it is a stream of Node then. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Streams and environment of one call. Results go to `stdout`; progress, warnings and totals go to `stderr`. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Starts a thread that reads files, in place of the usual way. */
  readonly startThread?: typeof startThread;
}

/** Writes one line to standard error. */
export function say({ stderr }: Pick<Terminal, 'stderr'>, line: string): void {
  stderr.write(`${line}\n`);
}
