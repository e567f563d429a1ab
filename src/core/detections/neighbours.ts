import { counted } from '../text/numbers.ts';
import { ANY_REMOTE } from './assessments.ts';
import { type Detection, SEVERITIES, type Severity } from './detection.ts';
import type { Fact } from './fact.ts';

/** What is compared with other detections. */
export type NeighbourKey = Pick<
  Detection,
  'groupId' | 'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP' | 'severity'
>;

/** The other open detections that share something with one. Each is in one list alone, the first that fits. */
export interface OpenNeighbours {
  readonly sameDevice: readonly NeighbourKey[];
  readonly sameAddress: readonly NeighbourKey[];
  readonly sameProcess: readonly NeighbourKey[];
}

export type NeighboursOf = (detection: NeighbourKey) => OpenNeighbours;

/** `open`: all open detections, in any order. The lists begin with the most severe. */
export function neighboursIn(open: readonly NeighbourKey[]): NeighboursOf {
  const ordered = open.toSorted((a, b) => rankOf(b.severity) - rankOf(a.severity));
  const byDevice = Map.groupBy(ordered, ({ DeviceName }) => DeviceName);
  const byAddress = Map.groupBy(ordered, ({ RemoteIP }) => RemoteIP);
  const byProcess = Map.groupBy(ordered, ({ InitiatingProcessFileName }) => InitiatingProcessFileName);
  return ({ groupId, DeviceName, InitiatingProcessFileName, RemoteIP }) => {
    const seen = new Set([groupId]);
    const others = (found: readonly NeighbourKey[] = []) => {
      const left = found.filter((each) => !seen.has(each.groupId));
      for (const each of left) seen.add(each.groupId);
      return left;
    };
    // No name is no common name.
    return {
      sameDevice: DeviceName === '' ? [] : others(byDevice.get(DeviceName)),
      sameAddress: RemoteIP === ANY_REMOTE ? [] : others(byAddress.get(RemoteIP)),
      sameProcess: InitiatingProcessFileName === '' ? [] : others(byProcess.get(InitiatingProcessFileName)),
    };
  };
}

function rankOf(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** `Also open: 2 more on this device, such as high rundll32.exe to 203.0.113.1; 1 to this address from 1 other device`; null for none. */
export function neighbourFact({ neighbours }: Pick<Detection, 'neighbours'>): Fact | null {
  if (neighbours === undefined) return null;
  const { sameDevice, sameAddress, sameProcess } = neighbours;
  const [first] = sameDevice;
  const parts = [
    first === undefined ? '' : `${sameDevice.length} more on this device, ${suchAs(sameDevice.length)}${nameOf(first)}`,
    sameAddress.length === 0 ? '' : `${sameAddress.length} to this address from ${devicesOf(sameAddress)}`,
    sameProcess.length === 0 ? '' : `${sameProcess.length} of this process on ${devicesOf(sameProcess)}`,
  ];
  const value = parts.filter((part) => part !== '').join('; ');
  return value === '' ? null : { label: 'Also open', value };
}

function suchAs(number: number): string {
  return number === 1 ? '' : 'such as ';
}

function nameOf({ severity, InitiatingProcessFileName, RemoteIP }: NeighbourKey): string {
  const remote = RemoteIP === ANY_REMOTE ? 'many addresses' : RemoteIP;
  return `${severity} ${InitiatingProcessFileName || '(no process name)'} to ${remote}`;
}

function devicesOf(neighbours: readonly NeighbourKey[]): string {
  return counted(new Set(neighbours.map(({ DeviceName }) => DeviceName)).size, 'other device');
}
