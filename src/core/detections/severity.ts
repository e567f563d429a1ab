import type { Grain } from '../scoring/series.ts';
import { percentText, rateText } from '../text/numbers.ts';
import type { Severity } from './detection.ts';
import { rateUnit } from './rate_unit.ts';

/** Devices up to which a remote address is rare: an implant starts on one, a vendor's address is on all. */
export const RARE_DEVICES = 3;
/** Devices from which on a remote address is common. */
export const COMMON_DEVICES = 20;
/** Spread up to which a series is regular: a deviation of 12 connections on a mean of 60. */
export const REGULAR_SPREAD = 0.2;
/** Times the threshold from which on an average is clearly above it: 56.25 per hour by default, so that one per minute is. */
export const CLEAR_FACTOR = 1.25;

/** The factors of severity. */
export interface SeverityFactors {
  readonly devices: number;
  readonly spread: number;
  readonly average: number;
  readonly minAverage: number;
  readonly grain: Grain;
}

/**
 * The severity of a match, and the reason in one sentence. Three factors count: the address is rare, the series is
 * regular, and the average is clearly above the threshold. Three factors give `high`, two `medium`, fewer `low`. A common
 * address always gives `low`.
 *
 * Duration is not a factor: the severity of every beacon would rise with time.
 */
export function severityOf({ devices, spread, average, minAverage, grain }: SeverityFactors): {
  severity: Severity;
  severityReason: string;
} {
  const isRare = devices <= RARE_DEVICES;
  const isRegular = spread <= REGULAR_SPREAD;
  const isClear = average >= CLEAR_FACTOR * minAverage;
  const severity = devices >= COMMON_DEVICES ? 'low' : BY_FACTORS[Number(isRare) + Number(isRegular) + Number(isClear)];
  const rarity = isRare ? 'a rare address' : devices >= COMMON_DEVICES ? 'a common address' : 'an address';
  const pace = isRegular ? 'regular' : 'irregular';
  const height = isClear ? 'clearly above' : 'slightly above';
  const severityReason =
    `${devices === 1 ? 'One device connects' : `${devices} devices connect`} to ${rarity}; the ${grain === 'hour' ? 'hours' : 'reports'} are ${pace} ` +
    `(spread ${percentText(spread)} of the mean); the average of ${rateText(average)} ${rateUnit(grain)} is ${height} the threshold of ${rateText(minAverage)}.`;
  return { severity: severity ?? 'low', severityReason };
}

const BY_FACTORS: readonly Severity[] = ['low', 'low', 'medium', 'high'];

/** Whether the first severity is higher. */
export function isAbove(severity: Severity, other: Severity): boolean {
  return RANK[severity] > RANK[other];
}

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2 };
