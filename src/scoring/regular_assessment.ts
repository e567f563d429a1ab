import type { RegularAssessment } from '../core/detections/assessments.ts';
import type { RegularityFacts } from '../core/detections/severity.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { MeasuredProcess } from '../core/regularity/process_view.ts';
import type { RegularityFinding } from './context/regularity_watch.ts';

type Found =
  | { readonly assessment: RegularityFinding['assessment'] | MeasuredProcess; readonly onlyFailed: boolean }
  | undefined;

/**
 * What `regularity` found of a group in the run that ends at `asOf`, as its detection keeps it; null where it does not match.
 * `threshold`: the score from which on it matches.
 */
export function regularAssessmentOf(
  found: Pick<RegularityFinding, 'assessment'> | undefined,
  regularDevices: number,
  asOf: Timestamp,
  threshold: number,
): RegularAssessment | null {
  const assessment = found?.assessment ?? null;
  if (assessment === null || !assessment.measured || assessment.way === null) return null;
  const { measured: _measured, way, session, measuredViews, ...numbers } = assessment;
  const group = { regularDevices, addresses: 1, remoteIPs: [], lastMatched: asOf };
  return { ...numbers, way, threshold, session, measuredViews, ...group };
}

/** The same of a process as a whole. `remoteIPs`: the first of its addresses. */
export function processAssessmentOf(
  { measured: _measured, way, measuredViews, addresses, ...numbers }: MeasuredProcess,
  remoteIPs: readonly string[],
  asOf: Timestamp,
  threshold: number,
): RegularAssessment | null {
  if (way === null) return null;
  const process = { regularDevices: 1, addresses, remoteIPs, lastMatched: asOf };
  return { ...numbers, way, threshold, session: null, measuredViews, ...process };
}

/** The same for the decision, of a match and of what is not one; null where nothing was measured. */
export function regularityFactsOf(
  found: Found,
  flags: Pick<RegularityFacts, 'isActive' | 'isHidden'>,
): RegularityFacts | null {
  const assessment = found?.assessment ?? null;
  if (assessment === null || !assessment.measured) return null;
  const { regularity: score, way, interval } = assessment;
  return { score, way, interval, onlyFailed: found?.onlyFailed ?? false, ...flags };
}
