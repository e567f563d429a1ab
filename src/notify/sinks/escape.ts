import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';

/**
 * Text for a chat: what acts is written as its code, and an address is no link. `://` becomes `[:]//`, as analysts write
 * what is not to be clicked.
 */
export function forChat(text: string, maxLength: number): string {
  return escapeForDisplay(text.replaceAll('://', '[:]//'), maxLength);
}

/** Lines that somebody is to paste: what acts is written as its code, but for the ends of lines. */
export function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => escapeJson(line))
    .join('\n');
}

/** JSON whose text holds no character that acts: its strings hold the escapes instead, and so the same values. */
export function jsonText(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** At most so many UTF-16 units, and no half of a pair: a strict reader of JSON refuses the whole message for one. */
export function cutTo(text: string, maxLength: number): string {
  return text
    .toWellFormed()
    .slice(0, maxLength)
    .replace(/[\ud800-\udbff]$/, '');
}

/** UTF-8. */
export function utf8BytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/**
 * The first attempt that fits, from the fullest to the barest; the barest where none does. What an attempt leaves out it
 * has to say.
 */
export function fitted<A>(
  attempts: readonly A[],
  render: (attempt: A) => string,
  fits: (text: string) => boolean,
): string {
  let text = '';
  for (const attempt of attempts) {
    text = render(attempt);
    if (fits(text)) break;
  }
  return text;
}
