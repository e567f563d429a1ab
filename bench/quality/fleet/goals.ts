import type { Share } from '../wilson.ts';
import { deviceDays, type FleetOrigin, type FleetSummary, ORIGINS } from './summary.ts';

/** Benign notifications per 100 device-days, without the rare regular programs, with both detectors. */
export const NOTIFIED_GOAL = 1;
/** Share of the seeded beacons that are notified. */
export const FOUND_GOAL = 0.9;

const BENIGN: readonly FleetOrigin[] = ORIGINS.filter((origin) => origin !== 'beacon');
export const WITHOUT_RARE: readonly FleetOrigin[] = BENIGN.filter((origin) => origin !== 'rare regular program');

/** Detections of some origins per 100 device-days, over all fleets. */
export function per100DeviceDays(
  fleets: readonly FleetSummary[],
  countOf: (fleet: FleetSummary) => Readonly<Record<FleetOrigin, number>>,
  origins: readonly FleetOrigin[] = BENIGN,
): number {
  const days = fleets.reduce((sum, fleet) => sum + deviceDays(fleet), 0);
  const count = fleets.reduce(
    (sum, fleet) => sum + origins.reduce((ofFleet, origin) => ofFleet + countOf(fleet)[origin], 0),
    0,
  );
  return (100 * count) / days;
}

/** The seeded beacons of some fleets, and those of them that are notified. */
export function notifiedBeacons(fleets: readonly FleetSummary[]): Share {
  const beacons = fleets.flatMap((each) => each.beacons);
  return { hits: beacons.filter(({ notified }) => notified !== null).length, of: beacons.length };
}

/** Benign notifications per 100 device-days that the goal is about. */
export function notifiedRate(fleets: readonly FleetSummary[]): number {
  return per100DeviceDays(fleets, ({ notified }) => notified.both, WITHOUT_RARE);
}

/** `0.60 benign notifications per 100 device-days; 168 of 180 beacons notified` */
export function goalsText(fleets: readonly FleetSummary[]): string {
  const { hits, of } = notifiedBeacons(fleets);
  return `${notifiedRate(fleets).toFixed(2)} benign notifications per 100 device-days; ${hits} of ${of} beacons notified`;
}

/** The goals that some fleets together miss: one line for each. */
export function missedGoals(fleets: readonly FleetSummary[]): string[] {
  if (fleets.length === 0) return [];
  const rate = notifiedRate(fleets);
  const { hits, of } = notifiedBeacons(fleets);
  return [
    ...(rate <= NOTIFIED_GOAL
      ? []
      : [`fleets: ${rate.toFixed(2)} benign notifications per 100 device-days, the goal is at most ${NOTIFIED_GOAL}`]),
    ...(hits >= FOUND_GOAL * of
      ? []
      : [`fleets: ${hits} of ${of} beacons notified, the goal is at least ${100 * FOUND_GOAL} %`]),
  ];
}
