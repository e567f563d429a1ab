import type { RegularAssessment } from '../core/detections/assessments.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { FoundGroup } from '../core/scoring/address_scorer.ts';
import type { FleetContext } from './context/fleet_context.ts';
import type { RegularityFinding } from './context/regularity_watch.ts';

/**
 * What `regularity` found of a group in the run that ends at `asOf`, as its detection keeps it; null where it does not match, or
 * where so many devices are regular with the address, or with its network, that it is common. Without context only the devices
 * of this run count, and nothing is common.
 */
export function regularAssessmentOf(
  { group, matchingDevices }: Pick<FoundGroup<RegularityFinding>, 'group' | 'matchingDevices'>,
  context: Pick<FleetContext, 'many' | 'regularDevices'> | null,
  asOf: Timestamp,
): RegularAssessment | null {
  const { assessment = null, place = null } = group.beside ?? {};
  if (assessment === null || place === null || !assessment.measured || assessment.way === null) return null;
  const { measured: _measured, way, session, measuredViews, ...numbers } = assessment;
  const before = context?.regularDevices(group.key.InitiatingProcessFileName, place.network) ?? 0;
  const regularDevices = Math.max(matchingDevices, before);
  if (context !== null && regularDevices > context.many) return null;
  return { ...numbers, way, session, measuredViews, regularDevices, addresses: 1, remoteIPs: [], lastMatched: asOf };
}
