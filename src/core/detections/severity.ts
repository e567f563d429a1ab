import type { Grain } from '../scoring/series.ts';
import { percentText, rateText } from '../text/numbers.ts';
import type { Detection, Severity } from './detection.ts';
import { type Known, knownSentence } from './known.ts';
import { rateUnit } from './rate_unit.ts';

/** Spread up to which a series is regular: a deviation of 12 connections on a mean of 60. */
export const REGULAR_SPREAD = 0.2;
/** Times the threshold from which on an average is clearly above it: 56.25 per hour by default, so that one per minute is. */
export const CLEAR_FACTOR = 1.25;

/** How many devices of a fleet are few and many. */
export interface FleetLimits {
  /** Up to so many devices something is rare. */
  readonly few: number;
  /** Above it, it is common. */
  readonly many: number;
}

/** Of a fleet of which nothing is known. */
export const UNKNOWN_FLEET: FleetLimits = Object.freeze({ few: 3, many: 10 });

/** The factors of the KQL rule's severity. */
export interface SeverityFactors extends FleetLimits {
  /** Devices with reports to the address in the window. */
  readonly devices: number;
  /** More than `few` devices use the process in this network. */
  readonly isShared?: boolean;
  readonly spread: number;
  readonly average: number;
  readonly minAverage: number;
  readonly grain: Grain;
}

/**
 * The severity of a match of the KQL rule by its own signs, and the reason in one sentence. Three count: the address and its network are
 * rare, the series is even, and the average is clearly above the threshold. Three signs give `high`, two `medium`, fewer `low`.
 * A common address always gives `low`.
 *
 * Duration is not a sign: the severity of every beacon would rise with time.
 */
export function ruleSeverityOf(factors: SeverityFactors): SeverityAndReason {
  const { devices, isShared = false, few, many, spread, average, minAverage, grain } = factors;
  const isRare = devices <= few && !isShared;
  const isCommon = devices > many;
  const isRegular = spread <= REGULAR_SPREAD;
  const isClear = average >= CLEAR_FACTOR * minAverage;
  const severity = isCommon ? 'low' : BY_FACTORS[Number(isRare) + Number(isRegular) + Number(isClear)];
  const rarity = isRare ? 'a rare address' : isCommon ? 'a common address' : isShared ? SHARED_NETWORK : 'an address';
  const pace = isRegular ? 'regular' : 'irregular';
  const height = isClear ? 'clearly above' : 'slightly above';
  const severityReason =
    `${devices === 1 ? 'One device connects' : `${devices} devices connect`} to ${rarity}; ${pace} ${grain === 'hour' ? 'hours' : 'reports'} ` +
    `(spread ${percentText(spread)}); ${rateText(average)} ${rateUnit(grain)}, ${height} the threshold of ${rateText(minAverage)}.`;
  return { severity: severity ?? 'low', severityReason };
}

/**
 * Whether a reason is that of the KQL rule's own signs: its numbers are also those of a message. It reads the sentence because
 * that is what a row keeps: the limits of the fleet and the facts of the decision, from which it was made, are not stored.
 */
export function isOfRuleSigns(severityReason: string): boolean {
  return /^(?:One device connects|\d+ devices connect) to .*; .* the threshold of [\d.,]+\.$/.test(severityReason);
}

const SHARED_NETWORK = 'an address in a network that this process often uses';

const BY_FACTORS: readonly Severity[] = ['low', 'low', 'medium', 'high'];

/** A match of the KQL rule, with the severity that its own signs give. */
export interface KqlRuleMatch extends SeverityAndReason {
  /** A suppression of this detector applies. */
  readonly isHidden: boolean;
}

/** What `regularity` measured. */
export interface RegularityFacts {
  readonly score: number;
  /** How it matched; null: no match. */
  readonly way: 'score' | 'session' | 'process' | null;
  /** Seconds between connections. */
  readonly interval: number;
  readonly onlyFailed: boolean;
  /** false where DETECTORS lacks it: it then opens and raises nothing, and only decides whether the KQL rule is alone. */
  readonly isActive: boolean;
  /** A suppression of this detector applies. */
  readonly isHidden: boolean;
}

/** What severity relative to the fleet depends on. */
export interface FleetFacts extends FleetLimits {
  /** null where it does not match. */
  readonly kqlRule: KqlRuleMatch | null;
  /** null where it cannot be measured. */
  readonly regularity: RegularityFacts | null;
  /** Devices that are regular with the address, or on which the process is regular with the network, if more. */
  readonly regularDevices: number;
  /** The process has not used the network before the last days. */
  readonly isNew: boolean;
  /** It is known that it is not new. Files have no history, so nothing in them is established. */
  readonly isEstablished: boolean;
  /** More than `few` devices use the process in this network, regularly or not. */
  readonly isShared: boolean;
  /** What the file of the operator says of it: an indicator is one severity higher, the expected one lower. null for nothing. */
  readonly known: Known | null;
}

export interface SeverityAndReason {
  readonly severity: Severity;
  /** One sentence. */
  readonly severityReason: string;
}

/** Score from which on a rare and new group is `high`. */
const HIGH_SCORE = 0.8;
/**
 * Score from which on chance does not explain one regular device among many that use the same process and network: with a
 * hundred of them, one reaches 0.6 each week by chance.
 */
const SHARED_SCORE = 0.8;

/**
 * The severity of a match in its fleet: `low` where more than `many` devices are regular, and where more than `few` are and
 * the process has used the network for some time; else the higher one of the detectors that match. `isRipe`: `regularity`
 * has shown enough for more than `low`. At least one detector matches. One that is hidden counts only where all that match
 * are. What the operator knows changes that by one.
 */
export function severityInFleet(facts: FleetFacts, isRipe: boolean): SeverityAndReason {
  return withKnown(severityOfFleet(facts, isRipe), facts.known);
}

function withKnown(judged: SeverityAndReason, known: Known | null): SeverityAndReason {
  if (known === null) return judged;
  const severity = (known.list === 'indicator' ? HIGHER : LOWER)[judged.severity];
  const from = severity === judged.severity ? null : judged.severity;
  return { severity, severityReason: `${judged.severityReason} ${knownSentence(known, from)}` };
}

const HIGHER: Readonly<Record<Severity, Severity>> = { low: 'medium', medium: 'high', high: 'high' };
const LOWER: Readonly<Record<Severity, Severity>> = { low: 'low', medium: 'low', high: 'medium' };

function severityOfFleet(facts: FleetFacts, isRipe: boolean): SeverityAndReason {
  const { kqlRule, regularity, regularDevices, few, many } = facts;
  if (regularDevices > many) {
    return { severity: 'low', severityReason: `Common: more than ${many} devices are as regular.` };
  }
  if (regularDevices > few && facts.isEstablished) {
    const reason = `${regularDevices} devices are as regular (more than ${few}), and this is not new in the fleet.`;
    return { severity: 'low', severityReason: reason };
  }
  const found = [
    ...(regularity?.isActive && regularity.way !== null
      ? [{ ...regularSeverity(regularity, facts, isRipe), isHidden: regularity.isHidden }]
      : []),
    ...(kqlRule === null ? [] : [regularity === null || regularity.way === null ? oneLower(kqlRule) : kqlRule]),
  ];
  const shown = found.filter(({ isHidden }) => !isHidden);
  const [first = NONE, ...others] = shown.length > 0 ? shown : found;
  const { severity, severityReason } = others.reduce((a, b) => (isAbove(b.severity, a.severity) ? b : a), first);
  return { severity, severityReason };
}

/** The severity of a match of the KQL rule by its own signs, in its fleet; null where the rule does not match. */
export function ruleMatchOf(
  { assessments, devices }: Pick<Detection, 'assessments' | 'devices'>,
  { few, many, isShared = false }: FleetLimits & Pick<SeverityFactors, 'isShared'>,
  isHidden: boolean,
): KqlRuleMatch | null {
  const rule = assessments['kql-rule'];
  if (rule === null) return null;
  const { spread, average, evidence } = rule;
  const { minAverage } = evidence.thresholds;
  const factors = { devices, isShared, few, many, spread, average, minAverage, grain: evidence.grain };
  return { ...ruleSeverityOf(factors), isHidden };
}

const NONE = { severity: 'low', severityReason: '', isHidden: false } as const;

/** The KQL rule alone: one severity lower, never dropped. */
function oneLower(match: KqlRuleMatch): KqlRuleMatch {
  const severity = LOWER[match.severity];
  if (severity === match.severity) return match;
  const reason = match.severityReason.replace(/\.$/, '');
  return { ...match, severity, severityReason: `${reason}; regularity does not match, so one severity lower.` };
}

function regularSeverity(
  { score, way, onlyFailed }: RegularityFacts,
  { regularDevices, isNew, isEstablished, isShared, few }: FleetFacts,
  isRipe: boolean,
): SeverityAndReason {
  const measured = `the score is ${score}`;
  if (!isRipe) return { severity: 'low', severityReason: `Recorded: ${measured}, which has not yet shown enough.` };
  const devices = regularDevices > 1 ? `${regularDevices} devices are` : 'No other device is';
  if (regularDevices > few) {
    return { severity: 'low', severityReason: `${devices} as regular (more than ${few}); ${measured}.` };
  }
  if (isShared && (way === 'session' || (isEstablished && score < SHARED_SCORE))) {
    const users = `more than ${few} devices use this process in this network`;
    const reason = way === 'session' ? 'a short session there can be chance' : `below ${SHARED_SCORE} it can be chance`;
    return { severity: 'low', severityReason: `Recorded: ${users}, so ${reason}; ${measured}.` };
  }
  const rare = `${devices} as regular (at most ${few} is rare); ${measured}`;
  if (!isNew || score < HIGH_SCORE) return { severity: 'medium', severityReason: `${rare}.` };
  const limit = way === 'score' ? (onlyFailed ? 'only failed connections' : '') : `matched as a ${way}`;
  if (limit !== '')
    return { severity: 'medium', severityReason: `${rare}; new in this fleet; ${limit}: at most medium.` };
  return { severity: 'high', severityReason: `${rare} (at least ${HIGH_SCORE}); new in this fleet.` };
}

/** Whether the first severity is higher. */
export function isAbove(severity: Severity, other: Severity): boolean {
  return RANK[severity] > RANK[other];
}

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2 };
