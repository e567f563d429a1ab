import type { Delivery, Detection, DetectionState } from './core/detection.ts';
import { detectionIdOf } from './core/detection.ts';
import { byAverage } from './core/order.ts';
import type { Facts } from './core/report.ts';
import { addMs, type Timestamp } from './core/timestamp.ts';
import type { ContributionRow, DetectionRow, Stores } from './ports.ts';

/** A detection as it is shown to the outside: by its id, with what became of its notifications. */
export interface DetectionView extends Detection {
  readonly id: string;
  readonly deliveries: Readonly<Record<string, Delivery>>;
}

export interface DetectionList {
  readonly detections: readonly DetectionView[];
  /** Whether there are more than `MAX_LISTED`: those with the highest averages are listed. */
  readonly truncated: boolean;
}

/** A report behind a detection. */
export interface ReportView extends Facts {
  readonly Timestamp: Timestamp;
  readonly count: number | null;
}

/** One detection, with the newest of the reports behind it. */
export interface DetectionDetail extends DetectionView {
  readonly latestReports: readonly ReportView[];
}

/** At most so many are listed: a page for people, not an export. */
export const MAX_LISTED = 1000;
const LATEST_REPORTS = 10;
const DAY_MS = 86_400_000;

/** The detections of one state or device, in the rule's order: average descending, then key. */
export async function listDetections(
  { detections }: Pick<Stores, 'detections'>,
  filter: { state?: DetectionState; device?: string },
): Promise<DetectionList> {
  let views: DetectionView[] = [];
  let truncated = false;
  for await (const page of detections.list(filter)) {
    views.push(...page.map(viewOf));
    if (views.length <= 2 * MAX_LISTED) continue;
    views = views.sort(byAverage).slice(0, MAX_LISTED);
    truncated = true;
  }
  views.sort(byAverage);
  return { detections: views.slice(0, MAX_LISTED), truncated: truncated || views.length > MAX_LISTED };
}

/** One detection, and the newest reports of its group within `lookbackDays` before its last match; null where there is none. */
export async function getDetection(
  stores: Pick<Stores, 'detections' | 'hourlyCounts'>,
  id: string,
  lookbackDays: number,
): Promise<DetectionDetail | null> {
  const found = await stores.detections.get(id);
  if (found === null) return null;
  // Up to its last match: of one that is resolved nothing is newer.
  const { groupId, lastMatched } = found.row.detection;
  let latest: ContributionRow[] = [];
  for await (const page of stores.hourlyCounts.read(groupId, addMs(lastMatched, -lookbackDays * DAY_MS), lastMatched)) {
    latest = [...latest, ...page].slice(-LATEST_REPORTS);
  }
  const latestReports = latest.reverse().map(({ Timestamp, count, facts }) => ({ Timestamp, count, ...facts }));
  return { ...viewOf(found.row), latestReports };
}

function viewOf({ detection, deliveries }: DetectionRow): DetectionView {
  return { id: detectionIdOf(detection), ...detection, deliveries };
}
