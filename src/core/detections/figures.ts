import { groupedText, percentageText, percentText, rateText, roundedText } from '../text/numbers.ts';
import { spansText, spanText } from '../text/span.ts';
import { ANY_REMOTE, type RegularAssessment, type RuleAssessment } from './assessments.ts';
import type { Detection } from './detection.ts';
import type { Fact } from './fact.ts';
import { isRaisedByOutliers } from './interval.ts';
import { rateUnit } from './rate_unit.ts';
import { rarityText } from './regular_text.ts';

/** The numbers of a detection, each once and beside the number that it is judged against. Without text of the telemetry. */
export function figuresOf(detection: Detection): readonly Fact[] {
  const { 'kql-rule': rule, regularity } = detection.assessments;
  return [
    everyOf(rule, regularity),
    devicesOf(detection),
    ...(rule === null ? [] : ruleFigures(rule)),
    ...(regularity === null ? [] : [regularFigure(regularity)]),
    outcomeOf(detection),
  ].filter((figure) => figure !== null);
}

function everyOf(rule: RuleAssessment | null, regularity: RegularAssessment | null): Fact | null {
  const label = 'Every';
  if (rule?.interval) {
    const { seconds, deviation } = rule.interval;
    return { label, value: `${precise(seconds)} ± ${percentageText(deviation / seconds)}` };
  }
  if (regularity === null) return null;
  const { interval, interval_low, interval_high } = regularity;
  const [middle, range] = [spanText(interval), spansText(interval_low, interval_high)];
  return { label, value: middle === range ? middle : `${middle} (${range})` };
}

/** `29.9 s` */
function precise(seconds: number): string {
  return seconds < 100 ? `${roundedText(seconds, 1)} s` : spanText(seconds);
}

function devicesOf({ RemoteIP, devices, fleetDevices, assessments }: Detection): Fact {
  if (RemoteIP === ANY_REMOTE) {
    return { label: 'Addresses', value: `${groupedText(assessments.regularity?.addresses ?? 0)}, of few devices` };
  }
  const label = 'Devices there';
  if (fleetDevices === null || fleetDevices === 0) return { label, value: groupedText(devices) };
  const all = Math.max(fleetDevices, devices);
  return { label, value: `${groupedText(devices)} of ${groupedText(all)} (${percentageText(devices / all)})` };
}

function ruleFigures(rule: RuleAssessment): Fact[] {
  const { inliner_count, outlier_count, average, evidence } = rule;
  const { minUniform, minAverage } = evidence.thresholds;
  const isHourly = evidence.grain === 'hour';
  const raised = isRaisedByOutliers(rule) ? ', by its outliers' : '';
  return [
    {
      label: `Connections ${rateUnit(evidence.grain)}`,
      value: `${rateText(average)} (threshold ${rateText(minAverage)})${raised}`,
    },
    {
      label: `${isHourly ? 'Hours' : 'Reports'} in the expected range`,
      value: `${inliner_count} of ${inliner_count + outlier_count} (minimum ${roundedText(minUniform, 2)})`,
    },
  ];
}

const BY_CHANCE: Readonly<Record<RegularAssessment['view'], string>> = {
  spread: 'random counts vary',
  steps: 'random counts change',
  gaps: 'random gaps vary',
};
/** Smaller values are all the same. */
const SMALLEST_VIEW = 0.01;

/** `random counts vary 33 times as much` of a view of 0.03: 1 is chance. */
function byChance(view: RegularAssessment['view'], value: number): string {
  const times = 1 / Math.max(SMALLEST_VIEW, value);
  const text = value < SMALLEST_VIEW ? `over ${times}` : roundedText(times, times < 10 ? 1 : 0);
  return `${BY_CHANCE[view]} ${text} times as much`;
}

function regularFigure({ way, regularity, threshold, view, views, session }: RegularAssessment): Fact {
  const value =
    way === 'session' && session !== null
      ? `${roundedText(session.mean, 1)} per hour for ${session.n} whole hours; ${rarityText(session)}`
      : `score ${roundedText(regularity, 2)} (threshold ${roundedText(threshold, 2)}); ${byChance(view, views[view] ?? 1)}`;
  return { label: 'Regularity', value };
}

function outcomeOf({ traffic: { succeeded, failed } }: Detection): Fact | null {
  const all = succeeded + failed;
  return failed === 0 ? null : { label: 'Outcome', value: `${percentText(succeeded / all)} of reports succeed` };
}
