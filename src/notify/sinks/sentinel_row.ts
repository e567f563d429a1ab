import type { Detection } from '../../core/detections/detection.ts';
import { newestFacts } from '../../core/detections/traffic.ts';
import { DETAILS, type Detail, detectionData } from './data.ts';
import { utf8BytesOf } from './escape.ts';
import type { Links } from './links.ts';

/** Keeps the rows of one message below the 1 MB of one call. */
export const SENTINEL_ROW_BYTES = 18_000;

/**
 * A row of the table `Beaconwatch_CL`, whose columns infra/sentinel/columns.json declares. TimeGenerated is
 * the time of sending, so that a rule over the last hour finds the row whatever hour the detection is about.
 */
export function sentinelRow(detection: Detection, links: Links, now: Date): Record<string, unknown> {
  let row = rowOf(detection, links, now, DETAILS[0] as Detail);
  for (const detail of DETAILS.slice(1)) {
    if (utf8BytesOf(JSON.stringify(row)) <= SENTINEL_ROW_BYTES) break;
    row = rowOf(detection, links, now, detail);
  }
  return row;
}

function rowOf(detection: Detection, links: Links, now: Date, detail: Detail): Record<string, unknown> {
  const data = detectionData(detection, links, detail);
  const { traffic, technique, queries } = data;
  const { 'kql-rule': rule, regularity } = data.assessments;
  return {
    TimeGenerated: now.toISOString(),
    DetectionId: data.id,
    NotificationId: data.notificationId,
    Headline: data.headline,
    State: data.state,
    Episode: data.episode,
    Revision: data.revision,
    RevisionReason: data.revisionReason,
    AsOf: data.asOf,
    Severity: data.severity,
    SeverityReason: data.severityReason,
    Detectors: data.detectors,
    TelemetrySource: data.source,
    DeviceName: data.DeviceName,
    InitiatingProcessFileName: data.InitiatingProcessFileName,
    RemoteIP: data.RemoteIP,
    RemotePort: traffic.ports[0]?.port ?? null,
    ...newestFacts(traffic),
    RemoteAsn: data.owner?.asn ?? null,
    RemoteOrganisation: data.owner?.organisation ?? '',
    RemoteCountry: data.owner?.country ?? '',
    FirstConnection: data.FirstConnection,
    LastConnection: data.LastConnection,
    // Null where the KQL rule did not match.
    count_of_hours: rule?.count_of_hours ?? null,
    inliner_count: rule?.inliner_count ?? null,
    outlier_count: rule?.outlier_count ?? null,
    avg_conn_count: rule?.avg_conn_count ?? null,
    Average: rule?.average ?? null,
    Spread: rule?.spread ?? null,
    // Of `regularity` where it matched: it corrects for partial hours.
    IntervalSeconds: regularity?.interval ?? rule?.interval?.seconds ?? null,
    IntervalDeviation: rule?.interval?.deviation ?? null,
    RegularityScore: regularity?.regularity ?? null,
    Regularity: regularity,
    Devices: data.devices,
    FleetDevices: data.fleetDevices,
    Tactic: data.tactic.id,
    Technique: technique?.id ?? '',
    DefenderQuery: queries?.defender ?? '',
    SentinelQuery: queries?.sentinel ?? '',
    OtherProcesses: data.otherProcesses,
    Traffic: traffic,
    Links: data.links,
    Hours: data.hours,
    Days: data.days,
    Evidence: rule?.evidence ?? null,
    Omitted: data.omitted,
  };
}
