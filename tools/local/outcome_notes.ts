import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { firstNames } from '../../src/core/text/first_names.ts';
import { counted } from '../../src/core/text/numbers.ts';
import type { Outcome } from './outcome.ts';

/** Exports of one kind that are listed; the others are only counted. */
const LISTED = 10;
const MAX_LENGTH = 500;

type Exports = Pick<Outcome, 'exports' | 'refused' | 'failed' | 'unfinished'>;

/** A line for each of the first exports that were not read to the end, and why. */
export function notesOn({ refused, failed, unfinished }: Exports): string[] {
  return [
    ...unreadNotes('refused', refused),
    ...unreadNotes('last attempt failed', failed),
    ...(unfinished.length > 0
      ? [`the last line is incomplete, and is read when it is complete, or after a day: ${firstNames(unfinished)}`]
      : []),
  ];
}

function unreadNotes(kind: string, exports: Exports['failed']): string[] {
  return [
    ...exports.slice(0, LISTED).map((each) => {
      const [name, reason] = [each.export, each.reason].map((text) => escapeForDisplay(text, MAX_LENGTH));
      return `${kind}: ${name}: ${reason}`;
    }),
    ...(exports.length > LISTED ? [`${kind}: ${counted(exports.length, 'export')} in total`] : []),
  ];
}

/** The faults of the exports, a sentence each: the command fails with them. */
export function exportFaults({ exports, refused, failed }: Exports): string[] {
  return [
    ...(exports > 0 && refused.length === exports ? ['nothing was read: no export of a known format'] : []),
    ...(failed.length > 0
      ? [
          `${counted(failed.length, 'export')} could not be read to the end: ${firstNames(failed.map((each) => each.export))}`,
        ]
      : []),
  ];
}
