/** Entries of one memo. With `MAX_LENGTH` they take at most some 10 MB. */
const MOST = 20_000;
/** A longer text is no product's name or address: it is worked out each time, so that a sender cannot fill the memory. */
const MAX_LENGTH = 256;

/**
 * A pure function of a text that remembers its last results: telemetry repeats its names and addresses. Forgets all of them
 * when there are too many.
 */
export function remembered<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (text.length > MAX_LENGTH) return work(text);
    const copy = copyOf(text);
    const result = work(copy);
    if (known.size === MOST) known.clear();
    known.set(copy, result);
    return result;
  };
}

/** A text that was cut out of a line, or joined, keeps what it was made of in memory. */
export function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
