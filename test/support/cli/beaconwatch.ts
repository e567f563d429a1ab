import { Readable, Writable } from 'node:stream';
import { main } from '../../../bin/main.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';

/** A command that has ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  /** The whole environment; the command sees nothing else. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty by default. */
  readonly input?: string | Buffer;
  /** Standard output is a terminal of this width; a pipe by default. */
  readonly columns?: number;
  readonly startThread?: Terminal['startThread'];
}

/** Runs one command in this process, with its own streams and environment. Paths are relative to the repository. */
export async function beaconwatch(
  args: readonly string[],
  { env = {}, input, columns, startThread }: CallOptions = {},
): Promise<Ended> {
  const stdout = new Captured(columns);
  const stderr = new Captured(undefined);
  const stdin = Readable.from(input === undefined ? [] : [Buffer.from(input)]);
  const code = await main(args, { stdin, stdout, stderr, env: { ...env }, ...(startThread && { startThread }) });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Captured extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly isTTY: boolean;
  readonly columns?: number;

  constructor(columns: number | undefined) {
    super();
    this.isTTY = columns !== undefined;
    if (columns !== undefined) this.columns = columns;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
