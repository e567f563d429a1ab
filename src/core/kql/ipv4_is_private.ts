import { type Ipv4, inRange, parseIpv4 } from './ipv4.ts';

/** 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16: the three that the documentation lists, no others. */
const PRIVATE: readonly Ipv4[] = [
  { address: 0x0a000000, prefix: 8 },
  { address: 0xac100000, prefix: 12 },
  { address: 0xc0a80000, prefix: 16 },
];

/**
 * ipv4_is_private(ip): whether the address belongs to one of the private network ranges; null where the text is no
 * IPv4. A /prefix is applied first, then the masked address is tested.
 *
 * Loopback, link-local, shared (100.64/10) and multicast addresses are not private to Kusto: `127.0.0.1` is its own
 * documented example of false. A caller that excludes them needs its own test.
 *
 * `ipv4_is_private('10.1.2.3/24')` is true, `ipv4_is_private('2001:db8::1')` null. Source: Kusto documentation,
 * ipv4_is_private().
 */
export function ipv4_is_private(ip: string): boolean | null {
  const parsed = parseIpv4(ip);
  if (parsed === null) return null;
  return PRIVATE.some((range) => inRange(parsed.address, range));
}
