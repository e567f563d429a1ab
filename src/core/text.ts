/**
 * Characters that act instead of showing: controls (ANSI escapes begin with one), marks that turn the direction of
 * writing, zero-width ones, line and paragraph separators, and halves of surrogate pairs.
 */
const ACTING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}|[\u{e0000}-\u{e007f}]/gu;

/**
 * Text of the telemetry, safe to show: what acts is written as its code (`\u202e`). Device and process names are what
 * an attacker made them. Cut to `maxLength` characters, with `…` for the rest.
 */
export function shown(text: string, maxLength = 200): string {
  const inert = inertJson(text);
  const characters = [...inert];
  return characters.length <= maxLength ? inert : `${characters.slice(0, maxLength - 1).join('')}…`;
}

/** The same in JSON text: inside its strings the escape stands for the character, so the value stays the same. */
export function inertJson(json: string): string {
  return json.replace(ACTING, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
