import { counted } from '../text/numbers.ts';
import type { Source } from './report.ts';

/** Enough members for a person to recognize the product. */
const LISTED_MEMBERS = 8;

/**
 * The sentence about records that carry a source's mark in a shape that no format knows: their number, and the source,
 * `place` and members (already escaped) of the first one.
 */
export function unknownShapeText(number: number, first: { source: Source; members: readonly string[] }, place: string) {
  const { source, members } = first;
  const more = members.length > LISTED_MEMBERS ? ', and more' : '';
  const verb = number === 1 ? 'has' : 'have';
  return (
    `${counted(number, 'record')} ${verb} the mark of an active source in a shape that no format knows; ` +
    `the first is of ${source}, ${place}, with the members ${members.slice(0, LISTED_MEMBERS).join(', ')}${more}. They are not counted: see docs/sources.md.`
  );
}
