import { ANY_REMOTE } from '../core/detections/assessments.ts';
import type { GroupKey } from '../core/records/report.ts';
import { processIdOf } from '../storage/keys.ts';

/** Whether a detection is of a process as a whole. Telemetry can name an address `*`, and its group has another id. */
export function isOfProcess(detection: GroupKey & { readonly groupId: string }): boolean {
  return detection.RemoteIP === ANY_REMOTE && detection.groupId === processIdOf(detection);
}
