import { activeHoursOf } from '../core/detections/activity.ts';
import type { Detection } from '../core/detections/detection.ts';
import { defenderQuery, sentinelQuery } from '../core/detections/hunting_queries.ts';
import { lifeWindowOf } from '../core/detections/lifecycle.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Facts } from '../core/records/report.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { pendingKeyOf } from '../storage/pending_id.ts';
import type { DetectionRow, ListedAddresses } from '../storage/ports/detections.ts';
import type { Outbox } from '../storage/ports/outbox.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { type NotificationView, notificationViewOf, pendingDeliveryView } from './detection_view.ts';
import { newestRows } from './newest_rows.ts';

/** A report behind a detection. */
export interface ReportView extends Facts {
  readonly Timestamp: Timestamp;
  readonly count: number | null;
}

/** One detection with its newest reports and its hunting queries. */
export interface DetectionDetail extends Detection, NotificationView {
  readonly id: string;
  readonly latestReports: readonly ReportView[];
  /** Absent where there are none. */
  readonly otherAddresses?: ListedAddresses;
  /** KQL. */
  readonly queries: { readonly defender: string; readonly sentinel: string };
}

const LATEST_REPORTS = 10;

/**
 * One detection, however old, and the newest reports of its group within the windows of both detectors before its last match, of
 * the newest hours with reports; null for an unknown id.
 */
export async function getDetection(
  stores: Pick<Stores, 'detections' | 'outbox' | 'hourlyCounts'>,
  id: string,
  lookbackDays: number,
): Promise<DetectionDetail | null> {
  const found = await stores.detections.get(id);
  if (found === null) return null;
  // Up to the last match: a resolved detection has no newer reports.
  const { detection } = found.row;
  const { groupId, lastMatched } = detection;
  const window = lifeWindowOf(lastMatched, lookbackDays);
  const latest = await newestRows(stores.hourlyCounts, groupId, activeHoursOf(detection), window, LATEST_REPORTS);
  const notifications = await withAttempts(stores.outbox, found.row);
  const latestReports = latest.toReversed().map(({ Timestamp, count, facts }) => ({ Timestamp, count, ...facts }));
  const queries = { defender: defenderQuery(detection), sentinel: sentinelQuery(detection) };
  const { otherAddresses } = found.row;
  return { id, ...detection, ...notifications, latestReports, queries, ...(otherAddresses && { otherAddresses }) };
}

/** The deliveries of a detection, the pending ones with the attempts that their rows of the outbox count. */
async function withAttempts(outbox: Outbox, row: DetectionRow): Promise<NotificationView> {
  const view = notificationViewOf(row);
  const deliveries = { ...view.deliveries };
  for (const [sink, delivery] of Object.entries(row.deliveries)) {
    if (delivery.status !== 'pending') continue;
    const pending = await unlessBad(outbox.get(pendingKeyOf(row.detection, sink, delivery)));
    const shown = deliveries[sink];
    if (pending !== null && pending !== BAD && shown !== undefined)
      deliveries[sink] = pendingDeliveryView(shown, pending.row);
  }
  return { ...view, deliveries };
}
