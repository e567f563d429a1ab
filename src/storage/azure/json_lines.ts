/** One line of a blob, without its newline. */
export interface JsonLine {
  /** Byte offset in the blob. */
  readonly offset: number;
  /** Its bytes in the blob. */
  readonly length: number;
  /** All of them, or the first `MAX_JSON_LINE_BYTES`. */
  readonly bytes: Buffer;
}

/** 64 KiB need less in JSON, where a byte takes at most six characters. */
export const MAX_JSON_LINE_BYTES = 1024 * 1024;

const NEWLINE = 10;

/** The lines of a blob, one at a time; holds at most `MAX_JSON_LINE_BYTES` of each. Skips empty lines. */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<JsonLine> {
  let offset = 0;
  let length = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (part: Buffer): void => {
    length += part.length;
    const kept = part.subarray(0, MAX_JSON_LINE_BYTES - heldBytes);
    if (kept.length === 0) return;
    held.push(kept);
    heldBytes += kept.length;
  };
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      hold(bytes.subarray(start, end));
      if (length > 0) yield { offset, length, bytes: Buffer.concat(held) };
      offset += length + 1;
      start = end + 1;
      length = 0;
      held = [];
      heldBytes = 0;
    }
    hold(bytes.subarray(start));
  }
  if (length > 0) yield { offset, length, bytes: Buffer.concat(held) };
}
