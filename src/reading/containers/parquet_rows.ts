import { Buffer } from 'node:buffer';
import * as zlib from 'node:zlib';
import {
  type Compressors,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetReadObjects,
  type RowGroup,
  snappyUncompress,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ContainerError } from './container_error.ts';
import { type OpenFile, rangeOf } from './open_file.ts';

/** Of a row group, unpacked; of a page; of the bytes of one column; and of the directory at the end. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Rows times columns of a row group. Each takes about 16 bytes beside its content. */
const MAX_CELLS = 32 * 1024 * 1024;
/** Lines of one piece. */
const PIECE_BYTES = 256 * 1024;
const SMALLER = 'write smaller files or row groups, or let the export write JSON';

/**
 * The rows of a Parquet file as JSON lines. Memory is one row group: one of more than 256 MiB unpacked, or of more than 32
 * million cells, is refused. Times keep their digits; columns of JSON stay text. A row group that cannot be decoded is
 * skipped, and named at the end by a ContainerError.
 */
export async function* rowsAsLines(file: OpenFile): AsyncGenerator<Buffer> {
  const source = {
    byteLength: file.bytes,
    slice: (start: number, end = file.bytes) => sliceOf(file, start, end),
  };
  const metadata = await damagedAs('directory', () => parquetMetadataAsync(source, { geoparquet: false }));
  const options = { file: source, metadata, compressors: COMPRESSORS, parsers: PARSERS, geoparquet: false };
  let damage: ContainerError | null = null;
  let rowStart = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    try {
      checkSize(group, index);
      const rows = await damagedAs(`row group ${index + 1} of ${metadata.row_groups.length}`, () =>
        parquetReadObjects({ ...options, rowStart, rowEnd }),
      );
      yield* linesOf(rows);
    } catch (error) {
      if (!(error instanceof ContainerError)) throw error;
      damage ??= error;
    }
    rowStart = rowEnd;
  }
  if (damage !== null) throw damage;
}

function checkSize({ columns, num_rows }: RowGroup, index: number): void {
  const bytes = columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
  if (bytes > MAX_BYTES || Number(num_rows) * columns.length > MAX_CELLS)
    throw new ContainerError(
      `Parquet whose row group ${index + 1} has more than 256 MiB or 32 million cells, which is not read; ${SMALLER}`,
    );
}

async function sliceOf(file: OpenFile, start: number, end: number): Promise<ArrayBuffer> {
  if (!(start >= 0 && end >= start && end <= file.bytes)) throw new ContainerError('Parquet that is cut off');
  if (end - start > MAX_BYTES) throw new ContainerError(`Parquet with a column of more than 256 MiB; ${SMALLER}`);
  return await rangeOf(file, start, end);
}

/** Names the part that the library cannot read. Its errors on damaged bytes are of any class. */
async function damagedAs<T>(part: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ContainerError || !(error instanceof Error) || 'syscall' in error) throw error;
    throw new ContainerError(
      `Parquet that is damaged, or of a kind that is not read (${part}: ${error.message}); the other row groups are ` +
        'counted; copy the file again, or let the export write JSON',
      { cause: error },
    );
  }
}

type Compressor = NonNullable<Compressors[keyof Compressors]>;

function bounded(unpack: Compressor): Compressor {
  return (packed, length) => {
    if (length > MAX_BYTES) throw new ContainerError(`Parquet with a page of more than 256 MiB; ${SMALLER}`);
    // zlib refuses a limit of 0.
    return length === 0 ? new Uint8Array() : unpack(packed, length);
  };
}

/** Node's own where it has them; all with the size that the page declares, and a limit for it. */
const COMPRESSORS: Compressors = Object.fromEntries(
  Object.entries({
    ...compressors,
    SNAPPY(packed: Uint8Array, length: number) {
      const page = new Uint8Array(length);
      snappyUncompress(packed, page);
      return page;
    },
    GZIP: (packed: Uint8Array, maxOutputLength: number) => zlib.gunzipSync(packed, { maxOutputLength }),
    BROTLI: (packed: Uint8Array, maxOutputLength: number) => zlib.brotliDecompressSync(packed, { maxOutputLength }),
    // Since Node 22.15.
    ...('zstdDecompressSync' in zlib && {
      ZSTD: (packed: Uint8Array, maxOutputLength: number) => zlib.zstdDecompressSync(packed, { maxOutputLength }),
    }),
  }).map(([codec, unpack]) => [codec, bounded(unpack)]),
);

const NS_PER_MS = 1_000_000n;

const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (ms) => isoOf(ms * NS_PER_MS),
  timestampFromMicroseconds: (us) => isoOf(us * 1000n),
  timestampFromNanoseconds: isoOf,
  dateFromDays: (days) => isoOf(BigInt(days) * 86_400_000n * NS_PER_MS),
  // The readers parse it where they need it.
  jsonFromBytes: (bytes) => bytes && Buffer.from(bytes).toString(),
};

/** A time in ISO 8601 with nine digits; beyond the year 9999 or before 0 its number, which is no time. */
function isoOf(ns: bigint): string {
  const ms = ns / NS_PER_MS - (ns % NS_PER_MS < 0n ? 1n : 0n);
  const date = new Date(Number(ms));
  if (Number.isNaN(date.getTime()) || !/^\d{4}-/.test(date.toISOString())) return String(ns);
  const digits = String(ns - ms * NS_PER_MS).padStart(6, '0');
  return `${date.toISOString().slice(0, -1)}${digits}Z`;
}

function* linesOf(rows: readonly Record<string, unknown>[]): Generator<Buffer> {
  let text = '';
  for (const row of rows) {
    text += `${JSON.stringify(row, plain)}\n`;
    if (text.length < PIECE_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

/** A value as JSON can hold it: a number beyond 2^53 as its digits, bytes as text. */
function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
}
