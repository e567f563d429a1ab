import { ANY_REMOTE } from './assessments.ts';
import type { Detection } from './detection.ts';
import { isOfProgram, programHashIn } from './program_hash.ts';
import type { SuppressionCriteria } from './suppression.ts';

/** What a proposal depends on. */
type Proposable = Pick<
  Detection,
  'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP' | 'devices' | 'programHash' | 'traffic'
>;

/**
 * The narrowest sensible suppression of a detection: its process and its address, and the device unless others connect to the
 * address too, since each of them would need an entry of its own. A process as a whole has no address, so its device is named.
 * The hash of the program is named where the newest reports have it: an attacker who takes the name is then not suppressed.
 */
export function proposedSuppression(one: Proposable): SuppressionCriteria {
  const { DeviceName, InitiatingProcessFileName: process, RemoteIP, devices } = one;
  const isShared = devices > 1 && process !== '' && RemoteIP !== ANY_REMOTE;
  return {
    device: isShared ? '' : DeviceName,
    process,
    remote: RemoteIP === ANY_REMOTE ? '' : RemoteIP,
    hash: wholeHashOf(one),
    source: '',
    detector: '',
  };
}

/** The hash of the newest program in full; '' where the reports that were read are of another one, or have none. */
function wholeHashOf({ programHash, traffic }: Proposable): string {
  const known = [...traffic.sha1, ...traffic.sha256].map(programHashIn);
  return known.find((hash) => hash !== null && isOfProgram(hash, programHash)) ?? '';
}
