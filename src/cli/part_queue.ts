const NEXT = 0;
const BYTES = 1;
const PLACES = 2;
/** No part has this number. */
const STOPPED = 2n ** 40n;

/**
 * The parts that are still to be read, in memory that all threads share: each takes the next part when it is free. A thread that
 * reads answers no message, so messages would not do.
 */
export class PartQueue {
  readonly shared: SharedArrayBuffer;
  readonly #places: BigInt64Array;

  constructor(shared = new SharedArrayBuffer(PLACES * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#places = new BigInt64Array(shared);
  }

  /** The number of the next part. Each is taken once, in order. */
  take(): number {
    return Number(Atomics.add(this.#places, NEXT, 1n));
  }

  /** No further part is taken. */
  stop(): void {
    Atomics.store(this.#places, NEXT, STOPPED);
  }

  /** Notes that a thread has read so many bytes. */
  addBytes(bytes: number): void {
    Atomics.add(this.#places, BYTES, BigInt(bytes));
  }

  /** The bytes that all threads have read. */
  get bytes(): number {
    return Number(Atomics.load(this.#places, BYTES));
  }
}
