import { CLEAR_FACTOR, REGULAR_SPREAD, UNKNOWN_FLEET } from '../core/detections/severity.ts';
import { groupedText, percentageText, percentText, rateText, roundedText } from '../core/text/numbers.ts';
import { spansText, spanText } from '../core/text/span.ts';
import { type HourOfPlot, isNight } from './hour_plot.ts';
import { type Html, html } from './html.ts';
import type { PageDetection, PageFleet, PageKqlRule, PageRegularity } from './page_data.ts';
import { plural } from './texts.ts';

/** A test with its number and its threshold. `null`: it says something, and decides nothing. */
interface Test {
  readonly name: string;
  readonly passed: boolean | null;
  readonly text: string;
}

/** The tests of both detectors, passed and failed, as lists with headings. */
export function testsOf(detection: PageDetection, fleet: PageFleet | null, plot: readonly HourOfPlot[]): Html {
  const { kqlRule, regularity } = detection;
  return html`<h4>KQL rule: ${kqlRule === null ? 'no match' : 'match'}</h4>${kqlRule !== null && listOf(kqlTests(kqlRule))}
<h4>regularity: ${regularity === null ? withoutRegularity(detection) : regularity.way === null ? 'no match' : `match by ${regularity.way}`}</h4>${regularity !== null && listOf(regularityTests(regularity))}
<h4>Severity: ${detection.severity}</h4><p class="reason">${detection.severityReason}</p>${listOf(signsOf(detection, fleet, plot))}`;
}

/** A stored detection has no assessment of a detector that has not matched; in a file nothing was measured. */
function withoutRegularity({ record }: PageDetection): string {
  return record === null ? 'not measured' : 'no match';
}

function listOf(tests: readonly Test[]): Html {
  return html`<dl class="tests">${tests.map(
    ({ name, passed, text }) =>
      html`<div class="${passed === null ? 'fact' : passed ? 'passed' : 'failed'}"><dt>${name}</dt><dd>${passed !== null && html`<b class="mark">${passed ? '✓' : '✗'}<span class="sr">${passed ? ' passed: ' : ' failed: '}</span></b>`} ${text}</dd></div>`,
  )}</dl>`;
}

function kqlTests({ inliner_count, outlier_count, count_of_hours, average, grain, ...rule }: PageKqlRule): Test[] {
  const points = grain === 'hour' ? 'hours' : 'reports';
  return [
    {
      name: 'even',
      passed: inliner_count >= rule.minUniform,
      text: `${inliner_count} of ${count_of_hours} ${points} within the expected range (minimum ${roundedText(rule.minUniform, 2)})`,
    },
    {
      name: 'fast',
      passed: average > rule.minAverage,
      text: `${rateText(average)} ${grain === 'hour' ? 'per hour' : 'per report'} (threshold ${rateText(rule.minAverage)})`,
    },
    {
      name: 'outliers',
      passed: null,
      text: `${plural(outlier_count, 'outlier', 'outliers')} (score beyond ±${rule.anomalyThreshold})`,
    },
  ];
}

function regularityTests(regularity: PageRegularity): Test[] {
  const { regularity: score, minScore, ripeScore, views, view, session, unit, hours, active_hours } = regularity;
  const names = ['spread', 'steps', 'gaps'] as const;
  return [
    {
      name: 'score',
      passed: score >= minScore,
      text: `${score.toFixed(3)} (minimum ${minScore}; ${ripeScore} to raise the severity)`,
    },
    ...names.map((name): Test => {
      const value = views[name];
      if (value === undefined) return { name, passed: null, text: 'not measurable' };
      const share = value < 0.1 ? percentageText(value) : percentText(value);
      return { name, passed: null, text: `${share} of chance${name === view ? ' – this view decided' : ''}` };
    }),
    ...(regularity.way !== 'session' || session === null
      ? []
      : [
          {
            name: 'session',
            passed: true,
            text: `${rateText(session.mean)} per ${unit} for ${session.n} ${unit}s: chance gives this to one of ${groupedText(Math.round(Math.min(1e12, 1 / session.p)))} groups`,
          },
        ]),
    { name: 'present', passed: null, text: `in ${active_hours} of the ${hours} ${unit}s with the device on` },
  ];
}

function signsOf(detection: PageDetection, fleet: PageFleet | null, plot: readonly HourOfPlot[]): Test[] {
  const { devices, fleetDevices, kqlRule, regularity } = detection;
  const few = (fleet ?? UNKNOWN_FLEET).few;
  const all = fleet?.devices ?? fleetDevices;
  const tests: Test[] = [];
  if (devices !== null)
    tests.push({
      name: 'rare',
      passed: devices <= few,
      text: `${plural(devices, 'device connects', 'devices connect')} to this address (rare: at most ${few}${all === null ? '' : ` of ${groupedText(all)}`})`,
    });
  if (regularity !== null && regularity.way !== null && regularity.way !== 'process')
    tests.push({
      name: 'alone',
      passed: regularity.regularDevices <= few,
      text: `${plural(regularity.regularDevices, 'device is', 'devices are')} regular with it (rare: at most ${few}${all === null ? '' : ` of ${groupedText(all)}`})`,
    });
  if (kqlRule !== null)
    tests.push(
      {
        name: 'clockwork',
        passed: kqlRule.spread <= REGULAR_SPREAD,
        text: `spread ${percentageText(kqlRule.spread)} (at most ${percentText(REGULAR_SPREAD)})`,
      },
      {
        name: 'clear',
        passed: kqlRule.average >= CLEAR_FACTOR * kqlRule.minAverage,
        text: `${rateText(kqlRule.average)} (at least ${rateText(CLEAR_FACTOR * kqlRule.minAverage)})`,
      },
    );
  const nights = plot.filter(({ hour }) => isNight(hour));
  const active = nights.filter(({ count }) => count !== null);
  tests.push({
    name: 'at night',
    passed: null,
    text: `in ${active.length} of ${nights.length} hours between 20:00 and 06:00 (UTC)`,
  });
  const rhythm = regularity;
  if (rhythm !== null)
    tests.push({
      name: 'interval',
      passed: null,
      text: `${spanText(rhythm.interval)} (${spansText(rhythm.interval_low, rhythm.interval_high)})`,
    });
  return tests;
}
