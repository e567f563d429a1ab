import type { GroupKey } from '../records/report.ts';
import { type IpRange, ipAddressOf, ipRangeMatcher } from './ip_range.ts';
import { namePatternOf } from './name_pattern.ts';

/** Selects groups by their key, as a list of detections does. An absent member fits any; `*` in a name is any text. */
export interface KeyFilter {
  readonly device?: string | undefined;
  readonly process?: string | undefined;
  readonly remote?: IpRange | undefined;
}

/** Whether device and process fit, and whether an address does. */
export interface KeyMatcher {
  readonly fitsProcess: (key: Omit<GroupKey, 'RemoteIP'>) => boolean;
  readonly fitsRemote: (remoteIP: string) => boolean;
}

/** Compiles a filter. A name that is no pattern fits nothing. */
export function keyMatcher({ device, process, remote }: KeyFilter): KeyMatcher {
  const fitsDevice = nameTest(device);
  const fitsName = nameTest(process);
  const holds = remote === undefined ? null : ipRangeMatcher(remote);
  return {
    fitsProcess: ({ DeviceName, InitiatingProcessFileName }) =>
      fitsDevice(DeviceName) && fitsName(InitiatingProcessFileName),
    fitsRemote: (remoteIP) => holds === null || holds(ipAddressOf(remoteIP)),
  };
}

function nameTest(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const matches = namePatternOf(pattern);
  return (name) => matches?.(name.toLowerCase()) ?? false;
}
