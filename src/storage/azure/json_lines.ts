/** One line of a blob of ours, without its newline. */
export interface JsonLine {
  /** Byte offset in the blob. */
  readonly offset: number;
  /** Bytes it has in the blob. */
  readonly length: number;
  /** All of them, or the first `MAX_LINE_BYTES`. */
  readonly bytes: Buffer;
}

/** More than 64 KiB can come to in JSON, where every byte may be six characters. */
export const MAX_JSON_LINE_BYTES = 1024 * 1024;

const NEWLINE = 10;

/** The lines of a blob, one at a time; of each no more than `MAX_LINE_BYTES` is held. Empty lines are passed over. */
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
