import * as zlib from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { close, copied, type OpenFile } from '../../../../src/reading/containers/open_file.ts';
import { parquetLines } from '../../../../src/reading/containers/parquet.ts';
import { rowsAsLines } from '../../../../src/reading/containers/parquet_rows.ts';
import { readContents } from '../../../support/containers/contents.ts';

type Options = Parameters<typeof parquetWriteBuffer>[0];
const parquetOf = (options: Options) => Buffer.from(parquetWriteBuffer(options));

const NAMES = ['a', 'b', 'ü'];
const SMALL: Options = { columnData: [{ name: 'name', data: NAMES, type: 'STRING' }] };
const linesOf = (names: readonly string[]) => names.map((name) => `{"name":"${name}"}\n`).join('');

async function withFile<T>(bytes: Buffer, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await copied(
    (async function* () {
      yield bytes;
    })(),
  );
  try {
    return await use(file);
  } finally {
    close(file);
  }
}

/** The rows, read in this process. */
async function rowsOf(bytes: Buffer): Promise<{ rows: Record<string, unknown>[]; error?: string }> {
  return await withFile(bytes, async (file) => {
    let text = '';
    const rows = () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    try {
      for await (const piece of rowsAsLines(file)) text += piece.toString();
      return { rows: rows() };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      return { rows: rows(), error: error.message };
    }
  });
}

/** An LZ4 block without any compression: one run of literals. */
function asLz4Literals(bytes: Uint8Array): Uint8Array {
  const lengths: number[] = [];
  let rest = bytes.length - 15;
  for (; rest >= 255; rest -= 255) lengths.push(255);
  const head = bytes.length < 15 ? [bytes.length << 4] : [0xf0, ...lengths, rest];
  return Buffer.concat([Buffer.from(head), bytes]);
}

describe('rowsAsLines(parquet)', () => {
  it('keeps all digits of times in milli-, micro- and nanoseconds', async () => {
    const root = { name: 'root', num_children: 4 };
    const optional = { repetition_type: 'OPTIONAL' } as const;
    const unit = (name: string, of: 'MILLIS' | 'MICROS' | 'NANOS') =>
      ({
        name,
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: of },
        ...optional,
      }) as const;
    // 2026-11-20T08:31:12 is 1,795,163,472 s after 1970, its day the 20,777th.
    const { rows } = await rowsOf(
      parquetOf({
        schema: [
          root,
          unit('ms', 'MILLIS'),
          unit('us', 'MICROS'),
          unit('ns', 'NANOS'),
          { name: 'day', type: 'INT32', converted_type: 'DATE', ...optional },
        ],
        columnData: [
          { name: 'ms', data: [1_795_163_472_123n, null, -1n] },
          { name: 'us', data: [1_795_163_472_123_456n, null, 2n ** 62n] },
          { name: 'ns', data: [1_795_163_472_123_456_789n, null, 0n] },
          { name: 'day', data: [20_777, null, 0] },
        ],
      }),
    );
    expect(rows).toEqual([
      {
        ms: '2026-11-20T08:31:12.123000000Z',
        us: '2026-11-20T08:31:12.123456000Z',
        ns: '2026-11-20T08:31:12.123456789Z',
        day: '2026-11-20T00:00:00.000000000Z',
      },
      { ms: null, us: null, ns: null, day: null },
      {
        ms: '1969-12-31T23:59:59.999000000Z',
        us: String(2n ** 62n * 1000n),
        ns: '1970-01-01T00:00:00.000000000Z',
        day: '1970-01-01T00:00:00.000000000Z',
      },
    ]);
  });

  it('keeps all digits of times in INT96', async () => {
    // ns of the day, and Julian day: 1970-01-01 is 2,440,588.
    const time = Buffer.alloc(12);
    time.writeBigInt64LE(((8n * 60n + 31n) * 60n + 12n) * 1_000_000_000n + 123_456_700n);
    time.writeInt32LE(2_440_588 + 20_777, 8);
    const type = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 12, repetition_type: 'OPTIONAL' } as const;
    const bytes = parquetOf({
      schema: [
        { name: 'root', num_children: 1 },
        { name: 'time', ...type },
      ],
      columnData: [{ name: 'time', data: [time, null] }],
      codec: 'UNCOMPRESSED',
      statistics: false,
    });
    // Its bytes are the same as those of a fixed length: type 7 becomes 3, in the schema and in the column.
    const start = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    for (let at = bytes.indexOf('150e', start, 'hex'); at !== -1; at = bytes.indexOf('150e', at, 'hex'))
      bytes.write('1506', at, 'hex');
    expect(await rowsOf(bytes)).toEqual({ rows: [{ time: '2026-11-20T08:31:12.123456700Z' }, { time: null }] });
  });

  it('keeps JSON as text, and numbers beyond 2^53 as their digits', async () => {
    const { rows } = await rowsOf(
      parquetOf({
        columnData: [
          { name: 'fields', data: [{ uniqueEventsAggregated: 60 }, null], type: 'JSON' },
          { name: 'id', data: [48_213n, 2n ** 60n], type: 'INT64' },
          { name: 'failed', data: [true, false], type: 'BOOLEAN' },
        ],
      }),
    );
    expect(rows).toEqual([
      { fields: '{"uniqueEventsAggregated":60}', id: 48_213, failed: true },
      { fields: null, id: '1152921504606846976', failed: false },
    ]);
  });

  it.each<[NonNullable<Options['codec']>, ((bytes: Uint8Array) => Uint8Array) | undefined]>([
    ['UNCOMPRESSED', undefined],
    ['SNAPPY', undefined],
    ['GZIP', (bytes) => zlib.gzipSync(bytes)],
    ['BROTLI', (bytes) => zlib.brotliCompressSync(bytes)],
    ['ZSTD', (bytes) => zlib.zstdCompressSync(bytes)],
    ['LZ4_RAW', asLz4Literals],
  ])('unpacks %s', async (codec, pack) => {
    const data = Array.from({ length: 500 }, (_, n) => `name ${n % 40} ${'x'.repeat(20)}`);
    const compressors = pack === undefined ? {} : { [codec]: pack };
    const bytes = parquetOf({ columnData: [{ name: 'name', data, type: 'STRING' }], codec, compressors });
    expect(await rowsOf(bytes)).toEqual({ rows: data.map((name) => ({ name })) });
  });

  it('reads every row group, and goes on after a damaged one', async () => {
    const data = Array.from({ length: 3000 }, (_, n) => `name-${n}`);
    const bytes = parquetOf({
      columnData: [{ name: 'name', data, type: 'STRING' }],
      rowGroupSize: 1000,
      codec: 'GZIP',
      compressors: { GZIP: (page) => zlib.gzipSync(page) },
    });
    expect(await rowsOf(bytes)).toEqual({ rows: data.map((name) => ({ name })) });
    // The content of the second page.
    const second = bytes.indexOf(Buffer.from('1f8b08', 'hex'), bytes.indexOf(Buffer.from('1f8b08', 'hex')) + 3);
    bytes.fill(0xff, second + 12, second + 60);
    const { rows, error } = await rowsOf(bytes);
    expect(rows).toEqual([...data.slice(0, 1000), ...data.slice(2000)].map((name) => ({ name })));
    expect(error).toMatch(/^Parquet that is damaged, .*\(row group 2 of 3: .+\); the other row groups are counted/);
  });

  it('refuses a row group that declares more than 32 million cells, before it reads it', async () => {
    const bytes = parquetOf({ ...SMALL, statistics: false });
    // The number of rows, 3, stands as zigzag varint 6 at the end of the row group and before it in the directory.
    const found = await rowsOf(grown(bytes));
    expect(found).toEqual({
      rows: [],
      error: expect.stringMatching(/32 million cells, which is not read; write smaller/),
    });
  });

  it('throws where the directory is cut off', async () => {
    const { error } = await rowsOf(parquetOf(SMALL).subarray(0, -20));
    expect(error).toMatch(/^Parquet that is damaged.*\(directory: /);
  });
});

/** The same file, whose only row group declares 2^30 rows. */
function grown(bytes: Buffer): Buffer {
  const length = bytes.readUInt32LE(bytes.length - 8);
  const start = bytes.length - 8 - length;
  const directory = bytes.subarray(start, -8);
  // Field 3 of the row group (num_rows, i64): the last field with the value 3 in the directory.
  const at = directory.lastIndexOf(Buffer.from('1606', 'hex'));
  const wider = Buffer.concat([
    directory.subarray(0, at),
    Buffer.from('168080808008', 'hex'),
    directory.subarray(at + 2),
  ]);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(wider.length);
  end.write('PAR1', 4);
  return Buffer.concat([bytes.subarray(0, start), wider, end]);
}

describe('unpacked(parquet)', () => {
  it('is the rows as JSON lines, read by a process of its own', async () => {
    expect(await readContents(parquetOf(SMALL))).toEqual({ file: linesOf(NAMES) });
  });

  it('passes on the message of that process', async () => {
    const { file } = await readContents(parquetOf(SMALL).subarray(0, -20));
    expect(file).toEqual({ text: '', error: expect.stringMatching(/^Parquet that is damaged.*\(directory: /) });
  });

  it('stops a process that gives no row for too long', async () => {
    const read = withFile(parquetOf(SMALL), async (file) => {
      for await (const _ of parquetLines(file, 1));
    });
    await expect(read).rejects.toMatchObject({ code: 'CONTAINER', message: expect.stringMatching(/two minutes/) });
  });
});
