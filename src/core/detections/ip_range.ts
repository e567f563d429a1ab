import ipaddr from 'ipaddr.js';

/** A single address is a range of one. */
export type IpRange = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number];

/**
 * Parses an address or CIDR, IPv4 or IPv6; null for other text. IPv4 needs four decimal numbers: programs disagree about
 * the older spellings (`10`, `0x7f.1`, `010.0.0.1`). A zone (`%eth0`) is not accepted. An IPv4-mapped IPv6 address is
 * the IPv4 address.
 */
export function ipRangeOf(text: string): IpRange | null {
  const [, address = '', bits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const widest = parsed.kind() === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? widest : Number(bits);
  return prefix <= widest ? [parsed, prefix] : null;
}

/** The canonical text: the lowest address, and the prefix unless the range is one address. `192.0.2.9/24` is `192.0.2.0/24`. */
export function ipRangeText([address, prefix]: IpRange): string {
  const bytes = address.toByteArray();
  if (prefix === bytes.length * 8) return address.toString();
  const lowest = bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * index))) & 0xff);
  return `${ipaddr.fromByteArray(lowest).toString()}/${prefix}`;
}

/** Whether an address of the telemetry, `ipAddressOf` its text, lies in the range that the test was compiled from. */
export type IpRangeMatcher = (address: IpAddress | null) => boolean;

/** A parsed address: one (IPv4) or four (IPv6) signed numbers of 32 bits, the highest first. */
export type IpAddress = readonly number[];

/** Parses an address of the telemetry; null for text that is not an address. Parse once, then compare with many ranges. */
export function ipAddressOf(text: string): IpAddress | null {
  const found = ipRangeOf(text);
  return found !== null && found[1] === lengthOf(found[0]) ? wordsOf(found[0]) : null;
}

/** Compiles a range, so that a comparison parses and allocates nothing. An IPv4 range holds no IPv6 address, and the reverse. */
export function ipRangeMatcher([address, prefix]: IpRange): IpRangeMatcher {
  const masks: number[] = [];
  const network: number[] = [];
  for (const [n, word] of wordsOf(address).entries()) {
    const mask = maskOf(prefix - 32 * n);
    masks.push(mask);
    network.push(word & mask);
  }
  return (other) => {
    if (other === null || other.length !== network.length) return false;
    for (let n = 0; n < network.length; n++) {
      if (((other[n] as number) & (masks[n] as number)) !== network[n]) return false;
    }
    return true;
  };
}

/** The leading `bits` of 32 set, as a signed number; below 0 none, above 32 all. JavaScript knows no shift by 32. */
function maskOf(bits: number): number {
  return bits <= 0 ? 0 : -1 << (32 - Math.min(32, bits));
}

function lengthOf(address: ipaddr.IPv4 | ipaddr.IPv6): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}

function wordsOf(address: ipaddr.IPv4 | ipaddr.IPv6): number[] {
  const bytes = address.toByteArray();
  const words: number[] = [];
  for (let n = 0; n < bytes.length; n += 4) {
    words.push(
      ((bytes[n] as number) << 24) |
        ((bytes[n + 1] as number) << 16) |
        ((bytes[n + 2] as number) << 8) |
        (bytes[n + 3] as number),
    );
  }
  return words;
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return null;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}
