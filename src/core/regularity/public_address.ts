import ipaddr from 'ipaddr.js';
import { publicIpv4Of } from './public_ipv4.ts';

/** A remote address in scope. */
export interface PublicAddress {
  /** In canonical text. A mapped address is its IPv4 address. */
  readonly address: string;
  /** Its /16 (IPv6: /32), in which cloud services and attackers rotate servers. */
  readonly network: string;
}

/** The ranges out of scope, by ipaddr.js' names. */
const EXCLUDED: ReadonlySet<string> = new Set([
  'private',
  'uniqueLocal',
  'deprecatedSiteLocal',
  'loopback',
  'linkLocal',
  'multicast',
  'broadcast',
  'unspecified',
]);
/** The longest form of an IPv6 address with a zone. */
const MAX_LENGTH = 64;

/**
 * The address and its network if this detector has the address in scope: a unicast address, IPv6 included, that is not
 * private, loopback, link-local, multicast, broadcast or unspecified. null for these and for text that is no address.
 * Unlike the KQL rule it excludes multicast, broadcast and 0/8. Both keep shared addresses (100.64/10).
 *
 * `publicAddressOf('::ffff:198.51.100.7')` is 198.51.100.7 in 198.51.0.0/16.
 */
export function publicAddressOf(text: string): PublicAddress | null {
  const ipv4 = publicIpv4Of(text);
  if (ipv4 !== 'other') return ipv4;
  const parsed = parsedOf(text);
  if (parsed === null || EXCLUDED.has(parsed.range())) return null;
  const bytes = parsed.toByteArray();
  const [prefix, kept] = parsed.kind() === 'ipv4' ? [16, 2] : [32, 4];
  const network = ipaddr.fromByteArray(bytes.map((byte, index) => (index < kept ? byte : 0)));
  return { address: ipaddr.fromByteArray(bytes).toString(), network: `${network.toString()}/${prefix}` };
}

function parsedOf(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (text.length > MAX_LENGTH) return null;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return null;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}
