import { Buffer } from 'node:buffer';
import { fstatSync, writeSync } from 'node:fs';
import type { Output } from './terminal.ts';

/** A standard output of the process. */
interface Standard {
  readonly fd: number;
  /** Makes Node's stream for it. */
  readonly streamOf: () => NodeJS.WriteStream;
  /** Receives the first error of a write. What is written after it is lost. */
  readonly onError: (error: NodeJS.ErrnoException) => void;
}

/**
 * A standard output. For a pipe, Node's stream loads the network of Node, which takes as long as reading some megabytes. So a
 * file or a pipe is written without it. All else, as a terminal, has Node's stream.
 */
export function outputOf(standard: Standard): Output {
  return isFileOrPipe(standard.fd) ? new DirectOutput(standard) : streamOf(standard);
}

/** Whether all text is written. A stream of Node may still hold some. */
export function isWritten(output: Output): boolean {
  return output instanceof DirectOutput && output.isWritten;
}

function isFileOrPipe(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFile() || found.isFIFO() || found.isSocket();
  } catch {
    // A closed one: Node's stream takes the text all the same.
    return false;
  }
}

function streamOf({ streamOf: make, onError }: Standard): NodeJS.WriteStream {
  return make().on('error', onError);
}

class DirectOutput implements Output {
  readonly #standard: Standard;
  /** Node's stream, once the pipe took no more. */
  #stream: NodeJS.WriteStream | null = null;
  #hasFailed = false;

  constructor(standard: Standard) {
    this.#standard = standard;
  }

  get isWritten(): boolean {
    return this.#stream === null;
  }

  /** Never throws: whoever writes a message must not take its error for one of the work. */
  write(text: string): void {
    if (this.#hasFailed) return;
    const bytes = Buffer.from(text);
    const written = this.#stream === null ? this.#writeNow(bytes) : 0;
    if (written < bytes.length) this.#stream?.write(bytes.subarray(written));
  }

  /** Returns how many bytes the pipe took. A full pipe waits, unless another process that has it says otherwise. */
  #writeNow(bytes: Buffer): number {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#standard.fd, bytes, written);
    } catch (error) {
      const fault = error as NodeJS.ErrnoException;
      if (fault.code === 'EAGAIN') this.#stream = streamOf(this.#standard);
      else {
        this.#hasFailed = true;
        this.#standard.onError(fault);
      }
    }
    return written;
  }
}
