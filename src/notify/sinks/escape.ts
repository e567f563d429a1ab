import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';

/** Text for a chat, escaped for display. `://` becomes `[:]//` (defanged), so that no client turns an address into a link. */
export function forChat(text: string, maxLength: number): string {
  return escapeForDisplay(text.replaceAll('://', '[:]//'), maxLength);
}

/** Lines of text to paste: unsafe characters are escaped, line ends stay. */
export function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => escapeJson(line))
    .join('\n');
}

/** JSON text without unsafe characters: its strings hold escapes instead, so the values stay the same. */
export function jsonText(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** At most so many UTF-16 units, without half of a surrogate pair: a strict JSON reader refuses the whole message for one. */
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

/** Renders with less and less detail until the text fits; the last level where none fits. `render` names what it omits. */
export function fitted<Detail>(
  details: readonly Detail[],
  render: (detail: Detail) => string,
  fits: (text: string) => boolean,
): string {
  let text = '';
  for (const detail of details) {
    text = render(detail);
    if (fits(text)) break;
  }
  return text;
}
