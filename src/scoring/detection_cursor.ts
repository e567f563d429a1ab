import type { DetectionRow } from '../storage/ports/detections.ts';
import type { Versioned } from '../storage/ports/versioned.ts';

/** Comes after every id. */
const LAST = 'g';

/** Reads the detections of a partition in key order, as far as the caller asks. Holds one page. */
export class DetectionCursor {
  readonly #pages: AsyncIterator<readonly Versioned<DetectionRow>[]>;
  #page: readonly Versioned<DetectionRow>[] = [];
  #next = 0;

  constructor(pages: AsyncIterable<readonly Versioned<DetectionRow>[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** The detections before this id; without an id, all that remain. */
  async *before(id: string = LAST): AsyncGenerator<Versioned<DetectionRow>> {
    for (;;) {
      const row = await this.#peek();
      if (row === undefined || row.row.detection.groupId >= id) return;
      this.#next++;
      yield row;
    }
  }

  /** The detection of this id if it is the next one; call it after `before(id)`. */
  async at(id: string): Promise<Versioned<DetectionRow> | null> {
    const row = await this.#peek();
    if (row === undefined || row.row.detection.groupId !== id) return null;
    this.#next++;
    return row;
  }

  async #peek(): Promise<Versioned<DetectionRow> | undefined> {
    // No page is empty.
    if (this.#next === this.#page.length) {
      const page = await this.#pages.next();
      if (page.done) return undefined;
      this.#page = page.value;
      this.#next = 0;
    }
    return this.#page[this.#next];
  }
}
