/** Whether a name, in lower case, fits. */
export type NameMatcher = (lowerCase: string) => boolean;

/** The text of an error, after the name of the option. */
export const NAME_PATTERN_FAULT = 'must be one name; * is any text, and needs another character beside it';

/**
 * Compiles a name without regard to case; `*` stands for any text, anywhere: `acme*`, `*.exe`, `wks-*-prod`. Null where
 * nothing else is given, which would fit every name. `namePatternOf('acme*')?.('acme-sync.exe')` is true.
 */
export function namePatternOf(text: string): NameMatcher | null {
  const [start = '', ...others] = text.toLowerCase().split('*');
  const end = others.pop();
  if (end === undefined) return start === '' ? null : (other) => other === start;
  const middle = others.filter((part) => part !== '');
  if (start === '' && end === '' && middle.length === 0) return null;
  return (other) => {
    if (other.length < start.length + end.length || !other.startsWith(start) || !other.endsWith(end)) return false;
    // The first place of each part leaves the most room for the next: no other need be tried.
    let from = start.length;
    for (const part of middle) {
      const found = other.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return from <= other.length - end.length;
  };
}

/** Whether a name has a `*`, so that it may fit several names. */
export function isNamePattern(text: string): boolean {
  return text.includes('*');
}
