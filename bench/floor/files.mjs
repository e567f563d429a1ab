import { closeSync, createReadStream, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** The exports of a folder, in order. */
export function exportsIn(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.filter(({ name }) => !name.startsWith('_')).map(({ parentPath, name }) => join(parentPath, name));
  return paths.sort();
}

/** Into the same memory over and over: fresh memory for every megabyte would cost more than reading it. */
let window = Buffer.allocUnsafeSlow(1024 * 1024);

/** The bytes of a file, a megabyte at a time: views, good until the next is asked for. */
export function* piecesOf(path) {
  const file = openSync(path, 'r');
  for (let bytes = readSync(file, window); bytes > 0; bytes = readSync(file, window)) yield window.subarray(0, bytes);
  closeSync(file);
}

/** Whole lines of a file, a megabyte at a time: what follows the last newline is read on. Views, as above. */
export function* wholeLines(path) {
  const file = openSync(path, 'r');
  let held = 0;
  for (;;) {
    if (held === window.length) window = Buffer.concat([window, Buffer.alloc(held)]);
    const bytes = readSync(file, window, held, window.length - held, null);
    if (bytes === 0) break;
    const filled = held + bytes;
    const end = window.subarray(0, filled).lastIndexOf(10) + 1;
    if (end > 0) yield window.subarray(0, end);
    window.copyWithin(0, end, filled);
    held = filled - end;
  }
  closeSync(file);
  if (held > 0) yield window.subarray(0, held);
}

/** The same by Node's stream of a file, as one would write it first: each piece in memory of its own. */
export async function* streamedLines(path) {
  let rest = Buffer.alloc(0);
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const end = piece.lastIndexOf(10) + 1;
    if (end > 0) yield Buffer.concat([rest, piece.subarray(0, end)]);
    rest = end > 0 ? Buffer.from(piece.subarray(end)) : Buffer.concat([rest, piece]);
  }
  if (rest.length > 0) yield rest;
}
