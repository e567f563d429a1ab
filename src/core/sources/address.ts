import ipaddr from 'ipaddr.js';
import { remembered } from '../text/remembered.ts';

/** The longest form of an IPv6 address with a zone. */
const MAX_LENGTH = 64;

/**
 * The IPv4 address of an IPv4-mapped IPv6 address in any form (`::ffff:203.0.113.7`,
 * `0:0:0:0:0:FFFF:cb00:7107`); other text unchanged. Sockets for both families report IPv4 connections this way.
 */
export function unmapped(address: string): string {
  return address.includes(':') ? unmappedV6(address) : address;
}

const unmappedV6 = remembered((address) => {
  if (address.length > MAX_LENGTH || !ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : address;
});
