import type { Timestamp } from '../kql/timestamp.ts';
import type { GroupKey } from '../records/report.ts';
import { compareText } from '../text/compare_text.ts';
import { type Assessed, type Detector, detectorsOf } from './assessments.ts';
import type { Finding } from './detection.ts';
import { type IpAddress, ipAddressOf, ipRangeMatcher, ipRangeOf } from './ip_range.ts';
import { lolbinOf, lolbinText, lolbinThatFits } from './lolbins.ts';
import { isNamePattern, NAME_PATTERN_FAULT, namePatternOf } from './name_pattern.ts';
import { isOfProgram, PROGRAM_HASH_FAULT, programHashIn } from './program_hash.ts';

/**
 * The criteria of an entry; '' matches anything. All criteria must match. Device and process ignore case: on Windows
 * `Updater.exe` and `updater.exe` are one file, and WKS-7 and wks-7 one device. `*` is any text.
 */
export interface SuppressionCriteria {
  readonly device: string;
  readonly process: string;
  /** An address or CIDR, IPv4 or IPv6. */
  readonly remote: string;
  /** SHA-1 or SHA-256 of the newest program of the group. A process as a whole has none. */
  readonly hash: string;
  readonly source: string;
  readonly detector: string;
}

/** The names of the criteria, in the order in which they are shown. */
export const CRITERIA = ['device', 'process', 'remote', 'hash', 'source', 'detector'] as const;

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
export type Suppressible = GroupKey & Assessed & Pick<Finding, 'programHash'>;

/** A detection made ready for comparison with many entries: its address is parsed and its names folded once. */
export interface Candidate {
  readonly device: string;
  readonly process: string;
  readonly programHash: string | null;
  readonly source: string;
  readonly detectors: readonly Detector[];
  readonly address: IpAddress | null;
}

export function candidateOf(one: Suppressible): Candidate {
  return {
    device: one.DeviceName.toLowerCase(),
    process: one.InitiatingProcessFileName.toLowerCase(),
    programHash: one.programHash,
    source: one.source,
    detectors: detectorsOf(one),
    address: ipAddressOf(one.RemoteIP),
  };
}

/**
 * Compiles criteria, regardless of expiry: patterns and ranges are parsed here, once. Empty and unreadable criteria match
 * nothing.
 */
export function criteriaMatcher({
  device,
  process,
  remote,
  hash,
  source,
  detector,
}: SuppressionCriteria): CandidateMatcher {
  const tests: CandidateMatcher[] = [];
  if (device !== '') tests.push(nameTest(device, 'device'));
  if (process !== '') tests.push(nameTest(process, 'process'));
  if (source !== '') tests.push((one) => one.source === source);
  if (detector !== '') tests.push((one) => one.detectors.every((each) => each === detector));
  if (remote !== '') tests.push(remoteTest(remote));
  if (hash !== '') tests.push(hashTest(hash));
  const [first = NOTHING, ...others] = tests;
  // Most entries name one or two criteria: a test for each that is absent would double the time.
  return others.length === 0 ? first : (one) => first(one) && others.every((test) => test(one));
}

type CandidateMatcher = (one: Candidate) => boolean;

const NOTHING: CandidateMatcher = () => false;

function nameTest(pattern: string, member: 'device' | 'process'): CandidateMatcher {
  const matches = namePatternOf(pattern);
  return matches === null ? NOTHING : (one) => matches(one[member]);
}

function remoteTest(remote: string): CandidateMatcher {
  const range = ipRangeOf(remote);
  if (range === null) return NOTHING;
  const holds = ipRangeMatcher(range);
  return (one) => holds(one.address);
}

function hashTest(text: string): CandidateMatcher {
  const hash = programHashIn(text);
  return hash === null ? NOTHING : (one) => isOfProgram(hash, one.programHash);
}

/** Gives the entry that applies to a group; null for none. */
export type SuppressionMatcher = (one: Suppressible) => Suppression | null;

/**
 * Compiles the entries that have not expired at this time. A group is suppressed if each detector that matched is, by one
 * entry or by several. Of several entries that match, the one that expires last applies. Each entry is parsed once, and each
 * group once.
 */
export function suppressionMatcher(suppressions: readonly Suppression[], now: Timestamp): SuppressionMatcher {
  const longestFirst = suppressions
    .filter(({ expires }) => expires > now)
    .sort((a, b) => compareText(b.expires, a.expires) || compareText(a.id, b.id))
    .map((entry) => ({ entry, matches: criteriaMatcher(entry) }));
  return (one) => {
    const candidate = candidateOf(one);
    const entryOf = (each: Candidate) => longestFirst.find(({ matches }) => matches(each))?.entry ?? null;
    const whole = entryOf(candidate);
    if (whole !== null || candidate.detectors.length === 1) return whole;
    const entries = candidate.detectors.map((detector) => entryOf({ ...candidate, detectors: [detector] }));
    return entries.includes(null) ? null : (entries[0] ?? null);
  };
}

/** The widest ranges that an entry may name; wider ones would cover most of the internet. */
export const WIDEST_IPV4_PREFIX = 8;
export const WIDEST_IPV6_PREFIX = 16;

/** The reason why an entry is not allowed, also with force; null where it is allowed. */
export function faultOf(criteria: SuppressionCriteria): string | null {
  if (isEmpty(criteria)) {
    return 'an entry must name at least one of device, process, remote, hash, source and detector; an empty one would suppress everything';
  }
  for (const name of ['device', 'process'] as const) {
    if (criteria[name] !== '' && namePatternOf(criteria[name]) === null) return `${name} ${NAME_PATTERN_FAULT}`;
  }
  if (criteria.hash !== '' && programHashIn(criteria.hash) === null) return `hash ${PROGRAM_HASH_FAULT}`;
  if (criteria.remote === '') return null;
  const range = ipRangeOf(criteria.remote);
  if (range === null) return 'remote must be an address or CIDR such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32';
  const widest = range[0].kind() === 'ipv4' ? WIDEST_IPV4_PREFIX : WIDEST_IPV6_PREFIX;
  return range[1] >= widest ? null : `remote must be no wider than /${widest}, got /${range[1]}`;
}

/**
 * The reason why an entry is dangerous and needs force; null where it is not. An attacker can choose any process name, and
 * the name of a LOLBin without a device or an address also suppresses the attacker. A device with `*` may be every device.
 */
export function dangerOf({ device, process, remote, hash, source, detector }: SuppressionCriteria): string | null {
  if ((device !== '' && !isNamePattern(device)) || remote !== '') return null;
  if (process === '') {
    if (hash !== '') return 'it would suppress every program with this hash, also a LOLBin: name the process as well';
    if (device !== '') return `it would suppress every detection of the devices ${device}`;
    return `it would suppress every detection of ${source === '' ? `the detector ${detector}` : `the source ${source}`}`;
  }
  if (!isNamePattern(process)) {
    const lolbin = lolbinOf(process);
    return lolbin && `attackers use this program (LOLBin, MITRE ATT&CK ${lolbinText(lolbin)}): ${NARROWER}`;
  }
  const fits = namePatternOf(process);
  const lolbin = fits && lolbinThatFits(fits);
  return lolbin && `it also matches ${lolbin.name} (LOLBin, MITRE ATT&CK ${lolbinText(lolbin)}): ${NARROWER}`;
}

const NARROWER = 'name a device or a remote address as well';

function isEmpty(criteria: SuppressionCriteria): boolean {
  return CRITERIA.every((name) => criteria[name] === '');
}
