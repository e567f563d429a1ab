import { Buffer } from 'node:buffer';
import { type Parser, parse } from 'csv-parse';
import type { FaultyLine, Line, LineBatch, LineOptions } from './lines.ts';

/**
 * Reads the CSV of a query in the Defender portal: RFC 4180, a header, columns in any order. Each row becomes the JSON
 * object that it is a row of; one with more or fewer cells than the header is a fault. Throws a CsvError, after what
 * stands before it, where quotes do not close or a row is longer than `maxLineBytes`: nobody knows where the next one
 * begins.
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: LineOptions,
): AsyncGenerator<LineBatch> {
  let batch = new Batch(0);
  let header: readonly string[] | undefined;
  const parser = parse({
    bom: true,
    // Else taken from the first line end: an editor may have left both in a file.
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxLineBytes,
    on_record(record: readonly string[], { bytes: end }) {
      if (header === undefined) header = record;
      else batch.add(header, record, end);
      batch.end = end;
      // Taken: the parser has nothing to hand on.
      return null;
    },
  });
  // A copy: the chunk may be a window on memory that its owner fills again.
  for await (const chunk of chunks) {
    const error = await written(parser, Buffer.from(chunk));
    yield batch;
    if (error) throw error;
    batch = new Batch(batch.end);
  }
  const error = await ended(parser);
  yield batch;
  if (error) throw error;
}

function written(parser: Parser, chunk: Buffer): Promise<Error | null | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | null | undefined>();
  parser.once('error', resolve);
  parser.write(chunk, (error) => {
    if (!error) parser.off('error', resolve);
    resolve(error);
  });
  return promise;
}

function ended(parser: Parser): Promise<Error | null> {
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  parser.once('error', resolve);
  parser.once('finish', () => resolve(null));
  parser.end();
  return promise;
}

class Batch implements LineBatch {
  readonly hits: Line[] = [];
  readonly probes: Line[] = [];
  readonly malformed: FaultyLine[] = [];
  readonly tooLong: Line[] = [];
  lines = 0;
  /** Also where the next row begins. */
  end: number;

  constructor(end: number) {
    this.end = end;
  }

  add(header: readonly string[], record: readonly string[], end: number): void {
    const place = { offset: this.end, length: end - this.end };
    this.lines++;
    if (record.length === header.length) this.hits.push({ ...place, bytes: jsonOf(header, record) });
    else this.malformed.push({ ...place, fault: 'bad-csv', bytes: Buffer.from(JSON.stringify(record)) });
  }
}

function jsonOf(header: readonly string[], record: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(Object.fromEntries(header.map((column, index) => [column, record[index]]))));
}
