import type { Detector } from '../core/detections/assessments.ts';
import { findingOf } from '../core/detections/finding.ts';
import { ruleMatchOf, severityInFleet } from '../core/detections/severity.ts';
import type { MeasuredGroup } from '../core/regularity/assessment.ts';
import type { MeasuredProcess } from '../core/regularity/process_view.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { OfflineCandidate } from './offline_candidates.ts';
import type { OfflineContext } from './offline_context.ts';
import type { OfflineDetection } from './offline_detection.ts';

/** A candidate in its fleet. */
export interface JudgedCandidate extends OfflineCandidate {
  readonly regularDevices: number;
  /** More than `many` devices are as regular: no match of `regularity`. */
  readonly isCommon: boolean;
}

/** The detection of a group that a detector matches. `rule`: null where the KQL rule was not applied. */
export function groupDetection(
  candidate: JudgedCandidate,
  rule: Rule | null,
  context: OfflineContext,
): OfflineDetection {
  const { key, place, measured, regularDevices, isCommon, devices, otherProcesses, onlyFailed } = candidate;
  const { few, many } = context;
  const finding =
    candidate.rule === null || rule === null ? null : findingOf(candidate.rule, rule, null, context.window.asOf);
  const known = context.knownOf({ ...key, programHash: candidate.programHash, addresses: [key.RemoteIP] });
  const isNew = place !== null && context.isNew({ ...key, ...place });
  const isRegular = measured !== null && measured.way !== null && !isCommon;
  const detectors: Detector[] = [
    ...(finding === null ? [] : ['kql-rule' as const]),
    ...(isRegular ? ['regularity' as const] : []),
  ];
  return {
    ...key,
    groupId: candidate.groupId,
    FirstConnection: candidate.firstHour,
    LastConnection: candidate.lastHour,
    detectors,
    rule: finding?.assessments['kql-rule'] ?? null,
    regularity:
      measured === null
        ? null
        : {
            ...measuredNumbersOf(measured),
            session: measured.session,
            regularDevices,
            remoteIPs: [{ RemoteIP: key.RemoteIP, connections: candidate.connections, hosts: candidate.hosts }],
            addresses: 1,
          },
    ...severityInFleet(
      {
        kqlRule: finding && ruleMatchOf(finding, context, false),
        regularity: measured === null ? null : regularityFacts(measured, onlyFailed),
        ...{ regularDevices, isNew, ...NO_HISTORY, known, few, many },
      },
      measured !== null && isRipe(measured, context),
    ),
    known,
    hours: candidate.hours,
    ...{ devices, otherProcesses, onlyFailed, ports: candidate.ports, hosts: candidate.hosts },
    fleet: { devices: context.devices, few, many, isNew, unit: context.unit, settings: context.settings },
    otherAddresses: [],
  };
}

/** Files say what many devices do now, not what they did before. */
export const NO_HISTORY = { isEstablished: false, isShared: false } as const;

type Measured = MeasuredGroup | MeasuredProcess;

/** What severity depends on. */
export function regularityFacts({ regularity, way, interval }: Measured, onlyFailed: boolean) {
  return { score: regularity, way, interval, onlyFailed, isActive: true, isHidden: false };
}

/** Files have no history: only the score of this window, or a session. */
export function isRipe({ regularity, way }: Measured, { settings }: OfflineContext): boolean {
  return way === 'session' || (way !== null && regularity >= settings.thresholds.ripe);
}

/** The numbers under their names in the output, with the views behind them. */
export function measuredNumbersOf(measured: Measured) {
  const { regularity, view, views, interval, interval_low, interval_high, hours, active_hours } = measured;
  const { connections, coverage, hour_offset_min, way, measuredViews } = measured;
  return {
    ...{ regularity, way, view, views, interval, interval_low, interval_high, hours, active_hours },
    ...{ connections, coverage, hour_offset_min, measuredViews },
  };
}
