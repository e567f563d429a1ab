import type { Clock } from '../../src/storage/ports/clock.ts';
import type { DeadLetter, DeadLetters, DeadLetterWriter } from '../../src/storage/ports/dead_letters.ts';

export class MemoryDeadLetters implements DeadLetters {
  readonly #clock: Clock;
  readonly #segments = new Map<string, { readonly letters: readonly DeadLetter[]; readonly at: number }>();

  constructor(clock: Clock = Date.now) {
    this.#clock = clock;
  }

  open(segmentId: string, { repeat }: { repeat: boolean }): DeadLetterWriter {
    let added: DeadLetter[] = [];
    return {
      add: async (letter) => {
        added.push(copyOf(letter));
      },
      close: async () => {
        if (added.length > 0) this.#segments.set(segmentId, { letters: added, at: this.#clock() });
        else if (repeat) this.#segments.delete(segmentId);
        added = [];
      },
      abort: async () => {
        added = [];
      },
    };
  }

  async expire(before: number): Promise<void> {
    for (const [segmentId, { at }] of this.#segments) if (at < before) this.#segments.delete(segmentId);
  }

  async *list(): AsyncGenerator<DeadLetter> {
    for (const segmentId of [...this.#segments.keys()].sort()) {
      for (const letter of this.#segments.get(segmentId)?.letters ?? []) yield copyOf(letter);
    }
  }
}

/** The bytes of a letter are a view on memory that its owner fills again. */
function copyOf(letter: DeadLetter): DeadLetter {
  return { ...letter, export: { ...letter.export }, bytes: Buffer.from(letter.bytes) };
}
