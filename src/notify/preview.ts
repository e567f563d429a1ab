import { notificationIdOf } from '../core/detections/detection.ts';
import { isSevereEnough, isTaken, type SinkScope } from '../core/detections/sink_scope.ts';
import { listDetections } from '../detections/query_detections.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Notification } from './sink.ts';

type PreviewStores = Pick<Stores, 'detections'>;

/** What a preview shows: a stored detection by its id, or a digest of all that are active. */
export type Previewed =
  | { readonly kind: 'detection'; readonly id: string }
  | { readonly kind: 'digest'; readonly listed: number };

/**
 * The notification that a sink would get of a detection as it is stored now, whatever the sink takes; or one digest of the
 * active detections that it takes. null for an unknown id, or where there is none to list.
 */
export async function previewOf(stores: PreviewStores, scope: SinkScope, of: Previewed): Promise<Notification | null> {
  if (of.kind === 'digest') return await digestOf(stores, scope, of.listed);
  const found = await stores.detections.get(of.id);
  if (found === null) return null;
  const { detection } = found.row;
  return { id: notificationIdOf(detection), detections: [detection], more: 0, digest: false };
}

async function digestOf(stores: PreviewStores, scope: SinkScope, listed: number): Promise<Notification | null> {
  const filter = { state: 'active', suppressed: false } as const;
  const query = { filter, sort: 'severity', limit: Number.POSITIVE_INFINITY, after: null } as const;
  const { detections: all } = await listDetections(stores, [], query);
  const taken = all.filter((each) => isTaken(each, scope) && isSevereEnough(each.severity, scope));
  const found = await Promise.all(taken.slice(0, listed).map(({ groupId }) => stores.detections.get(groupId)));
  const detections = found.flatMap((each) => (each === null ? [] : [each.row.detection]));
  if (detections.length === 0) return null;
  return { id: `digest|${'0'.repeat(32)}`, detections, more: taken.length - detections.length, digest: true };
}
