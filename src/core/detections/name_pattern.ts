/** Whether a name, in lower case, fits. */
export type NameMatcher = (lowerCase: string) => boolean;

/** The text of an error, after the name of the option. */
export const NAME_PATTERN_FAULT =
  'must be one name; it may have * at its start or end, beside at least one other character';

/**
 * Compiles a name without regard to case; `*` at its start or end stands for any text: `acme*`, `*.exe`, `*sync*`. Null
 * where `*` stands elsewhere, or alone, which would fit every name. `namePatternOf('acme*')?.('acme-sync.exe')` is true.
 */
export function namePatternOf(text: string): NameMatcher | null {
  const [, start = '', name = '', end = ''] = /^(\*?)([^*]+)(\*?)$/s.exec(text.toLowerCase()) ?? [];
  if (name === '') return null;
  if (start !== '' && end !== '') return (other) => other.includes(name);
  if (start !== '') return (other) => other.endsWith(name);
  if (end !== '') return (other) => other.startsWith(name);
  return (other) => other === name;
}

/** Whether a name has a `*`, so that it may fit several names. */
export function isNamePattern(text: string): boolean {
  return text.includes('*');
}
