import ipaddr from 'ipaddr.js';
import { isInScope } from '../records/in_scope.ts';
import { remembered } from '../text/remembered.ts';

/** The longest form of an IPv6 address with a zone. */
const MAX_LENGTH = 64;

const EXCLUDED: ReadonlySet<string> = new Set(['unspecified', 'loopback', 'linkLocal', 'uniqueLocal', 'multicast']);

/**
 * Whether connections to this address are counted: it is in scope for at least one detector. Each detector applies its own
 * scope to what is stored. The KQL rule scores IPv4 addresses alone (`isInScope`); `regularity` also scores IPv6 addresses,
 * but not unspecified, loopback, link-local, unique local and multicast ones. An IPv4-mapped address counts as its IPv4
 * address.
 */
export const isStored = remembered(isStoredAddress);

function isStoredAddress(remoteIP: string): boolean {
  if (!remoteIP.includes(':')) return isInScope(remoteIP);
  if (remoteIP.length > MAX_LENGTH || !ipaddr.IPv6.isValid(remoteIP)) return false;
  const address = ipaddr.IPv6.parse(remoteIP);
  if (address.isIPv4MappedAddress()) return isInScope(address.toIPv4Address().toString());
  return !EXCLUDED.has(address.range());
}
