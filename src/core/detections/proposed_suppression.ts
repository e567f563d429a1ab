import { ANY_REMOTE } from './assessments.ts';
import type { Detection } from './detection.ts';
import type { SuppressionCriteria } from './suppression.ts';

/** What a proposal depends on. */
type Proposable = Pick<Detection, 'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP' | 'devices'>;

/**
 * The narrowest sensible suppression of a detection: its process and its address, and the device unless others connect to the
 * address too, since each of them would need an entry of its own. A process as a whole has no address, so its device is named.
 */
export function proposedSuppression(one: Proposable): SuppressionCriteria {
  const { DeviceName, InitiatingProcessFileName: process, RemoteIP, devices } = one;
  const isShared = devices > 1 && process !== '' && RemoteIP !== ANY_REMOTE;
  return {
    device: isShared ? '' : DeviceName,
    process,
    remote: RemoteIP === ANY_REMOTE ? '' : RemoteIP,
    source: '',
    detector: '',
  };
}
