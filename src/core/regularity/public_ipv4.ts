/** Of `ipv4NetworkOf`: an address out of scope, and a text that is not the usual one of an IPv4 address. */
export const OUT_OF_SCOPE = -1;
export const OTHER_TEXT = -2;

/**
 * The /16 of a public address as a number, its first octet times 256 and its second one; for the usual text of an IPv4 address: four
 * numbers without leading zeros. `ipv4NetworkOf('198.51.100.7')` is 50739.
 */
export function ipv4NetworkOf(text: string): number {
  const one = text.indexOf('.');
  const two = text.indexOf('.', one + 1);
  const three = text.indexOf('.', two + 1);
  const first = octetOf(text, 0, one);
  const second = octetOf(text, one + 1, two);
  const isUsual = Math.min(first, second, octetOf(text, two + 1, three), octetOf(text, three + 1, text.length)) >= 0;
  if (!isUsual) return OTHER_TEXT;
  return isExcluded(first, second) || text === BROADCAST ? OUT_OF_SCOPE : first * 256 + second;
}

/** The text of such a network: `198.51.0.0/16`. */
export function ipv4NetworkText(network: number): string {
  return `${network >> 8}.${network & 255}.0.0/16`;
}

/**
 * The same as `publicAddressOf` for the usual text of an IPv4 address, some ten times as fast. 'other' for any other text; null for an
 * address out of scope.
 */
export function publicIpv4Of(text: string): { readonly address: string; readonly network: string } | null | 'other' {
  const network = ipv4NetworkOf(text);
  if (network === OTHER_TEXT) return 'other';
  return network === OUT_OF_SCOPE ? null : { address: text, network: ipv4NetworkText(network) };
}

/** The number at a place of a text, 0 to 255; -1 where there is something else. */
function octetOf(text: string, from: number, to: number): number {
  const digits = to - from;
  if (digits < 1 || digits > 3 || (digits > 1 && text.charCodeAt(from) === ZERO)) return -1;
  let octet = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    octet = octet * 10 + digit;
  }
  return octet > 255 ? -1 : octet;
}

/** Unspecified, loopback, private, link-local, multicast; 240/4 is in scope but for the broadcast address. */
function isExcluded(first: number, second: number): boolean {
  return (
    first === 0 ||
    first === 10 ||
    first === 127 ||
    (first >= 224 && first <= 239) ||
    (first === 169 && second === 254) ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 192 && second === 168)
  );
}

const BROADCAST = '255.255.255.255';
const ZERO = 48;
