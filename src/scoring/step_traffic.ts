import type { Detection, Traffic } from '../core/detections/detection.ts';
import type { LifecycleStep } from '../core/detections/lifecycle.ts';
import { needsTraffic } from '../core/detections/traffic.ts';

/** The step with the traffic behind its match: read where `needsTraffic` asks for it, else that of the last reading. */
export async function withTraffic(
  before: Detection | null,
  step: LifecycleStep,
  read: (detection: Detection) => Promise<Traffic>,
): Promise<LifecycleStep> {
  if (step.kind === 'none') return step;
  const { detection } = step;
  const traffic = before !== null && !needsTraffic(before, detection) ? before.traffic : await read(detection);
  return { ...step, detection: { ...detection, traffic } };
}
