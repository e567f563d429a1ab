import { escapeForDisplay } from './escape.ts';
import { groupedText } from './numbers.ts';

/** Names in a sentence; the others are only counted. */
const NAMED = 3;
/** A container and a blob: shorter, the hour at the end of an export's path would be missing. */
const MAX_LENGTH = 500;

/** The first names of a list, escaped: `a, b, c and 4 more`. `total`: names of the whole list, if `names` is its beginning. */
export function firstNames(names: readonly string[], total: number = names.length): string {
  const first = names.slice(0, NAMED).map((name) => escapeForDisplay(name, MAX_LENGTH));
  const more = total - first.length;
  return `${first.join(', ')}${more > 0 ? ` and ${groupedText(more)} more` : ''}`;
}
