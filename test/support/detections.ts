import type { RegularAssessment, RuleAssessment, RuleSummary } from '../../src/core/detections/assessments.ts';
import type { Detection, DetectionSummary } from '../../src/core/detections/detection.ts';
import { syntheticDetection } from '../../src/notify/sinks/synthetic.ts';

/** Members of a detection, and those of the assessment of the KQL rule beside them. */
export type DetectionChanges = Partial<Detection> & Partial<Omit<RuleAssessment, keyof Detection>>;

/** The detection with other members; those of the KQL rule change its assessment. */
export function changed(base: Detection, changes: DetectionChanges): Detection {
  const rule = base.assessments['kql-rule'];
  const isOfRule = (name: string) => rule !== null && name in rule && !(name in base);
  const members = Object.entries(changes);
  const others = Object.fromEntries(members.filter(([name]) => !isOfRule(name)));
  const ofRule = Object.fromEntries(members.filter(([name]) => isOfRule(name)));
  const assessments = { ...base.assessments, 'kql-rule': rule && { ...rule, ...ofRule } };
  return { ...base, assessments, ...others };
}

/** The assessment of the KQL rule; throws where it did not match. */
export function ruleOf(detection: Pick<Detection, 'assessments'>): RuleAssessment;
export function ruleOf(detection: Pick<DetectionSummary, 'assessments'>): RuleSummary;
export function ruleOf({ assessments }: Pick<DetectionSummary, 'assessments'>): RuleSummary {
  const rule = assessments['kql-rule'];
  if (rule === null) throw new Error('the KQL rule did not match');
  return rule;
}

/** A synthetic detection with other members. */
export function synthetic(now: number, changes: DetectionChanges = {}): Detection {
  return changed(syntheticDetection(now), changes);
}

/** The detection as a list has it. */
export function summaryOf(detection: Detection): DetectionSummary {
  const { traffic, episodes: _episodes, assessments, ...rest } = detection;
  const summary = {
    ...rest,
    account: traffic.accounts[0] ?? '',
    ports: traffic.ports.slice(0, 3).map(({ port }) => port),
  };
  const rule = assessments['kql-rule'];
  if (rule === null) return { ...summary, assessments: { 'kql-rule': null, regularity: assessments.regularity } };
  const { evidence: _evidence, ...numbers } = rule;
  return { ...summary, assessments: { 'kql-rule': numbers, regularity: assessments.regularity } };
}

/** An assessment of `regularity`. */
export function regular(changes: Partial<RegularAssessment> = {}): RegularAssessment {
  return {
    regularity: 0.91,
    way: 'score',
    threshold: 0.6,
    view: 'spread',
    views: { spread: 0.026, steps: 0.031 },
    measuredViews: [
      { name: 'spread', value: 0.0263, n: 69.2, k: 5 },
      { name: 'steps', value: 0.0311, n: 69, k: 5 },
    ],
    session: { p: 1e-30, n: 70, mean: 13.2 },
    interval: 272,
    interval_low: 195,
    interval_high: 349,
    hours: 72,
    active_hours: 72,
    connections: 951,
    coverage: 1,
    hour_offset_min: 35,
    regularDevices: 1,
    addresses: 1,
    remoteIPs: [],
    lastMatched: '2026-11-20T09:00:00.0000000Z' as RegularAssessment['lastMatched'],
    ...changes,
  };
}

/** The detection as `regularity` alone would have found it. */
export function onlyRegular(base: Detection, changes: Partial<RegularAssessment> = {}): Detection {
  const assessments = { 'kql-rule': null, regularity: regular({ lastMatched: base.lastMatched, ...changes }) };
  return {
    ...base,
    assessments,
    highestAverage: null,
  };
}
