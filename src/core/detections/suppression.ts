import type { Timestamp } from '../kql/timestamp.ts';
import type { Finding } from './detection.ts';
import { ipRangeOf, isInIpRange } from './ip_range.ts';
import { lolbinReason } from './lolbins.ts';

/**
 * The criteria of an entry; '' matches anything. All criteria must match. Device and process ignore case: on Windows
 * `Updater.exe` and `updater.exe` are one file, and WKS-7 and wks-7 one device.
 */
export interface SuppressionCriteria {
  readonly device: string;
  readonly process: string;
  /** An address or CIDR, IPv4 or IPv6. */
  readonly remote: string;
  readonly source: string;
  readonly detector: string;
}

/** An exception from notifications: until it expires, detections that match it are recorded and not notified. */
export interface Suppression extends SuppressionCriteria {
  /** Short and random: it does not reveal the criteria. */
  readonly id: string;
  readonly owner: string;
  readonly reason: string;
  readonly createdAt: Timestamp;
  /** From this time on the entry has no effect. */
  readonly expires: Timestamp;
}

/** The members of a detection that an entry is compared with. */
export type Suppressible = Pick<
  Finding,
  'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP' | 'source' | 'detector'
>;

/** Whether the criteria match, regardless of expiry. Empty criteria match nothing. */
export function fits(criteria: SuppressionCriteria, one: Suppressible): boolean {
  const { device, process, remote, source, detector } = criteria;
  if (isEmpty(criteria)) return false;
  return (
    (device === '' || isSameName(device, one.DeviceName)) &&
    (process === '' || isSameName(process, one.InitiatingProcessFileName)) &&
    (source === '' || source === one.source) &&
    (detector === '' || detector === one.detector) &&
    (remote === '' || isWithin(remote, one.RemoteIP))
  );
}

/** The entry that applies to a group at this time; of several the one that expires last; null for none. */
export function suppressedBy(
  suppressions: readonly Suppression[],
  one: Suppressible,
  now: Timestamp,
): Suppression | null {
  let longest: Suppression | null = null;
  for (const each of suppressions) {
    if (each.expires <= now || (longest !== null && !isLonger(each, longest))) continue;
    if (fits(each, one)) longest = each;
  }
  return longest;
}

/** The widest ranges that an entry may name; wider ones would cover most of the internet. */
export const WIDEST_IPV4_PREFIX = 8;
export const WIDEST_IPV6_PREFIX = 16;

/** The reason why an entry is not allowed, also with force; null where it is allowed. */
export function faultOf(criteria: SuppressionCriteria): string | null {
  if (isEmpty(criteria)) {
    return 'an entry must name at least one of device, process, remote, source and detector; an empty one would suppress everything';
  }
  if (criteria.remote === '') return null;
  const range = ipRangeOf(criteria.remote);
  if (range === null) return 'remote must be an address or CIDR such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32';
  const widest = range[0].kind() === 'ipv4' ? WIDEST_IPV4_PREFIX : WIDEST_IPV6_PREFIX;
  return range[1] >= widest ? null : `remote must be no wider than /${widest}, got /${range[1]}`;
}

/**
 * The reason why an entry is dangerous and needs force; null where it is not. An attacker can choose any process name, and
 * the name of a LOLBin without a device or an address also suppresses the attacker.
 */
export function dangerOf({ device, process, remote, source, detector }: SuppressionCriteria): string | null {
  if (device !== '' || remote !== '') return null;
  if (process === '') {
    return `it would suppress every detection of ${source === '' ? `the detector ${detector}` : `the source ${source}`}`;
  }
  const reason = lolbinReason(process);
  return reason === null
    ? null
    : `attackers use this program (LOLBin, MITRE ATT&CK ${reason}): name a device or a remote address as well`;
}

function isEmpty({ device, process, remote, source, detector }: SuppressionCriteria): boolean {
  return device === '' && process === '' && remote === '' && source === '' && detector === '';
}

function isLonger(one: Suppression, other: Suppression): boolean {
  return one.expires > other.expires || (one.expires === other.expires && one.id < other.id);
}

function isSameName(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase();
}

function isWithin(remote: string, address: string): boolean {
  const range = ipRangeOf(remote);
  return range !== null && isInIpRange(address, range);
}
