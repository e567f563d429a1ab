import type { Timestamp } from '../kql/timestamp.ts';
import { compareText } from '../text/compare_text.ts';

/** The values that all deliveries of one report share. */
export interface IdentityParts {
  readonly DeviceId: unknown;
  readonly DeviceName: string;
  readonly Timestamp: Timestamp;
  readonly ReportId: unknown;
  readonly ActionType: string;
  readonly RemotePort: unknown;
  readonly LocalIP: unknown;
  readonly count: number | null;
}

/**
 * The identity of a report as text: DeviceId (or DeviceName), Timestamp, ReportId, ActionType, RemotePort, LocalIP and
 * count, each in canonical form: null, '' and absent are one; a number is the same as its text; the time is to the tick.
 * The identity of a record without a ReportId is all its properties, sorted by name. The envelope is no part of it: its
 * `time` changes with each delivery. Another route writes other columns, so that such a record would count once per
 * route; Defender does not write any.
 *
 * Microsoft: ReportId is a repeating counter, unique only with DeviceName and Timestamp (DeviceNetworkEvents reference).
 */
export function identityOf(parts: IdentityParts, properties: object): string {
  const reportId = canonical(parts.ReportId);
  if (reportId === null) return sortedJson(properties);
  return JSON.stringify([
    canonical(parts.DeviceId) ?? parts.DeviceName,
    parts.Timestamp,
    reportId,
    parts.ActionType,
    canonical(parts.RemotePort),
    canonical(parts.LocalIP),
    parts.count,
  ]);
}

/** The parts of a report with a number as its ReportId, and texts that JSON writes as they are: ASCII without quotes and backslashes. */
export interface PlainParts {
  readonly DeviceId: string | null;
  readonly DeviceName: string;
  readonly Timestamp: Timestamp;
  readonly ReportId: number;
  readonly ActionType: string;
  readonly RemotePort: number | null;
  readonly LocalIP: string | null;
  readonly count: number;
}

/** The same text as that of `identityOf`, in a fifth of its time. */
export function identityOfPlain(parts: PlainParts): string {
  const { DeviceId, DeviceName, Timestamp, ReportId, ActionType, RemotePort, LocalIP, count } = parts;
  const port = RemotePort === null ? 'null' : `"${RemotePort}"`;
  const address = LocalIP === null || LocalIP === '' ? 'null' : `"${LocalIP}"`;
  return `["${DeviceId || DeviceName}","${Timestamp}","${ReportId}","${ActionType}",${port},${address},${count}]`;
}

function canonical(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  return typeof value === 'object' ? sortedJson(value) : String(value);
}

/** JSON with sorted member names: equal values give equal text. Throws a RangeError where it is nested too deep. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b)))
      : inner,
  );
}
