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

/** Whether an address of the telemetry lies in the range; false for text that is not an address. */
export function isInIpRange(text: string, range: IpRange): boolean {
  const found = ipRangeOf(text);
  return found !== null && isAddress(found) && found[0].kind() === range[0].kind() && found[0].match([...range]);
}

function isAddress([address, prefix]: IpRange): boolean {
  return prefix === address.toByteArray().length * 8;
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return null;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}
