/**
 * Unsafe characters: controls (ANSI escapes begin with one), line and paragraph separators, lone surrogates, and all that
 * Unicode calls default ignorable: direction marks, zero-width characters, fillers, variation selectors.
 */
const UNSAFE = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]/gu;

/**
 * Escapes text of the telemetry for display: unsafe characters become their code (`\u202e`). An attacker may have chosen
 * device and process names. Cut to `maxLength` characters, the last one `…`.
 */
export function escapeForDisplay(text: string, maxLength = 200): string {
  const escaped = escapeJson(text);
  const characters = [...escaped];
  return characters.length <= maxLength ? escaped : `${characters.slice(0, maxLength - 1).join('')}…`;
}

/** The same for JSON text: within its strings the escape means the character, so that the value does not change. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
