import type * as z from 'zod';
import { escapeForDisplay } from '../core/text/escape.ts';

/** A fault of one query parameter or one member of a body; never repeats its value. */
export interface InputFault {
  /** '' for the body itself. */
  readonly name: string;
  /** The text after the name: `must be a whole number from 1 to 1000`. */
  readonly message: string;
}

/** `must be one of new, ongoing, resolved` */
export function oneOfText(words: readonly string[]): string {
  return `must be one of ${words.join(', ')}`;
}

/** The first fault of each name. The schemas have the messages. */
export function faultsIn(error: z.ZodError): readonly InputFault[] {
  const byName = new Map<string, InputFault>();
  for (const issue of error.issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.map(String).join('.')];
    const message = issue.code === 'unrecognized_keys' ? 'is unknown' : issue.message;
    for (const name of names) if (!byName.has(name)) byName.set(name, { name, message });
  }
  return [...byName.values()];
}

/** `state must be one of …; State is unknown`. Escaped, since an unknown name is text of the request. */
export function faultsText(faults: readonly InputFault[]): string {
  const clauses = faults.map(
    ({ name, message }) => `${name === '' ? 'the body' : escapeForDisplay(name, 60)} ${message}`,
  );
  return escapeForDisplay(clauses.join('; '), 500);
}
