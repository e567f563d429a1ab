import type { InputFile } from './input_files.ts';

/** Each thread has about so many parts to read, so that a slow part or a slow core does not hold up the end. A part costs a sorted run. */
const PARTS_PER_THREAD = 16;

/** Cuts files into parts of about as many bytes each, in order. A file is in one part, however large it is. */
export function filePartsOf(files: readonly InputFile[], threads: number): InputFile[][] {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const partBytes = total / (threads * PARTS_PER_THREAD);
  const parts: InputFile[][] = [];
  let open = 0;
  for (const file of files) {
    const last = parts.at(-1);
    if (last === undefined || open + file.bytes / 2 > partBytes) {
      parts.push([file]);
      open = 0;
    } else last.push(file);
    open += file.bytes;
  }
  return parts;
}
