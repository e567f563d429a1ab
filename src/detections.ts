import type { Delivery, Detection, DetectionState } from './core/detection.ts';
import { detectionIdOf } from './core/detection.ts';
import type { DetectionRow, Detections } from './ports.ts';

/** A detection as it is shown to the outside: by its id, with what became of its notifications. */
export interface DetectionView extends Detection {
  readonly id: string;
  readonly deliveries: Readonly<Record<string, Delivery>>;
}

/** At most so many are listed: a page for people, not an export. */
export const MAX_LISTED = 1000;

/** The detections of one state or device, the rule's order: average descending, then key. */
export async function listDetections(
  detections: Detections,
  filter: { state?: DetectionState; device?: string },
): Promise<DetectionView[]> {
  const views: DetectionView[] = [];
  for await (const page of detections.list(filter)) views.push(...page.map(viewOf));
  return views.sort(byAverage).slice(0, MAX_LISTED);
}

export async function getDetection(detections: Detections, id: string): Promise<DetectionView | null> {
  const found = await detections.get(id);
  return found === null ? null : viewOf(found.row);
}

function viewOf({ detection, deliveries }: DetectionRow): DetectionView {
  return { id: detectionIdOf(detection), ...detection, deliveries };
}

function byAverage(a: DetectionView, b: DetectionView): number {
  return (
    b.average - a.average ||
    compare(a.DeviceName, b.DeviceName) ||
    compare(a.InitiatingProcessFileName, b.InitiatingProcessFileName) ||
    compare(a.RemoteIP, b.RemoteIP)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
