/**
 * Characters that act instead of showing: controls (ANSI escapes begin with one), line and paragraph separators,
 * halves of surrogate pairs, and all that Unicode lets a program leave out: marks that turn the direction of writing,
 * zero-width ones, fillers, variation selectors.
 */
const ACTING = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]/gu;

/**
 * Text of the telemetry, safe to show: what acts is written as its code (`\u202e`). Device and process names are what
 * an attacker made them. Cut to `maxLength` characters, with `…` for the rest.
 */
export function escapeForDisplay(text: string, maxLength = 200): string {
  const inert = escapeJson(text);
  const characters = [...inert];
  return characters.length <= maxLength ? inert : `${characters.slice(0, maxLength - 1).join('')}…`;
}

/** The same in JSON text: inside its strings the escape stands for the character, so the value stays the same. */
export function escapeJson(json: string): string {
  return json.replace(ACTING, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
