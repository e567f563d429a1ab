/** Units of a short text: their number is one byte. */
const MAX_SHORT = 64;

/** Writes numbers and texts into memory that grows. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A whole number from 0 to 2^53 − 1, in groups of 7 bits, the lowest first. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      // Not `>>>`: it would cut to 32 bits.
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** 0 to 255. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  /** A whole number from 0 to 2^48 − 1, in six bytes. */
  uint48(value: number): void {
    this.#reserve(6);
    const [low, high] = [value | 0, Math.floor(value / 2 ** 32)];
    // Buffer checks each number, which takes longer than to write it.
    for (let bit = 0; bit < 32; bit += 8) this.#bytes[this.#length++] = low >>> bit;
    this.#bytes[this.#length++] = high;
    this.#bytes[this.#length++] = high >>> 8;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Bytes from `start` to `end` of another piece of memory. */
  copy(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    // Mostly a few dozen: a view of them would take longer.
    for (let at = start; at < end; at++) this.#bytes[this.#length++] = from[at] as number;
  }

  /** Digits of an even number, without their number. */
  hex(digits: string): void {
    this.#reserve(digits.length / 2);
    this.#length += this.#bytes.write(digits, this.#length, 'hex');
  }

  /** Its length in bytes, and UTF-8. */
  text(text: string): void {
    if (text.length <= MAX_SHORT && this.#shortText(text)) return;
    const bytes = Buffer.byteLength(text);
    this.varint(bytes);
    this.#reserve(bytes);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** A short text of ASCII, as most are: a call of the runtime takes longer. False, with nothing written, for any other. */
  #shortText(text: string): boolean {
    const { length } = text;
    this.#reserve(1 + length);
    const start = this.#length + 1;
    for (let at = 0; at < length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return false;
      this.#bytes[start + at] = unit;
    }
    this.#bytes[this.#length] = length;
    this.#length = start + length;
    return true;
  }

  /** A view of what was written; it is valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + more));
    larger.set(this.view());
    this.#bytes = larger;
  }
}
