import { ANY_REMOTE, type Detector } from '../core/detections/assessments.ts';
import type { RunFacts } from '../core/detections/decision.ts';
import type { Detection, Finding, Technique } from '../core/detections/detection.ts';
import { findingOf, regularFindingOf } from '../core/detections/finding.ts';
import { type Known, type KnownOf, NOTHING_KNOWN } from '../core/detections/known.ts';
import { type GroupRun, joinedAssessments } from '../core/detections/lifecycle.ts';
import { type FleetLimits, ruleMatchOf, UNKNOWN_FLEET } from '../core/detections/severity.ts';
import { notifiedFrom } from '../core/detections/sink_scope.ts';
import type { Suppressible } from '../core/detections/suppression.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { publicAddressOf } from '../core/regularity/public_address.ts';
import type { FoundGroup } from '../core/scoring/address_scorer.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import type { RegularProcess } from './context/process_views.ts';
import type { RegularityFinding } from './context/regularity_watch.ts';
import type { DetectionSettings } from './detection_settings.ts';
import type { FleetOfRun } from './fleet_of_run.ts';
import { processAssessmentOf, regularAssessmentOf, regularityFactsOf } from './regular_assessment.ts';

export interface JudgeSettings {
  readonly asOf: Timestamp;
  /** The run that the context counts of this partition; null for none. */
  readonly countedRun: Timestamp | null;
  readonly rule: Rule;
  readonly technique: Technique | null;
  readonly detection: DetectionSettings;
  readonly fleet: FleetOfRun;
  readonly sinks: readonly KnownSink[];
  /** Id of the suppression of a group, '' for none. */
  readonly suppressedBy: (group: Suppressible) => string;
  /** What the operator knows; absent: nothing. */
  readonly knownOf?: KnownOf | undefined;
}

/** What a run says of a group, whatever its detection was before. */
export interface Judged {
  /** null where no detector matches in a way that keeps a detection open. */
  readonly finding: Finding | null;
  /** Whether it counts as a match: without a context, what `regularity` alone finds does not. */
  readonly isMatch: boolean;
  /** The facts of the run for a detection; null for none. */
  readonly runOf: (before: Detection | null) => GroupRun;
}

type GroupFacts = Pick<
  RunFacts,
  'kqlRule' | 'regularity' | 'regularDevices' | 'isNew' | 'isEstablished' | 'isShared' | 'known'
>;

const NO_MATCH: GroupFacts = {
  ...{ kqlRule: null, regularity: null, regularDevices: 0, isNew: false, isEstablished: false, isShared: false },
  known: null,
};

/** Says of the groups of one partition what their detections need to know, in the fleet as the runs before know it. */
export class GroupJudge {
  readonly #settings: JudgeSettings;
  readonly #limits: FleetLimits;

  constructor(settings: JudgeSettings) {
    this.#settings = settings;
    const { few, many } = settings.fleet.context ?? UNKNOWN_FLEET;
    this.#limits = { few, many };
  }

  /** Of a group that a detector matches. */
  found(found: FoundGroup<RegularityFinding>): Judged {
    const { context } = this.#settings.fleet;
    const { key, beside } = found.group;
    const place = context === null ? null : publicAddressOf(key.RemoteIP);
    const pair =
      place === null || context === null ? null : context.pairOf(key.InitiatingProcessFileName, place.network);
    const regularDevices = Math.max(found.matchingDevices, pair?.regularDevices ?? 0);
    const finding = this.#findingOf(found, regularDevices);
    const suppressedBy = finding === null ? '' : this.#settings.suppressedBy(finding);
    const isHidden = (detector: Detector) => finding !== null && this.#isHidden(finding, detector, suppressedBy);
    const isNew = pair !== null && pair.newSince !== null;
    const isShared = pair?.isShared ?? false;
    const facts: GroupFacts = {
      kqlRule: finding && ruleMatchOf(finding, { ...this.#limits, isShared }, isHidden('kql-rule')),
      regularity: regularityFactsOf(beside, {
        isActive: this.#isActive('regularity'),
        isHidden: isHidden('regularity'),
      }),
      regularDevices,
      ...{ isNew, isEstablished: pair !== null && !isNew, isShared },
      known: finding?.known ?? null,
    };
    return {
      finding,
      isMatch: finding !== null && (facts.kqlRule !== null || context !== null),
      runOf: (detection) => this.#runOf(detection, finding, facts, suppressedBy),
    };
  }

  /** Of a process whose addresses match together. Only what few devices use is summed, so no other device is as regular. */
  process(found: RegularProcess): Judged {
    const finding = this.#isActive('regularity') ? this.#processFindingOf(found) : null;
    const suppressedBy = finding === null ? '' : this.#settings.suppressedBy(finding);
    const flags = { isActive: this.#isActive('regularity'), isHidden: suppressedBy !== '' };
    const facts: GroupFacts = {
      kqlRule: null,
      regularity: regularityFactsOf({ assessment: found.assessment, onlyFailed: false }, flags),
      ...{ regularDevices: 1, isNew: found.isNew, isEstablished: !found.isNew, isShared: false },
      known: finding?.known ?? null,
    };
    return { finding, isMatch: finding !== null, runOf: (before) => this.#runOf(before, finding, facts, suppressedBy) };
  }

  #processFindingOf({ kind: _, assessment, addresses, counts, isNew: _isNew, groupId, ...key }: RegularProcess) {
    const { asOf, technique, fleet, detection } = this.#settings;
    const remoteIPs = addresses.map(({ RemoteIP }) => RemoteIP);
    const regularity = processAssessmentOf(assessment, remoteIPs, asOf, detection.thresholds.match);
    const group = { groupId, key: { ...key, RemoteIP: ANY_REMOTE }, programHash: null };
    const found = { group, devices: 1, otherProcesses: [] };
    const finding = regularity && regularFindingOf(found, counts, regularity, technique, asOf);
    // Where it has more addresses than are named, the others may be anywhere.
    const all = assessment.addresses > remoteIPs.length ? [...remoteIPs, ''] : remoteIPs;
    return finding && { ...this.#withKnown(finding, all), fleetDevices: fleet.context?.devices ?? null };
  }

  #withKnown(finding: Finding, addresses: readonly string[]): Finding {
    const { knownOf = NOTHING_KNOWN } = this.#settings;
    const { InitiatingProcessFileName, programHash } = finding;
    const known: Known | null = knownOf({ InitiatingProcessFileName, programHash, addresses });
    return { ...finding, known };
  }

  /** Of a group that no detector matches. */
  quiet(detection: Detection): GroupRun {
    return this.#runOf(detection, null, NO_MATCH, '');
  }

  #isActive(detector: Detector): boolean {
    return this.#settings.detection.detectors.includes(detector);
  }

  #findingOf(found: FoundGroup<RegularityFinding>, regularDevices: number): Finding | null {
    const finding = this.#matchOf(found, regularDevices);
    const fleetDevices = this.#settings.fleet.context?.devices ?? null;
    return finding && { ...this.#withKnown(finding, [finding.RemoteIP]), fleetDevices };
  }

  /** What is common is no match of `regularity`; without a context nothing is. */
  #matchOf(found: FoundGroup<RegularityFinding>, regularDevices: number): Finding | null {
    const { asOf, rule, technique, fleet, detection } = this.#settings;
    const { beside } = found.group;
    const isCommon = fleet.context !== null && regularDevices > this.#limits.many;
    const isCounted = this.#isActive('regularity') && !isCommon;
    const { match } = detection.thresholds;
    const regularity = isCounted ? regularAssessmentOf(beside, regularDevices, asOf, match) : null;
    if (found.match !== null && this.#isActive('kql-rule')) {
      const finding = findingOf({ ...found, match: found.match }, rule, technique, asOf);
      return { ...finding, assessments: { ...finding.assessments, regularity } };
    }
    return regularity && regularFindingOf(found, beside?.counts ?? [], regularity, technique, asOf);
  }

  /** Whether a suppression hides what this detector finds. Of one detector alone the whole is hidden, or nothing. */
  #isHidden(finding: Finding, detector: Detector, suppressedBy: string): boolean {
    const { assessments } = finding;
    if (suppressedBy !== '' || assessments['kql-rule'] === null || assessments.regularity === null)
      return suppressedBy !== '';
    const alone = { 'kql-rule': null, regularity: null, [detector]: assessments[detector] };
    return this.#settings.suppressedBy({ ...finding, assessments: alone }) !== '';
  }

  #runOf(before: Detection | null, finding: Finding | null, group: GroupFacts, ofFinding: string): GroupRun {
    const { asOf, countedRun, detection, fleet, sinks } = this.#settings;
    const { context, baseline } = fleet;
    const suppressedBy = finding === null && before !== null ? this.#settings.suppressedBy(before) : ofFinding;
    const open = before?.state === 'resolved' ? null : before;
    const episode = open?.episode ?? asOf;
    const assessments =
      finding === null || open === null
        ? (finding ?? open)?.assessments
        : joinedAssessments(open.assessments, finding.assessments);
    const scoped = finding ?? open;
    const from =
      suppressedBy !== '' || scoped === null || assessments === undefined
        ? null
        : notifiedFrom(
            { source: scoped.source, assessments },
            sinks.filter(({ since }) => since <= episode),
          );
    const facts = {
      ...{ asOf, hasContext: context !== null, countedRun },
      ...{ isBaseline: baseline === 'lasts', ...this.#limits, ...group, notifiedFrom: from },
    };
    return { facts, thresholds: detection.thresholds, suppressedBy };
  }
}
