import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The exports of a folder, in order. */
export function exportsIn(folder) {
  const names = readdirSync(folder).filter((name) => !name.startsWith('_'));
  return names.sort().map((name) => join(folder, name));
}

/** Whole lines of a file, a megabyte at a time: what follows the last newline is carried over. */
export async function* wholeLines(path) {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const end = chunk.lastIndexOf(10) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, chunk]);
      continue;
    }
    yield rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([rest, chunk.subarray(0, end)]);
    rest = Buffer.from(chunk.subarray(end));
  }
  if (rest.length > 0) yield rest;
}
