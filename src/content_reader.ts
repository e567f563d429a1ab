import { Buffer } from 'node:buffer';
import { contentKindOf, HEAD_BYTES, isList } from './content.ts';
import { readCsv } from './csv.ts';
import { readJson } from './json_records.ts';
import { type LineBatch, type LineOptions, readLines } from './lines.ts';

const NEWLINE = 10;

/**
 * The records of a file that is finished, whatever it holds: JSON lines, JSON over several lines (or a list in one line
 * that is longer than a line may be), or the portal's CSV. A record of the latter two is a line to the reader: its JSON,
 * with the place that it has in the file.
 */
export async function* readContent(chunks: AsyncIterable<Uint8Array>, options: LineOptions): AsyncGenerator<LineBatch> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    let head = await read(source, Buffer.alloc(0), ({ length }) => length >= HEAD_BYTES);
    const hasLine = (bytes: Uint8Array) => bytes.includes(NEWLINE) || bytes.length > options.maxLineBytes;
    if (isList(head)) head = await read(source, head, hasLine);
    yield* readerOf(head, options)(joined(head, source), options);
  } finally {
    await source.return?.();
  }
}

/** What is read already and what follows it, until it is enough. */
async function read(
  source: AsyncIterator<Uint8Array>,
  before: Uint8Array,
  isEnough: (bytes: Uint8Array) => boolean,
): Promise<Uint8Array> {
  let bytes = before;
  while (!isEnough(bytes)) {
    const { value, done } = await source.next();
    if (done) break;
    // A copy: the chunk may be a window on memory that its owner fills again.
    bytes = Buffer.concat([bytes, value]);
  }
  return bytes;
}

function readerOf(head: Uint8Array, { maxLineBytes }: LineOptions) {
  const isOneList = isList(head) && !head.subarray(0, maxLineBytes + 1).includes(NEWLINE);
  if (isOneList) return head.length > maxLineBytes ? readJson : readLines;
  const kind = contentKindOf(isList(head) ? head : head.subarray(0, HEAD_BYTES));
  if (kind === 'csv') return readCsv;
  return kind === 'json' ? readJson : readLines;
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return;
    yield value;
  }
}
