/**
 * Milliseconds that a `Retry-After` header asks to wait: seconds, or an HTTP date (RFC 9110, 10.2.3). 0 where it is
 * absent, is neither, or has passed.
 */
export function retryAfterMs(value: string | null, now: number): number {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // The only date format that servers send today: `Sun, 06 Nov 1994 08:49:37 GMT`.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return 0;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
