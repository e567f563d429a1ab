import type { Detections } from '../../src/storage/ports/detections.ts';
import type { Stores } from '../../src/storage/ports/stores.ts';

/** The same stores, but for these calls of Detections. */
export function detectionsWith(stores: Stores, changes: Partial<Detections>): Stores {
  const detections = new Proxy(stores.detections, {
    get(target, name) {
      const value = changes[name as keyof Detections] ?? target[name as keyof Detections];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...stores, detections };
}
