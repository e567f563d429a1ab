import { rateText } from '../text/rate.ts';
import type { Severity } from './detection.ts';

/** Devices up to which a remote address is rare: an implant starts on one, a vendor's address is on all. */
export const RARE_DEVICES = 3;
/** Devices from which on it is common. */
export const COMMON_DEVICES = 20;
/** Spread over mean up to which a series is regular: twelve connections of sixty. */
export const REGULAR = 0.2;
/** Times the line from which on a series is clearly over it: 56.25 an hour by default, so that once a minute is. */
export const CLEAR = 1.25;

/** What severity is judged by. */
export interface Signs {
  readonly devices: number;
  readonly spread: number;
  readonly average: number;
  readonly minAverage: number;
}

/**
 * How soon somebody should look at a match, and why in one sentence. Three signs count: the address is rare, the series
 * is regular, and the average is clearly over the line. All three are `high`; two of them `medium`; fewer are `low`, and
 * so is whatever talks to an address that is common.
 *
 * How long it has gone on is none of them: a beacon's severity would rise just because time goes by.
 */
export function severityOf({ devices, spread, average, minAverage }: Signs): {
  severity: Severity;
  severityReason: string;
} {
  const isRare = devices <= RARE_DEVICES;
  const isRegular = spread <= REGULAR;
  const isClear = average >= CLEAR * minAverage;
  const severity = devices >= COMMON_DEVICES ? 'low' : BY_SIGNS[Number(isRare) + Number(isRegular) + Number(isClear)];
  const rarity = isRare ? 'a rare address' : devices >= COMMON_DEVICES ? 'a common address' : 'an address';
  const pace = isRegular ? 'regular' : 'irregular';
  const height = isClear ? 'clearly over the line' : 'little over the line';
  const severityReason =
    `${devices === 1 ? 'One device talks' : `${devices} devices talk`} to ${rarity}; the hours are ${pace} ` +
    `(spread ${percent(spread)} of the mean); the average of ${rateText(average)} an hour is ${height} of ${rateText(minAverage)}.`;
  return { severity: severity ?? 'low', severityReason };
}

const BY_SIGNS: readonly Severity[] = ['low', 'low', 'medium', 'high'];

/** Whether one is above the other. */
export function isAbove(severity: Severity, other: Severity): boolean {
  return RANK[severity] > RANK[other];
}

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2 };

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
