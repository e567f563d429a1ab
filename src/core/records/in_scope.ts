import { inRange, parseIpv4 } from '../kql/ipv4.ts';
import { ipv4_is_private } from '../kql/ipv4_is_private.ts';

/** The rule also excludes link-local and loopback addresses, which are not private to Kusto. */
const ALSO_EXCLUDED = ['169.254.0.0/16', '127.0.0.0/8'].map((range) => {
  const parsed = parseIpv4(range);
  if (!parsed) throw new Error(`not a range: ${range}`);
  return parsed;
});

/**
 * Whether the rule scores connections to this address: an IPv4 address outside 10/8, 172.16/12, 192.168/16, 169.254/16
 * and 127/8. Other text (IPv6, `-`, empty) is not in scope: `ipv4_is_private` gives null, and `null == false` is false
 * in Kusto.
 */
export function isInScope(remoteIP: string): boolean {
  if (ipv4_is_private(remoteIP) !== false) return false;
  const address = parseIpv4(remoteIP);
  return address !== null && !ALSO_EXCLUDED.some((range) => inRange(address.address, range));
}
