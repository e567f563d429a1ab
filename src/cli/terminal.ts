import type { Readable } from 'node:stream';

/** A stream of text; `isTTY` and `columns` are set where a person reads it. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Streams and environment of one call. Results go to `stdout`; progress, warnings and totals go to `stderr`. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
}

/** Writes one line to standard error. */
export function say({ stderr }: Pick<Terminal, 'stderr'>, line: string): void {
  stderr.write(`${line}\n`);
}
