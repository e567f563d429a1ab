import type { OwnerOf } from '../core/detections/owner.ts';
import type { Notification } from './sink.ts';

/** The notification with the owner of each address that the database knows. */
export function withOwners(notification: Notification, ownerOf: OwnerOf): Notification {
  const detections = notification.detections.map((detection) => {
    const owner = ownerOf(detection.RemoteIP);
    return owner === null ? detection : { ...detection, owner };
  });
  return { ...notification, detections };
}
