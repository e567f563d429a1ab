import type { Timestamp } from '../kql/timestamp.ts';
import type { Finding } from './detection.ts';
import { ipRangeOf, isInIpRange } from './ip_range.ts';
import { lolbinReason } from './lolbins.ts';

/**
 * What an entry is about; '' for any. Everything that is named has to fit. Device and process are compared without regard
 * to case: on Windows `Updater.exe` and `updater.exe` are one file, and WKS-7 and wks-7 one device.
 */
export interface SuppressionCriteria {
  readonly device: string;
  readonly process: string;
  /** An address or CIDR, IPv4 or IPv6. */
  readonly remote: string;
  readonly source: string;
  readonly detector: string;
}

/** An entry of what is not to be notifiedLevel: until it expires, what it fits is recorded and hidden. */
export interface Suppression extends SuppressionCriteria {
  /** Short, and by chance: it says nothing of what the entry is about. */
  readonly id: string;
  readonly owner: string;
  readonly reason: string;
  readonly createdAt: Timestamp;
  /** From then on it hides nothing. */
  readonly expires: Timestamp;
}

/** What an entry is compared with: the group and the detector of a detection. */
export type Suppressible = Pick<
  Finding,
  'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP' | 'source' | 'detector'
>;

/** Whether the entry fits, whatever its expiry. One that names nothing fits nothing. */
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

/** The entry that hides a group at this time: of several the one that hides it longest; null for none. */
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

/** Nothing narrower than this: most of the internet is no exception. */
export const WIDEST_IPV4_PREFIX = 8;
export const WIDEST_IPV6_PREFIX = 16;

/** Why an entry may not be, whoever wants it; null where it may. */
export function faultOf(criteria: SuppressionCriteria): string | null {
  if (isEmpty(criteria)) {
    return 'an entry must name at least one of device, process, remote, source and detector: it would hide everything';
  }
  if (criteria.remote === '') return null;
  const range = ipRangeOf(criteria.remote);
  if (range === null) return 'remote must be an address or CIDR such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32';
  const widest = range[0].kind() === 'ipv4' ? WIDEST_IPV4_PREFIX : WIDEST_IPV6_PREFIX;
  return range[1] >= widest ? null : `remote must be no wider than /${widest}: the rest is most of the internet`;
}

/**
 * Why an entry is dangerous, and has to be forced; null where it is not. A process name is anybody's: with nothing
 * narrower beside it, that of a program which attackers borrow hides the attacker, too.
 */
export function dangerOf({ device, process, remote, source, detector }: SuppressionCriteria): string | null {
  if (device !== '' || remote !== '') return null;
  if (process === '') {
    return `it would hide every detection of ${source === '' ? `the detector ${detector}` : `the source ${source}`}`;
  }
  const reason = lolbinReason(process);
  return reason === null
    ? null
    : `attackers borrow this program (MITRE ATT&CK ${reason}): name a device or a remote address beside it`;
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
