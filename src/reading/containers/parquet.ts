import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ContainerError } from './container_error.ts';
import type { OpenFile } from './open_file.ts';
import { REPORTED } from './parquet_exit.ts';

/** The program: a source file, or the bundle beside the chunk that holds this module. */
const PROGRAM = import.meta.url.endsWith('.ts') ? './parquet_process.ts' : './beaconwatch-parquet.js';
const HEAP_MIB = 2048;
const MAX_MESSAGE = 4096;
/** A row group of 256 MiB takes some ten seconds; on damaged bytes the library can work without end. */
const MAX_SILENCE_MS = 120_000;

/**
 * The rows of a Parquet file as JSON lines. Another process decodes it, because a damaged file can let the library fill its
 * memory without end, which would end this process. Its heap has at most 2 GiB, and it is stopped after two minutes without
 * a row. Throws a ContainerError.
 */
export async function* parquetLines(
  { descriptor, bytes }: OpenFile,
  maxSilenceMs = MAX_SILENCE_MS,
): AsyncGenerator<Uint8Array> {
  const program = fileURLToPath(new URL(PROGRAM, import.meta.url));
  const reader = spawn(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, program, String(bytes)], {
    stdio: ['ignore', 'pipe', 'pipe', descriptor],
    env: {},
  });
  // Its end is awaited below, or it is stopped.
  const ended = once(reader, 'close').catch((error: unknown) => [error]);
  let message = '';
  reader.stderr?.setEncoding('utf8').on('data', (text: string) => {
    message = (message + text).slice(0, MAX_MESSAGE);
  });
  const watch = setTimeout(() => reader.kill('SIGKILL'), maxSilenceMs);
  try {
    for await (const chunk of reader.stdout as AsyncIterable<Uint8Array>) {
      yield chunk;
      watch.refresh();
    }
    const [code] = await ended;
    if (code === 0) return;
    if (code === REPORTED) throw new ContainerError(message);
    throw new ContainerError(
      'Parquet that is damaged, or needs more than 2 GiB of memory or two minutes for a row group; the rows before are ' +
        'counted; copy the file again, or let the export write JSON',
    );
  } finally {
    clearTimeout(watch);
    reader.kill();
  }
}
