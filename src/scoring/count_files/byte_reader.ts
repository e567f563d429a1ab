/** What stands in a file that is not what `ByteWriter` wrote. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** Reads what a `ByteWriter` wrote. Throws a MalformedError where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let factor = 0x80; ; factor *= 0x80) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      if (factor > 2 ** 42) throw new MalformedError('a number is too long');
    }
    if (!Number.isSafeInteger(value)) throw new MalformedError('a number is too large');
    return value;
  }

  uint32(): number {
    const start = this.#at;
    this.skip(4);
    return this.#bytes.readUInt32LE(start);
  }

  uint48(): number {
    const start = this.#at;
    this.skip(6);
    const bytes = this.#bytes;
    // Buffer's own reader for any number of bytes takes several times as long.
    return bytes.readUInt32LE(start) + bytes.readUInt16LE(start + 4) * 2 ** 32;
  }

  /** A view of the next bytes. */
  take(length: number): Buffer {
    const start = this.#at;
    this.skip(length);
    return this.#bytes.subarray(start, this.#at);
  }

  skip(length: number): void {
    if (this.#at + length > this.#bytes.length) throw new MalformedError('the bytes end too early');
    this.#at += length;
  }

  /** The digits of so many bytes. */
  hex(bytes: number): string {
    return this.take(bytes).toString('hex');
  }

  text(): string {
    const length = this.varint();
    const start = this.#at;
    this.skip(length);
    return this.textAt(start, this.#at);
  }

  /** The text of bytes that were read or skipped. */
  textAt(start: number, end: number): string {
    return this.#bytes.toString('utf8', start, end);
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new MalformedError('the bytes end too early');
    return byte;
  }
}
