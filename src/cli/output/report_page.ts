import type { RuleAssessment } from '../../core/detections/assessments.ts';
import { defenderQuery, sentinelQuery } from '../../core/detections/hunting_queries.ts';
import { suppressCommand } from '../../core/detections/suppress_command.ts';
import { REGULARITY_THRESHOLDS } from '../../core/regularity/assessment.ts';
import { countsByHour, hoursOf } from '../../core/scoring/hours.ts';
import type { Window } from '../../core/scoring/window.ts';
import type { OfflineDetection, OfflineDetections } from '../../scoring/offline_detection.ts';
import type { PageData, PageDetection, PageKqlRule, PageRegularity, PageStatus } from '../../web/page_data.ts';
import { byUrgency } from '../../web/urgency.ts';

/** What `score` found, as the pages show it. `window`: the 72 hours that end with the scored window. */
export function reportPage(
  { detections, common, fleet }: OfflineDetections,
  window: Window,
  status: PageStatus,
): PageData {
  return {
    window,
    status,
    detections: detections.map((each) => pageDetectionOf(each, window)).sort(byUrgency),
    fleet: { ...fleet, common: common.reduce((sum, { groups }) => sum + groups, 0) },
  };
}

function pageDetectionOf(detection: OfflineDetection, window: Window): PageDetection {
  const { groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP, rule, regularity, hours } = detection;
  const { severity, severityReason, devices, otherProcesses, ports, hosts, onlyFailed, otherAddresses } = detection;
  const isProcess = regularity?.way === 'process';
  const { command, omitted } = suppressCommand(detection);
  return {
    ...{ id: groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP, severity, severityReason },
    kqlRule: rule && pageKqlRule(rule),
    regularity: pageRegularity(detection),
    hours: hours.length > 0 || rule === null ? hours : hoursOfRule(rule, window),
    days: [],
    ...{ devices, otherProcesses, ports, hosts, onlyFailed },
    isNew: detection.fleet.isNew,
    otherAddresses: isProcess ? regularity.remoteIPs : otherAddresses,
    traffic: null,
    // A query names one address.
    queries: isProcess ? [] : [queryOf(detection)],
    suppress: omitted.length === 0 ? `beaconwatch ${command}` : null,
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

function pageKqlRule({ evidence, ...assessment }: RuleAssessment): PageKqlRule {
  const { count_of_hours, inliner_count, outlier_count, average, spread, interval } = assessment;
  const { grain, thresholds } = evidence;
  return {
    ...{ count_of_hours, inliner_count, outlier_count, average, spread, interval, grain },
    points: evidence.Timestamp.map((hour, index) => ({
      hour,
      count: evidence.ConnCounts[index] ?? 0,
      expected: evidence.baseline[index] ?? 0,
      flag: evidence.flags[index] ?? 0,
      score: evidence.scores[index] ?? 0,
    })),
    minUniform: thresholds.minUniform,
    minAverage: thresholds.minAverage,
    anomalyThreshold: thresholds.anomalyThreshold,
  };
}

/** What is common stays measured, and is no match. */
function pageRegularity({ regularity, detectors }: OfflineDetection): PageRegularity | null {
  if (regularity === null) return null;
  const { way, view, views, interval, interval_low, interval_high, hours, active_hours, connections } = regularity;
  return {
    way: detectors.includes('regularity') ? way : null,
    ...{ regularity: regularity.regularity, view, views, interval, interval_low, interval_high },
    ...{ hours, active_hours, connections, regularDevices: regularity.regularDevices, session: regularity.session },
    minScore: REGULARITY_THRESHOLDS.match,
    ripeScore: REGULARITY_THRESHOLDS.ripe,
  };
}
