import { ANY_REMOTE } from './assessments.ts';
import type { Detection } from './detection.ts';

/** A missing process name is named: it is suspicious by itself, and an empty value would be a gap in a sentence. */
export function processOf({ InitiatingProcessFileName }: Pick<Detection, 'InitiatingProcessFileName'>): string {
  return InitiatingProcessFileName === '' ? '(no process name)' : InitiatingProcessFileName;
}

/** The text of the address; of a process as a whole, that it has several. */
export function remoteOf({ RemoteIP }: Pick<Detection, 'RemoteIP'>): string {
  return RemoteIP === ANY_REMOTE ? 'several addresses' : RemoteIP;
}

/** `203.0.113.5:443`; `[2001:db8::1]:443`; without a port where there are several, or none is known. */
export function endpointOf(detection: Pick<Detection, 'RemoteIP' | 'traffic'>): string {
  const { RemoteIP, traffic } = detection;
  const [first, second] = traffic.ports;
  if (RemoteIP === ANY_REMOTE || first === undefined || second !== undefined) return remoteOf(detection);
  return RemoteIP.includes(':') ? `[${RemoteIP}]:${first.port}` : `${RemoteIP}:${first.port}`;
}
