import { DETECTORS, type Detector } from '../core/detections/assessments.ts';
import { REGULARITY_THRESHOLDS, type RegularityThresholds } from '../core/regularity/assessment.ts';
import { NEW_DAYS } from '../core/regularity/observed.ts';

/** What `regularity` compares with. */
export interface FleetSettings {
  readonly thresholds: RegularityThresholds;
  /** So many devices are few; null: as the size of the fleet says. */
  readonly rareDevices: number | null;
  /** Days for which a process and a network are new. */
  readonly newDays: number;
}

/** The settings of the runs that are none of the KQL rule. */
export interface DetectionSettings extends FleetSettings {
  /** The detectors that open detections and raise their severity. */
  readonly detectors: readonly Detector[];
  /** Hours of telemetry that are recorded before a sink is notified. */
  readonly baselineHours: number;
}

export const DETECTION_SETTINGS: DetectionSettings = Object.freeze({
  detectors: DETECTORS,
  thresholds: REGULARITY_THRESHOLDS,
  rareDevices: null,
  newDays: NEW_DAYS,
  baselineHours: 24,
});
