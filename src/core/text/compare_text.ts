/** A comparator for `sort`: by UTF-16 code units, the order of Table Storage keys and of `<`; no locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
