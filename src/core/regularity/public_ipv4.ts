/**
 * The same as `publicAddressOf` for the usual text of an IPv4 address, some ten times as fast: four numbers without leading
 * zeros. 'other' for any other text; null for an address out of scope.
 */
export function publicIpv4Of(text: string): { readonly address: string; readonly network: string } | null | 'other' {
  const one = text.indexOf('.');
  const two = text.indexOf('.', one + 1);
  const three = text.indexOf('.', two + 1);
  const first = octetOf(text, 0, one);
  const second = octetOf(text, one + 1, two);
  const isUsual = Math.min(first, second, octetOf(text, two + 1, three), octetOf(text, three + 1, text.length)) >= 0;
  if (!isUsual) return 'other';
  if (isExcluded(first, second) || text === BROADCAST) return null;
  return { address: text, network: `${text.slice(0, two)}.0.0/16` };
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
