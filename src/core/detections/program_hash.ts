/** A SHA-1 or SHA-256 as people write it. */
const WHOLE = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The text of an error, after the name of the option. */
export const PROGRAM_HASH_FAULT = 'must be a SHA-1 (40 hexadecimal digits) or a SHA-256 (64)';

/** The hash of a file in lower case; null where the text is no SHA-1 and no SHA-256. */
export function programHashIn(text: string): string | null {
  const hash = text.toLowerCase();
  return WHOLE.test(hash) ? hash : null;
}

/** Whether a group's newest program has this hash, `programHashIn` its text: a group keeps the first 64 bits of it. */
export function isOfProgram(hash: string, programHash: string | null): boolean {
  return programHash !== null && hash.startsWith(programHash);
}
