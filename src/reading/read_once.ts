import { StoreError } from '../storage/ports/store_error.ts';

/** A blob that an operator uploads: it is read once, and a newer one counts from the next start. */
export class ReadOnce<T> {
  readonly #read: () => Promise<T>;
  #known: Promise<T> | null = null;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Throws the errors of storage; the next call then tries again. */
  async get(): Promise<T> {
    this.#known ??= this.#read();
    try {
      return await this.#known;
    } catch (error) {
      this.#known = null;
      throw error;
    }
  }

  /** `otherwise` where storage fails. */
  async getOr(otherwise: T): Promise<T> {
    try {
      return await this.get();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return otherwise;
    }
  }
}
