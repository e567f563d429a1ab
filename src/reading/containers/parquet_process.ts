/**
 * The program that reads the Parquet file at descriptor 3, of as many bytes as its argument says, and writes its rows as
 * JSON lines. It ends with REPORTED, and a message on standard error, where the file cannot be read to its end.
 */
import { once } from 'node:events';
import { ContainerError } from './container_error.ts';
import { REPORTED } from './parquet_exit.ts';
import { rowsAsLines } from './parquet_rows.ts';

// The library reads the columns of a row group side by side: if one fails, nobody waits for the others.
process.on('unhandledRejection', () => {});

const { stdout, stderr, argv } = process;
try {
  for await (const piece of rowsAsLines({ descriptor: 3, bytes: Number(argv[2]) })) {
    if (!stdout.write(piece)) await once(stdout, 'drain');
  }
} catch (error) {
  if (!(error instanceof ContainerError)) throw error;
  stderr.write(error.message);
  process.exitCode = REPORTED;
}
