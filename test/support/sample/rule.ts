import type { Buffer } from 'node:buffer';
import { series_decompose_anomalies } from '../../../src/core/kql/series_decompose_anomalies.ts';

/** A slow and obvious twin of the rule at grain hour, for the sample's lines alone; it shares Kusto's function with the core. */
export function foundGroups(lines: readonly Buffer[], endMs: number): Set<string> {
  const seen = new Set<string>();
  const groups = new Map<string, Map<string, number>>();
  for (const line of lines) {
    const row = rowOf(line);
    if (row === null || !/aggregatedreport$/i.test(String(row['ActionType']))) continue;
    const at = Date.parse(String(row['Timestamp']));
    if (!(at > endMs - 3 * 86_400_000 && at <= endMs)) continue;
    if (!isPublic(row['RemoteIP'])) continue;
    const count = countOf(row['AdditionalFields']);
    const { DeviceId, Timestamp, ReportId, ActionType, RemotePort, LocalIP } = row;
    const identity = JSON.stringify([DeviceId, Timestamp, ReportId, ActionType, RemotePort, LocalIP, count]);
    if (seen.has(identity)) continue;
    seen.add(identity);
    if (count === null) continue;
    const key = groupKey(row['DeviceName'], row['InitiatingProcessFileName'], row['RemoteIP']);
    const hours = groups.get(key) ?? new Map<string, number>();
    const hour = String(row['Timestamp']).slice(0, 13);
    hours.set(hour, (hours.get(hour) ?? 0) + count);
    groups.set(key, hours);
  }
  return new Set([...groups].filter(([, hours]) => matches(hours)).map(([key]) => key));
}

export function groupKey(device: unknown, process: unknown, remoteIP: unknown): string {
  return JSON.stringify([device, process ?? '', remoteIP ?? '']);
}

/** The row in a line of an export; null where the line cannot be read, or its time cannot be. */
export function rowOf(line: Buffer): Record<string, unknown> | null {
  try {
    const row = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line)).properties;
    return Number.isNaN(Date.parse(row.Timestamp)) ? null : row;
  } catch {
    return null;
  }
}

export function countOf(additionalFields: unknown): number | null {
  const fields = typeof additionalFields === 'string' ? JSON.parse(additionalFields) : additionalFields;
  return fields === null ? null : Number(fields.uniqueEventsAggregated);
}

/** Whether the rule finds a group with these counts by the hour. */
export function matches(hours: ReadonlyMap<string, number>): boolean {
  const series = [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
  const average = series.reduce((sum, count) => sum + count, 0) / series.length;
  return average > 45 && series_decompose_anomalies(series, 1.5, -1).ad_flag.filter((flag) => flag === 0).length >= 12;
}

export function isPublic(ip: unknown): boolean {
  if (typeof ip !== 'string' || !/^\d+\.\d+\.\d+\.\d+$/.test(ip)) return false;
  return !/^(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(ip);
}
