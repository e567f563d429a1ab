import { Buffer } from 'node:buffer';
import { contentKindOf, HEAD_BYTES } from './content.ts';
import { readCsv } from './csv.ts';
import { readJson } from './json_records.ts';
import { type LineBatch, type LineOptions, readLines } from './lines.ts';

/**
 * The records of a file that is finished, whatever it holds: JSON lines, JSON over several lines, or the portal's CSV.
 * A record of the latter two is a line to the reader: its JSON, with the place that it has in the file.
 */
export async function* readContent(chunks: AsyncIterable<Uint8Array>, options: LineOptions): AsyncGenerator<LineBatch> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = Buffer.alloc(0);
    while (head.length < HEAD_BYTES) {
      const { value, done } = await source.next();
      if (done) break;
      // A copy: the chunk may be a window on memory that its owner fills again.
      head = Buffer.concat([head, value]);
    }
    yield* readerOf(head)(joined(head, source), options);
  } finally {
    await source.return?.();
  }
}

function readerOf(head: Uint8Array) {
  const kind = contentKindOf(head);
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
