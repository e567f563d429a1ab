/** An IPv4 network: an address with the bits outside its prefix cleared. A lone address is a network of prefix 32. */
export interface Ipv4 {
  /** Unsigned 32 bits, bits outside the prefix cleared: 192.168.1.9/24 is 0xC0A80100. */
  readonly address: number;
  /** Leading bits that count, 0 to 32. */
  readonly prefix: number;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/;

/**
 * Reads dotted IPv4 text with an optional /prefix, or null where the text is none: IPv6 (the mapped `::ffff:` form
 * too), the empty string, missing octets, an octet above 255, a prefix above 32, white space around it.
 *
 * Leading zeros are read as decimal. That, and null for white space, is an assumption; neither occurs in Defender data.
 * Source: Kusto documentation, parse_ipv4_mask() and "IP-prefix notation".
 */
export function parseIpv4(text: string): Ipv4 | null {
  const parts = IPV4.exec(text);
  if (parts === null) return null;
  let address = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = Number(parts[i]);
    if (octet > 255) return null;
    address = address * 256 + octet;
  }
  const prefix = parts[5] === undefined ? 32 : Number(parts[5]);
  return prefix > 32 ? null : { address: networkOf(address, prefix), prefix };
}

/** Whether an address (unsigned 32 bits) lies in the network: `inRange(0x0A010203, parseIpv4('10.0.0.0/8'))`. */
export function inRange(address: number, network: Ipv4): boolean {
  return networkOf(address, network.prefix) === network.address;
}

/** Clears the bits outside the prefix. By division, since JavaScript's shifts are signed and know no shift by 32. */
function networkOf(address: number, prefix: number): number {
  return address - (address % 2 ** (32 - prefix));
}
