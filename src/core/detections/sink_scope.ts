import type { Source } from '../records/report.ts';
import { type Assessed, type Detector, detectorsOf } from './assessments.ts';
import type { Detection, Severity } from './detection.ts';
import { isAbove } from './severity.ts';

/** Which detections a sink takes. An absent member excludes none. */
export interface SinkScope {
  readonly minSeverity?: Severity;
  readonly sources?: readonly Source[];
  /** One of them must have matched. */
  readonly detectors?: readonly Detector[];
}

/** The members of a detection that a scope is compared with, without its severity. */
export type ScopedDetection = Pick<Detection, 'source'> & Assessed;

/** Whether the sink takes detections such as this one, of whatever severity. */
export function isTaken(detection: ScopedDetection, { sources, detectors }: SinkScope): boolean {
  if (sources !== undefined && !sources.includes(detection.source)) return false;
  return detectors === undefined || detectorsOf(detection).some((detector) => detectors.includes(detector));
}

/** Whether the severity is at least that of the sink. */
export function isSevereEnough(severity: Severity, { minSeverity = 'low' }: SinkScope): boolean {
  return !isAbove(minSeverity, severity);
}

/** The lowest severity from which on one of the sinks is notified of this detection; null without such a sink. */
export function notifiedFrom(detection: ScopedDetection, sinks: readonly SinkScope[]): Severity | null {
  const all = sinks.filter((sink) => isTaken(detection, sink)).map(({ minSeverity = 'low' }) => minSeverity);
  return all.reduce<Severity | null>(
    (lowest, each) => (lowest === null || isAbove(lowest, each) ? each : lowest),
    null,
  );
}
