import { copyOf } from '../core/text/remembered.ts';

/** With texts of at most `MAX_LENGTH` characters they take at most some 20 MB. */
const MOST = 20_000;
const MAX_LENGTH = 1024;

/**
 * Texts that lines repeat: one string for each, so that a map that has it as its key compares no characters. It is a copy,
 * because a text that was cut out of a line keeps the line in memory. Forgets all of them when there are too many.
 */
export class RepeatedTexts {
  readonly #known = new Map<string, string>();

  of(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const copy = copyOf(text);
    if (text.length > MAX_LENGTH) return copy;
    if (this.#known.size === MOST) this.#known.clear();
    this.#known.set(copy, copy);
    return copy;
  }
}
