import { Buffer } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/reading/csv_reader.ts';
import { cellsOf, RowScanner } from '../../../src/reading/csv_row.ts';
import { tries } from '../../support/effort.ts';

const HEADER = 'ActionType,RemoteIP\n';
const OPTIONS = { preFilterTokens: [], maxLineBytes: 200, tail: 'line' } as const;

function* pieces(text: string, bytes: number): Generator<Uint8Array> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

/** Each row as JSON, and each faulty line as its place. */
async function read(text: string, chunkBytes = 64 * 1024, maxLineBytes = OPTIONS.maxLineBytes) {
  const found = { rows: [] as string[], faults: [] as string[], tooLong: [] as string[], lines: 0, more: 0 };
  for await (const batch of readCsv(pieces(text, chunkBytes), { ...OPTIONS, maxLineBytes })) {
    found.lines += batch.lines;
    found.rows.push(...batch.hits.map(({ bytes }) => bytes.toString('utf8')));
    found.faults.push(...batch.malformed.kept.map(({ offset, length }) => `${offset}+${length}`));
    found.tooLong.push(...batch.tooLong.map(({ offset, length }) => `${offset}+${length}`));
    for (const times of batch.malformed.more.values()) found.more += times;
  }
  return found;
}

describe('RowScanner', () => {
  /** The rows of a text that begins with whole rows, or null where the first fault is. */
  function rowsOf(text: string): (readonly string[])[] | null {
    const bytes = Buffer.from(text);
    const scanner = new RowScanner(',');
    const rows: (readonly string[])[] = [];
    for (let start = 0; start < bytes.length; ) {
      scanner.reset();
      const row = scanner.scan(bytes, start, true);
      if (typeof row === 'string') return null;
      if (row.end > start) {
        const cells = cellsOf(bytes.toString('utf8', start, row.end), ',');
        expect(row.cells).toBe(cells.length);
        rows.push(cells);
      }
      start = row.next;
    }
    return rows;
  }

  it('finds the rows that csv-parse finds, and refuses what it refuses', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '""', '"a"', ',', ',"', '",', '\n', '\r\n', '\r', 'ü') });
    fc.assert(
      fc.property(text, (csv) => {
        let expected: string[][] | null;
        try {
          expected = parse(csv, {
            record_delimiter: ['\r\n', '\n'],
            relax_column_count: true,
            skip_empty_lines: true,
          });
        } catch {
          expected = null;
        }
        expect(rowsOf(csv)).toEqual(expected);
      }),
      { numRuns: tries(2_000, 200) },
    );
  });

  it.each([',', ';', '\t'])('separates cells by %j', (delimiter) => {
    const row = ['a', '', `b${delimiter}"c"`].map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter);
    expect(cellsOf(row, delimiter)).toEqual(['a', '', `b${delimiter}"c"`]);
  });
});

describe('readCsv(chunks)', () => {
  const LINE = fc.constantFrom(
    'a,b',
    '"a","b"',
    '"',
    '""',
    'a"',
    '"a,b',
    'a,"b',
    ',"',
    'a,b,c',
    '',
    '"x\r',
    'x'.repeat(250),
  );

  it('gives the same for any chunk sizes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(LINE, { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), async (rows, bytes) => {
        const text = HEADER + rows.join('\n');
        expect(await read(text, bytes)).toEqual(await read(text));
      }),
      { numRuns: tries(300, 50) },
    );
  });

  it('keeps the first 1,000 faulty lines of a batch, and counts the others', async () => {
    const { faults, more, lines } = await read(`${HEADER}${'x\n'.repeat(5_000)}`);
    expect({ kept: faults.length, more, lines }).toEqual({ kept: 1_000, more: 4_000, lines: 5_000 });
    expect(faults[999]).toBe(`${HEADER.length + 999 * 2}+2`);
  });

  it('refuses a header that is no row', async () => {
    await expect(read('ActionType,"RemoteIP\na,b\n')).rejects.toMatchObject({ name: 'CsvHeaderError' });
  });

  // With a parser that starts again on the rest of the chunk, 200,000 rows take 17 s here, and these rows 110 s.
  it.each([
    ['"', '"\n'],
    ['an open quote per line', 'a,"\n'],
    ['pairs of quotes within an open one', '""\n'],
    ['too few cells', 'x\n'],
    ['a quote within a cell', 'a"b,c\n'],
    ['three quotes', '"""\n'],
    ['a closed quote before text', '"a"b\n'],
  ])('scans each byte a bounded number of times: %s', async (_name, line) => {
    const text = Buffer.from(HEADER + line.repeat(20_000));
    let scanned = 0;
    const countingReads = (bytes: Uint8Array) =>
      new Proxy(bytes, {
        get(target, key) {
          if (key === 'length') return target.length;
          if (key !== 'indexOf') {
            scanned++;
            return target[Number(key)];
          }
          return (byte: number, from: number) => {
            const at = target.indexOf(byte, from);
            scanned += (at === -1 ? target.length : at) - from;
            return at;
          };
        },
      });
    const { scan } = RowScanner.prototype;
    RowScanner.prototype.scan = function (bytes, start, isLast) {
      return scan.call(this, countingReads(bytes), start, isLast);
    };
    try {
      for await (const _batch of readCsv([text], { ...OPTIONS, maxLineBytes: 1024 * 1024 }));
    } finally {
      RowScanner.prototype.scan = scan;
    }
    expect(scanned / text.length).toBeLessThan(4);
  });
});
