/** Clock hours that a window of 72 hours touches: a report exactly at its end belongs to the 73rd. */
export const TABLE_HOURS = 73;
/** Words of 32 bits that have a bit for each of them. */
export const HOUR_WORDS = 3;
/** The bits of the last word. */
export const LAST_WORD = 2 ** (TABLE_HOURS - 32 * (HOUR_WORDS - 1)) - 1;

/** Some of the hours of a window: one bit each, the first hour is bit 0 of the first word. Used again and again. */
export type HourBits = Int32Array;

export function noHours(): HourBits {
  return new Int32Array(HOUR_WORDS);
}

/** Leaves no hour. Not `fill`: for three words a call takes longer. */
export function clearHours(bits: HourBits): void {
  bits[0] = 0;
  bits[1] = 0;
  bits[2] = 0;
}

/** Adds an hour; one outside of the window is ignored. */
export function addHour(bits: HourBits, at: number): void {
  if (at < 0 || at >= TABLE_HOURS) return;
  bits[at >> 5] = (bits[at >> 5] as number) | (1 << (at & 31));
}

export function hasHour(bits: HourBits, at: number): boolean {
  return at >= 0 && at < TABLE_HOURS && (((bits[at >> 5] as number) >>> (at & 31)) & 1) === 1;
}

/** How many hours. `countOf` of the hours 0, 40 and 72 is 3. */
export function hoursIn(bits: HourBits): number {
  return onesIn(bits[0] as number) + onesIn(bits[1] as number) + onesIn(bits[2] as number);
}

/** How many hours both have. */
export function hoursInBoth(a: HourBits, b: HourBits): number {
  return (
    onesIn((a[0] as number) & (b[0] as number)) +
    onesIn((a[1] as number) & (b[1] as number)) +
    onesIn((a[2] as number) & (b[2] as number))
  );
}

/**
 * One word of bits that are moved: hour `at` becomes hour `at - by`, and those that leave the window are lost. `place`: where the
 * three words begin; `word`: 0 to 2.
 */
export function movedWord(words: Int32Array, place: number, by: number, word: number): number {
  const first = by + 32 * word;
  const [from, shift] = [Math.floor(first / 32), first & 31];
  const low = from >= 0 && from < HOUR_WORDS ? (words[place + from] as number) >>> shift : 0;
  const hasHigh = shift > 0 && from + 1 >= 0 && from + 1 < HOUR_WORDS;
  const moved = low | (hasHigh ? (words[place + from + 1] as number) << (32 - shift) : 0);
  return word === HOUR_WORDS - 1 ? moved & LAST_WORD : moved;
}

/** The ones among 32 bits, two by two, four by four and so on (Warren, Hacker's Delight, 5-1). */
function onesIn(word: number): number {
  let ones = word - ((word >>> 1) & 0x55555555);
  ones = (ones & 0x33333333) + ((ones >>> 2) & 0x33333333);
  return Math.imul((ones + (ones >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
