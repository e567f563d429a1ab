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
