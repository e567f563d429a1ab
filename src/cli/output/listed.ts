import { escapeForDisplay } from '../../core/text/escape.ts';
import { groupedText } from '../../core/text/numbers.ts';

/** Paths that are listed; the others are only counted. */
const LISTED = 10;

/** `a, b`, or the first ten of them `and 7 more (17 in total)`. */
export function listed(paths: readonly string[]): string {
  const names = paths.slice(0, LISTED).map((path) => escapeForDisplay(path));
  const more = paths.length - LISTED;
  return `${names.join(', ')}${more > 0 ? ` and ${groupedText(more)} more (${groupedText(paths.length)} in total)` : ''}`;
}
