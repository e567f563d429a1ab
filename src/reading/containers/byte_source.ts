import { Buffer } from 'node:buffer';

/**
 * The bytes of a stream, taken from the front in any number. What was received and not taken yet can be read again. An
 * error of the stream is thrown only after the bytes before it are taken. A chunk must keep its memory to itself.
 */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  /** Position in the stream of the next byte. */
  offset = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, without taking them; fewer than `count` at the end of the stream, and before an error. */
  async peek(count: number): Promise<Buffer> {
    while (this.#heldBytes < count && (await this.#receive()));
    if (this.#heldBytes === 0) this.#throwFailure();
    if (this.#held.length > 1) this.#held = [Buffer.concat(this.#held)];
    return (this.#held[0] ?? NO_BYTES).subarray(0, count);
  }

  /** Takes the next bytes; fewer than `count` at the end of the stream. */
  async take(count: number): Promise<Buffer> {
    const bytes = await this.peek(count);
    this.skip(bytes.length);
    return bytes;
  }

  /** Takes bytes that have been received. */
  skip(count: number): void {
    let rest = count;
    while (rest > 0) {
      const first = this.#held.shift();
      if (first === undefined) throw new RangeError('more bytes than were received');
      const taken = Math.min(rest, first.length);
      if (taken < first.length) this.#held.unshift(first.subarray(taken));
      this.#heldBytes -= taken;
      this.offset += taken;
      rest -= taken;
    }
  }

  /** All bytes from here on, as they were received, without taking them. The caller takes the bytes that it has used. */
  async *ahead(): AsyncGenerator<Buffer> {
    for (let at = this.offset; ; ) {
      const next = this.#from(at);
      if (next !== null) {
        at += next.length;
        yield next;
      } else if (!(await this.#receive())) {
        this.#throwFailure();
        return;
      }
    }
  }

  /** All bytes from here on. They are taken as they are yielded. */
  async *rest(): AsyncGenerator<Buffer> {
    for await (const chunk of this.ahead()) {
      this.skip(chunk.length);
      yield chunk;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** The received bytes at this position; null where there are none yet. */
  #from(at: number): Buffer | null {
    let start = this.offset;
    for (const each of this.#held) {
      const end = start + each.length;
      if (at < end) return at > start ? each.subarray(at - start) : each;
      start = end;
    }
    return null;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #receive(): Promise<boolean> {
    if (this.#ended) return false;
    let next: IteratorResult<Uint8Array>;
    try {
      next = await this.#chunks.next();
    } catch (error) {
      this.#ended = true;
      this.#failure = { error };
      return false;
    }
    const { value, done } = next;
    if (done) {
      this.#ended = true;
      return false;
    }
    if (value.length > 0) this.#held.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    this.#heldBytes += value.length;
    return true;
  }
}

const NO_BYTES = Buffer.alloc(0);
