import type * as z from 'zod';
import { escapeForDisplay } from '../core/text/escape.ts';

/** What is wrong with one parameter of a query or one member of a body; says nothing of its value. */
export interface InputFault {
  /** '' for the body itself. */
  readonly name: string;
  /** Behind the name: `must be a whole number from 1 to 1000`. */
  readonly says: string;
}

/** `must be one of new, ongoing, resolved` */
export function oneOfText(words: readonly string[]): string {
  return `must be one of ${words.join(', ')}`;
}

/** The first fault of each name. The words are those of the schemas, each of which has its own. */
export function faultsIn(error: z.ZodError): readonly InputFault[] {
  const byName = new Map<string, InputFault>();
  for (const issue of error.issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.map(String).join('.')];
    const says = issue.code === 'unrecognized_keys' ? 'is not known' : issue.message;
    for (const name of names) if (!byName.has(name)) byName.set(name, { name, says });
  }
  return [...byName.values()];
}

/** `state must be one of …; State is not known`. Names that are not known are what somebody sent. */
export function faultsText(faults: readonly InputFault[]): string {
  const clauses = faults.map(({ name, says }) => `${name === '' ? 'the body' : escapeForDisplay(name, 60)} ${says}`);
  return escapeForDisplay(clauses.join('; '), 500);
}
