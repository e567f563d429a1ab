import { createHash, timingSafeEqual } from 'node:crypto';

interface Headers {
  get(name: string): string | null;
}

/**
 * Whether a browser sent this request from one of our own pages. All browsers of today say so in a header that no page can
 * set; an older one names its origin, which must be this host.
 */
export function isSameOrigin(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const origin = headers.get('origin');
  const host = headers.get('host');
  return origin !== null && host !== null && URL.parse(origin)?.host === host.toLowerCase();
}

/** Compares secrets in a time that says nothing of them, not even of their length. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
