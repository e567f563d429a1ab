import type { Timestamp } from '../kql/timestamp.ts';

/** What the exporter's deliveries of one report have in common. */
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
 * A record without a ReportId is known by all its properties instead, in the order of their names; never by the
 * envelope, whose `time` is fresh on every delivery. The other route writes other columns, so that such a record, which
 * Defender does not write, would count once for each route.
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

function canonical(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  return typeof value === 'object' ? sortedJson(value) : String(value);
}

/** JSON with the names of every object in order, so that equal values are equal text. Throws a RangeError when nested too deep. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
