import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { unnamedFile } from '../../storage/unnamed_file.ts';
import { ContainerError } from './container_error.ts';

const readAt = promisify(read);

/** A file that can be read at any place. */
export interface OpenFile {
  readonly descriptor: number;
  readonly bytes: number;
}

/** Bytes of a stream that are moved to a temporary file, at most. */
const MAX_COPY_BYTES = 16 * 1024 ** 3;

export function openFile(path: string): OpenFile {
  const descriptor = openSync(path, 'r');
  return { descriptor, bytes: fstatSync(descriptor).size };
}

/**
 * The bytes of a stream as a temporary file. It has no name from the start, so that nothing stays behind, however the
 * process ends. Throws a ContainerError above 16 GiB.
 */
export async function copied(chunks: AsyncIterable<Uint8Array>): Promise<OpenFile> {
  const descriptor = unnamedFile();
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      if (bytes + chunk.length > MAX_COPY_BYTES) throw new ContainerError('more than 16 GiB unpacked; unpack it first');
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done, chunk.length - done);
      bytes += chunk.length;
    }
    return { descriptor, bytes };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

export function close({ descriptor }: OpenFile): void {
  closeSync(descriptor);
}

/** The bytes `[start, end)`. Throws a ContainerError where the file has fewer. */
export async function rangeOf({ descriptor }: OpenFile, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(end - start));
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await readAt(descriptor, bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) throw new ContainerError('the file became shorter while it was read');
    done += bytesRead;
  }
  return bytes.buffer;
}
