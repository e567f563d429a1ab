import { type Condition, processConditions, ruleConditions } from '../core/detections/conditions.ts';
import { isAbove } from '../core/detections/severity.ts';
import { isInScope } from '../core/records/in_scope.ts';
import type { GroupKey } from '../core/records/report.ts';
import { type RegularityAssessment, regularityOf } from '../core/regularity/assessment.ts';
import { unmeasuredViews } from '../core/regularity/explained_view.ts';
import { pointsOf } from '../core/regularity/points.ts';
import { processRegularityOf } from '../core/regularity/process_view.ts';
import type { RegularDevices } from '../core/regularity/regular_devices.ts';
import type { ViewName } from '../core/regularity/view.ts';
import type { Group } from '../core/scoring/group_cutter.ts';
import { kqlRule } from '../core/scoring/kql_rule.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { grainOf } from '../core/scoring/series.ts';
import { compareText } from '../core/text/compare_text.ts';
import type { OfflineContext } from './offline_context.ts';
import type { OfflineDetection } from './offline_detection.ts';
import type { ProcessAddresses } from './process_rows.ts';
import type { TimedGroup } from './timed_groups.ts';

/** Why a group, or a process as a whole (RemoteIP is `*`), is a detection or none. */
export interface GroupExplanation extends GroupKey {
  /** null: no detector matches, or many devices are as regular. */
  readonly detection: OfflineDetection | null;
  /** null: not applied, or out of its scope or window. */
  readonly rule: readonly Condition[] | null;
  /** null: out of scope or of the window of `regularity`. */
  readonly regularity: ExplainedRegularity | ExplainedProcess | null;
}

export interface ExplainedRegularity {
  readonly kind: 'group';
  readonly assessment: RegularityAssessment;
  /** Reports in the window. */
  readonly reports: number;
  /** Why a view was not measured. */
  readonly unmeasured: ReadonlyMap<ViewName, string>;
  /** Hours (bins) of the window in which other groups of the device reported; null where that is not known. */
  readonly onHours: number | null;
  readonly network: string;
  /** Devices on which the process uses the network: up to 3, or 4 for more. */
  readonly users: number;
  readonly regularDevices: number;
  readonly isNew: boolean;
  /** The first hour of the process in this network, and of the fleet, since 1970; null where not known. */
  readonly firstHour: number | null;
  readonly observedSince: number | null;
}

export interface ExplainedProcess {
  readonly kind: 'process';
  readonly conditions: readonly Condition[];
  /** The score; null where it was not measured. */
  readonly score: number | null;
  /** Addresses whose process and network few devices use. A mapped address is its IPv4 address. */
  readonly addresses: number;
  /** More than are summed. */
  readonly isCut: boolean;
}

/** What the files say of the fleet, when all groups are judged. */
export interface JudgedFleet {
  readonly context: OfflineContext;
  readonly detections: ReadonlyMap<string, OfflineDetection>;
  readonly regular: RegularDevices;
  /** The ids of the groups that match by themselves. */
  readonly ownMatches: ReadonlySet<string>;
}

/** `timed` and `group`: as far as the window of each detector has reports of it, at least one of them. */
export function groupExplanation(
  timed: TimedGroup | undefined,
  group: Group | undefined,
  rule: Rule | null,
  { context, detections, regular }: JudgedFleet,
): GroupExplanation {
  const { groupId, key } = (timed ?? group) as TimedGroup | Group;
  return {
    ...keyOf(key),
    detection: detections.get(groupId) ?? null,
    rule: rule === null || group === undefined || !isInScope(key.RemoteIP) ? null : ruleExplained(group, rule),
    regularity: timed === undefined ? null : regularityExplained(timed, context, regular),
  };
}

/** The rule without its minimums computes all that it compares. */
function ruleExplained({ key, series }: Group, rule: Rule): readonly Condition[] {
  const computed = kqlRule(series, { ...rule, minUniformPerDay: 0, minAverage: -1 });
  const { minUniformPerDay, lookbackDays, minAverage } = rule;
  const found = {
    points: series.ConnCounts.length,
    average: computed.match ? computed.stats.avg : 0,
    inliers: computed.match ? computed.inliner_count : 0,
  };
  return ruleConditions(found, { minUniform: minUniformPerDay * lookbackDays, minAverage }, grainOf(key, rule.grain));
}

function regularityExplained(
  group: TimedGroup,
  context: OfflineContext,
  regular: RegularDevices,
): ExplainedRegularity | null {
  const { key, place, counts } = group;
  const on = context.onBeside(group);
  const assessment = regularityOf(counts, on, context.binSeconds, context.settings.thresholds);
  return {
    kind: 'group',
    assessment,
    reports: counts.length,
    unmeasured: unmeasuredViews(pointsOf(counts, on, context.binSeconds)),
    onHours: on?.size ?? null,
    network: place.network,
    users: context.usersOf({ ...key, ...place }),
    regularDevices: regular.of({ ...key, ...place }),
    isNew: context.isNew({ ...key, ...place }),
    firstHour: context.firstHourOf({ ...key, ...place }),
    observedSince: context.observedSince,
  };
}

export function processExplanation(
  { key, addresses, processId, isCut }: ProcessAddresses,
  { context, detections, ownMatches }: JudgedFleet,
): GroupExplanation {
  const rare = addresses.map(({ key: { RemoteIP }, counts, ownId }) => ({
    ...{ RemoteIP, counts, devices: 1, matchesByItself: ownMatches.has(ownId) },
  }));
  const { thresholds } = context.settings;
  const assessment = processRegularityOf(rare, context.few, context.onOf(key), context.binSeconds, thresholds);
  const conditions = processConditions(assessment, thresholds.match);
  const score = assessment.measured ? assessment.regularity : null;
  return {
    ...key,
    RemoteIP: '*',
    detection: detections.get(processId) ?? null,
    rule: null,
    regularity: { kind: 'process', conditions, score, addresses: distinctOf(addresses), isCut },
  };
}

/** As the process view counts them: two texts of one address are one, and one without a connection is none. */
function distinctOf(addresses: ProcessAddresses['addresses']): number {
  return new Set(addresses.filter(({ counts }) => counts.length > 0).map(({ place }) => place.address)).size;
}

/** At most so many are explained: detections first, most severe first, then the highest scores. */
export const MAX_EXPLAINED = 20;

/** Keeps the first explanations in that order, and counts all. */
export class Explanations {
  #kept: GroupExplanation[] = [];
  total = 0;

  add(explanation: GroupExplanation): void {
    this.total++;
    this.#kept.push(explanation);
    if (this.#kept.length === 2 * MAX_EXPLAINED) this.#cut();
  }

  get first(): readonly GroupExplanation[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept = this.#kept.sort(compareExplanations).slice(0, MAX_EXPLAINED);
  }
}

function compareExplanations(a: GroupExplanation, b: GroupExplanation): number {
  return (
    Number(b.detection !== null) - Number(a.detection !== null) ||
    severityOrder(a.detection, b.detection) ||
    scoreOf(b) - scoreOf(a) ||
    compareText(a.DeviceName, b.DeviceName) ||
    compareText(a.InitiatingProcessFileName, b.InitiatingProcessFileName) ||
    compareText(a.RemoteIP, b.RemoteIP) ||
    compareText(a.source, b.source)
  );
}

function severityOrder(a: OfflineDetection | null, b: OfflineDetection | null): number {
  if (a === null || b === null) return 0;
  return Number(isAbove(b.severity, a.severity)) - Number(isAbove(a.severity, b.severity));
}

function scoreOf({ regularity }: GroupExplanation): number {
  if (regularity === null) return -1;
  if (regularity.kind === 'process') return regularity.score ?? -1;
  return regularity.assessment.measured ? regularity.assessment.regularity : -1;
}

function keyOf({ source, DeviceName, InitiatingProcessFileName, RemoteIP }: GroupKey): GroupKey {
  return { source, DeviceName, InitiatingProcessFileName, RemoteIP };
}
