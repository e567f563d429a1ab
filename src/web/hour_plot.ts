import type { Hour } from '../core/kql/bin.ts';
import { outlierFences } from '../core/kql/outlier_fences.ts';
import { roundedText } from '../core/text/numbers.ts';
import { type Html, html } from './html.ts';
import { unit } from './log_scale.ts';
import { usualCount } from './pace.ts';
import type { PageDetection, PageKqlRule, PagePoint } from './page_data.ts';
import { shortTime } from './texts.ts';

const LEFT = 44;
const RIGHT = 624;
const WIDTH = 718;
const TOP = 18;
const BOTTOM = 164;
const HEIGHT = 190;
/** A bar of more times the usual count is cut, and has its number. */
const HIGHEST = 4;

/** An hour of the plot. */
export interface HourOfPlot {
  readonly hour: Hour;
  readonly count: number | null;
  /** What the detector expects; null without one. */
  readonly expected: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly flag: number;
  readonly score: number | null;
}

/** The hours of the window with what the KQL rule expects of each. Counts per report are summed. */
export function hoursOfPlot({ hours, kqlRule }: PageDetection, names: readonly Hour[]): HourOfPlot[] {
  const points = Map.groupBy(kqlRule?.points ?? [], ({ hour }) => hour);
  const fences = kqlRule === null || kqlRule.grain === 'report' ? null : fencesOf(kqlRule);
  return names.map((hour, index) => {
    const own = points.get(hour) ?? [];
    const expected = own.length === 0 ? null : own.reduce((sum, point) => sum + point.expected, 0);
    const flag = own.find((point) => point.flag !== 0)?.flag ?? 0;
    return {
      hour,
      count: hours[index] ?? null,
      expected,
      lower: expected === null || fences === null ? null : expected + fences.lower,
      upper: expected === null || fences === null ? null : expected + fences.upper,
      flag,
      score: strongest(own),
    };
  });
}

function fencesOf({ points, anomalyThreshold }: PageKqlRule) {
  return outlierFences(
    points.map(({ count, expected }) => count - expected),
    anomalyThreshold,
  );
}

function strongest(points: readonly PagePoint[]): number | null {
  const scores = points.map(({ score }) => score).sort((a, b) => Math.abs(b) - Math.abs(a));
  return scores[0] ?? null;
}

/**
 * The connections of each hour as bars, with what the KQL rule expects, its range and its threshold, or, where
 * `regularity` alone matches, with the mean and the range of chance. Nights (20:00 to 06:00 UTC) and hours without a report are marked.
 */
export function hourPlot(detection: PageDetection, plot: readonly HourOfPlot[]): Html {
  const usual = usualCount(
    detection.hours,
    plot.map(({ flag }) => flag),
  );
  const chance = detection.kqlRule === null && detection.regularity !== null ? chanceOf(usual) : null;
  const { kqlRule } = detection;
  const threshold = kqlRule === null ? null : kqlRule.minAverage;
  const counts = plot.map(({ count }) => count ?? 0);
  const reach = Math.max(1, threshold ?? 0, chance?.upper ?? 0, ...plot.map(({ upper }) => upper ?? 0));
  const highest = Math.max(reach, Math.min(Math.max(...counts), HIGHEST * Math.max(usual, 1))) * 1.06;
  const step = (RIGHT - LEFT) / Math.max(1, plot.length);
  const x = (index: number) => LEFT + index * step;
  const y = (value: number) => BOTTOM - ((BOTTOM - TOP) * Math.max(0, Math.min(value, highest))) / highest;
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${plotName(plot)}">
${nightsOf(plot, x)}${chance === null ? null : bandOf(chance, y)}${fenceBand(plot, x, y)}
${barsOf(plot, x, y, step)}${plot.map((each, index) => outlierOf(each, x(index) + step * 0.1, step * 0.8, y, highest))}
${expectedLine(plot, x, y)}${threshold === null ? null : thresholdLine(threshold, y, kqlRule?.grain === 'report' ? 'per report' : 'an hour')}
${chance === null ? null : html`<path class="expected" d="M${LEFT} ${unit(y(usual))}H${RIGHT}"/><text class="tick" x="${RIGHT + 5}" y="${unit(y(usual) + 3)}">mean ${roundedText(usual, 1)}</text>`}
<path class="base" d="M${LEFT} ${BOTTOM}H${RIGHT}"/><text class="tick" x="${LEFT - 5}" y="${BOTTOM + 3}" text-anchor="end">0</text>
<text class="tick" x="${LEFT - 5}" y="${unit(y(Math.max(...counts)) + 4)}" text-anchor="end">${roundedText(Math.max(...counts), 1)}</text>
${plot.map(({ hour }, index) => tickOf(hour, x(index)))}</svg>`;
}

/** One standard deviation of chance (Poisson) about the mean. */
function chanceOf(mean: number): { readonly lower: number; readonly upper: number } {
  return { lower: mean - Math.sqrt(mean), upper: mean + Math.sqrt(mean) };
}

function bandOf({ lower, upper }: { lower: number; upper: number }, y: (value: number) => number): Html {
  return html`<rect class="chance" x="${LEFT}" y="${unit(y(upper))}" width="${RIGHT - LEFT}" height="${unit(Math.max(1, y(lower) - y(upper)))}"/><text class="tick" x="${RIGHT + 5}" y="${unit(y(upper) - 2)}">chance</text>`;
}

function nightsOf(plot: readonly HourOfPlot[], x: (index: number) => number): Html {
  const starts = plot.flatMap(({ hour }, index) =>
    isNight(hour) && (index === 0 || !isNight(plot[index - 1]?.hour ?? hour)) ? [index] : [],
  );
  return html`${starts.map((start) => {
    let end = start;
    while (end < plot.length && isNight(plot[end]?.hour ?? '')) end++;
    return html`<rect class="night" x="${unit(x(start))}" y="${TOP}" width="${unit(x(end) - x(start))}" height="${BOTTOM - TOP}"/>`;
  })}`;
}

/** From 20:00 to 06:00 UTC: the telemetry does not name the time zone of a device. */
export function isNight(hour: string): boolean {
  const clock = Number(hour.slice(11, 13));
  return clock >= 20 || clock < 6;
}

/** Consecutive hours of which the detector expects the same. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly first: HourOfPlot;
}

function runsOf(plot: readonly HourOfPlot[]): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < plot.length; ) {
    const first = plot[start] as HourOfPlot;
    let end = start + 1;
    while (end < plot.length && plot[end]?.expected === first.expected) end++;
    if (first.expected !== null) runs.push({ start, end, first });
    start = end;
  }
  return runs;
}

/** The expected range as an area; an hour without a report interrupts it. */
function fenceBand(plot: readonly HourOfPlot[], x: (index: number) => number, y: (value: number) => number): Html {
  const areas = runsOf(plot).flatMap(({ start, end, first: { lower, upper } }) =>
    lower === null || upper === null
      ? []
      : [
          `M${unit(x(start))} ${unit(y(upper))}H${unit(x(end))}V${unit(Math.max(y(lower), y(upper) + 1))}H${unit(x(start))}z`,
        ],
  );
  return html`${areas.length > 0 && html`<path class="range" d="${areas.join('')}"/>`}`;
}

function expectedLine(
  plot: readonly HourOfPlot[],
  x: (index: number) => number,
  y: (value: number) => number,
): Html | null {
  const runs = runsOf(plot);
  const last = runs.at(-1)?.first.expected ?? null;
  if (last === null) return null;
  const line = runs.map(({ start, end, first }, index) => {
    const joined = runs[index - 1]?.end === start;
    return `${joined ? 'L' : 'M'}${unit(x(start))} ${unit(y(first.expected ?? 0))}H${unit(x(end))}`;
  });
  return html`<path class="expected" d="${line.join('')}"/><text class="tick" x="${RIGHT + 5}" y="${unit(y(last) - 4)}">expected ${roundedText(last, 1)}</text>`;
}

function thresholdLine(threshold: number, y: (value: number) => number, unitName: string): Html {
  return html`<path class="limit" d="M${LEFT} ${unit(y(threshold))}H${RIGHT}"/><text class="limit-name" x="${RIGHT + 5}" y="${unit(y(threshold) + 10)}">min. ${roundedText(threshold, 1)}</text><title>threshold ${roundedText(threshold, 1)} ${unitName}</title>`;
}

/** The hours within the expected range, and those without a report, as one path each: a file has many plots. */
function barsOf(
  plot: readonly HourOfPlot[],
  x: (index: number) => number,
  y: (value: number) => number,
  step: number,
): Html {
  const width = unit(step * 0.8);
  const bars = plot.map(({ count, flag }, index) =>
    count === null || flag !== 0 ? '' : `M${unit(x(index + 0.5))} ${BOTTOM}V${unit(Math.min(y(count), BOTTOM - 0.5))}`,
  );
  const missing = plot.map(({ count }, index) =>
    count === null ? `M${unit(x(index) + step * 0.1)} ${BOTTOM + 3}h${width}` : '',
  );
  return html`<path class="bars" stroke-width="${width}" d="${bars.join('')}"/><path class="missing" d="${missing.join('')}"/>`;
}

function outlierOf(
  { hour, count, flag }: HourOfPlot,
  x: number,
  width: number,
  y: (value: number) => number,
  highest: number,
): Html | null {
  if (count === null) return null;
  const top = y(count);
  const cut =
    count > highest &&
    html`<text class="tick" x="${unit(x + width / 2)}" y="${TOP - 8}" text-anchor="middle">${roundedText(count, 1)}</text>`;
  if (flag === 0) return cut === false ? null : cut;
  return html`<rect class="out" x="${unit(x)}" y="${unit(top)}" width="${unit(width)}" height="${unit(Math.max(BOTTOM - top, 0.5))}"><title>${shortTime(hour)}: ${roundedText(count, 1)}</title></rect>${markerOf(flag, x + width / 2, top)}${cut}`;
}

function markerOf(flag: number, x: number, top: number): Html {
  const y = Math.max(top - 3, 7);
  return html`<path class="out" d="M${unit(x - 3)} ${unit(flag > 0 ? y : y - 5)}h6l-3 ${flag > 0 ? -5 : 5}z"/>`;
}

function tickOf(hour: Hour, x: number): Html | null {
  const clock = hour.slice(11, 13);
  if (clock !== '00' && clock !== '12') return null;
  return html`<path class="base" d="M${unit(x)} ${BOTTOM}v4"/><text class="tick" x="${unit(x)}" y="${BOTTOM + 18}" text-anchor="middle">${clock === '00' ? hour.slice(5, 10) : '12:00'}</text>`;
}

function plotName(plot: readonly HourOfPlot[]): string {
  const counts = plot.flatMap(({ count }) => (count === null ? [] : [count]));
  if (counts.length === 0) return 'Connections per hour: no hour with a report';
  const outliers = plot.filter(({ flag }) => flag !== 0).length;
  return `Connections per hour: ${counts.length} of ${plot.length} hours with a report, from ${roundedText(Math.min(...counts), 1)} to ${roundedText(Math.max(...counts), 1)}; ${outliers} outliers. The table below has the numbers.`;
}

/** The numbers of the plot. Cells and rows need no end in HTML, and a file has many. */
export function plotTable(plot: readonly HourOfPlot[]): Html {
  const known = plot.find(({ lower, upper }) => lower !== null && upper !== null);
  const range = known === undefined ? null : rangeText(known);
  return html`${range !== null && html`<p class="caption">${range}</p>`}<table class="numbers"><thead><tr><th scope="col">hour (UTC)</th><th scope="col">connections</th><th scope="col">expected</th><th scope="col">score</th><th scope="col">outlier</th></tr></thead><tbody>${plot.map(
    ({ hour, count, expected, score, flag }) =>
      html`<tr><th scope="row">${shortTime(hour)}<td>${count === null ? 'no report' : roundedText(count, 1)}<td>${expected !== null && roundedText(expected, 1)}<td>${score !== null && scoreText(score)}<td>${flag === 0 ? '' : flag > 0 ? 'above' : 'below'}`,
  )}</tbody></table>`;
}

/** Where all other points are equal, a score is as large as one gets. */
function scoreText(score: number): string {
  return Math.abs(score) >= 1e6 ? (score > 0 ? '∞' : '−∞') : roundedText(score, 2);
}

/** The distance to the ends of the range is the same in every hour. */
function rangeText({ expected, lower, upper }: HourOfPlot): string {
  const below = (expected ?? 0) - (lower ?? 0);
  const above = (upper ?? 0) - (expected ?? 0);
  return `Expected range: ${roundedText(below, 1)} below to ${roundedText(above, 1)} above what is expected.`;
}
