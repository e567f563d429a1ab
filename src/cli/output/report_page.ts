import type { RuleAssessment } from '../../core/detections/assessments.ts';
import { defenderQuery, sentinelQuery } from '../../core/detections/hunting_queries.ts';
import { type OwnerOf, ownerText } from '../../core/detections/owner.ts';
import { suppressCommand } from '../../core/detections/suppress_command.ts';
import { countsByHour, hoursOf } from '../../core/scoring/hours.ts';
import type { Window } from '../../core/scoring/window.ts';
import type { OfflineDetection, OfflineDetections } from '../../scoring/offline_detection.ts';
import { pageKqlRule, pageRegularity } from '../../web/page_assessments.ts';
import type { PageData, PageDetection, PageRegularity, PageStatus } from '../../web/page_data.ts';
import { byUrgency } from '../../web/urgency.ts';

/** What `score` found, as the pages show it. `window`: the 72 hours that end with the scored window. */
export function reportPage(
  { detections, common, fleet }: OfflineDetections,
  window: Window,
  status: PageStatus,
  ownerOf: OwnerOf | null = null,
): PageData {
  return {
    window,
    status,
    detections: detections.map((each) => pageDetectionOf(each, window, ownerOf)).sort(byUrgency),
    fleet: { ...fleet, common: common.reduce((sum, { groups }) => sum + groups, 0) },
  };
}

function pageDetectionOf(detection: OfflineDetection, window: Window, ownerOf: OwnerOf | null): PageDetection {
  const { groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP, rule, regularity, hours } = detection;
  const { severity, severityReason, devices, otherProcesses, ports, hosts, onlyFailed, otherAddresses } = detection;
  const isProcess = regularity?.way === 'process';
  const owner = ownerOf?.(RemoteIP) ?? null;
  const { command, omitted } = suppressCommand(detection);
  return {
    ...{ id: groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP, severity, severityReason },
    known: detection.known,
    kqlRule: rule && pageKqlRule(rule),
    regularity: regularityOf(detection),
    hours: hours.length > 0 || rule === null ? hours : hoursOfRule(rule, window),
    days: [],
    ...{ devices, fleetDevices: null, otherProcesses, ports, hosts, onlyFailed },
    account: '',
    owner: owner === null ? '' : ownerText(owner),
    isNew: detection.fleet.isNew,
    otherAddresses: isProcess ? regularity.remoteIPs : otherAddresses,
    traffic: null,
    // A query names one address.
    queries: isProcess ? [] : [queryOf(detection)],
    suppress: omitted.length === 0 ? `beaconwatch ${command}` : null,
    record: null,
  };
}

/** One query: of Defender's own telemetry in Defender, of other telemetry in Sentinel. */
function queryOf(detection: OfflineDetection): PageDetection['queries'][number] {
  if (detection.source === 'defender' || detection.source === 'defender-raw')
    return { label: 'Query for Defender', query: defenderQuery(detection) };
  return { label: 'Query for Sentinel', query: sentinelQuery(detection) };
}

/** The counts of the rule's series in the window of the page. */
function hoursOfRule({ evidence }: RuleAssessment, window: Window): (number | null)[] {
  return countsByHour(window, evidence.Timestamp, evidence.ConnCounts).slice(-hoursOf(window).length);
}

/** What is common stays measured, and is no match. */
function regularityOf({ regularity, detectors, fleet }: OfflineDetection): PageRegularity | null {
  const way = detectors.includes('regularity') ? (regularity?.way ?? null) : null;
  return regularity && pageRegularity(regularity, way, fleet.settings.thresholds, fleet.unit);
}
