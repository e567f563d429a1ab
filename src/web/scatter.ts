import type { Severity } from '../core/detections/detection.ts';
import { isAbove, REGULAR_SPREAD } from '../core/detections/severity.ts';
import { percentageText } from '../core/text/numbers.ts';
import { spanText } from '../core/text/span.ts';
import type { Href } from './href.ts';
import { type Html, html } from './html.ts';
import { type LogScale, logScale, unit } from './log_scale.ts';
import { paceOfDetection, spreadOfView } from './pace.ts';
import type { PageDetection } from './page_data.ts';
import { processText, shortDevice } from './texts.ts';

const WIDTH = 640;
const HEIGHT = 330;
const LEFT = 56;
const RIGHT = 624;
const TOP = 14;
const BOTTOM = 278;
const INTERVALS = [1, 5, 15, 30, 60, 300, 900, 3600, 14_400, 43_200];
const SPREADS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const HOUR_SECONDS = 3600;

/** The limits that the chart draws. */
export interface ScatterLimits {
  /** Connections per hour above which the KQL rule matches. */
  readonly minAverage: number;
  /** The score from which on `regularity` matches; null where it was not applied. */
  readonly minScore: number | null;
}

/**
 * Each detection by its interval and the spread of its hours. The KQL rule sees what is left of its dashed line,
 * `regularity` what is below its own. Each dot is a link; the table below the chart has the same numbers.
 */
export function scatter(
  detections: readonly PageDetection[],
  limits: ScatterLimits,
  hrefOf: (detection: PageDetection) => Href,
): Html {
  const placed = detections
    .map((detection) => ({ detection, pace: paceOfDetection(detection) }))
    .filter((each) => each.pace !== null)
    // The most severe are drawn last, above the others.
    .sort(
      (a, b) =>
        Number(isAbove(a.detection.severity, b.detection.severity)) -
        Number(isAbove(b.detection.severity, a.detection.severity)),
    );
  const slowest = HOUR_SECONDS / limits.minAverage;
  const seconds = [slowest, ...placed.map(({ pace }) => pace?.seconds ?? slowest)];
  const x = logScale(Math.min(15, ...seconds) * 0.8, Math.max(slowest * 2, ...seconds) * 1.3, LEFT, RIGHT);
  const y = logScale(0.004, 1.1, BOTTOM, TOP);
  return html`<svg class="scatter" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="Interval against spread of ${placed.length} detections; the table below has the same numbers">
${gridOf(x, y)}${kqlLimit(x, y, slowest, limits.minScore === null)}${limits.minScore === null ? null : regularityLimit(x, y, limits.minScore)}
<text class="axis" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">time between connections</text>
<text class="axis" x="14" y="${(TOP + BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(TOP + BOTTOM) / 2})">spread of the hours (lower = clockwork)</text>
${placed.map(({ detection, pace }) => dotOf(detection, x.at(pace?.seconds ?? 0), y.at(pace?.spread ?? 1), hrefOf(detection)))}</svg>`;
}

function gridOf(x: LogScale, y: LogScale): Html {
  const within = INTERVALS.filter((seconds) => seconds >= x.from && seconds <= x.to);
  return html`${within.map(
    (seconds) =>
      html`<path class="grid" d="M${unit(x.at(seconds))} ${TOP}V${BOTTOM}"/><text class="tick" x="${unit(x.at(seconds))}" y="${BOTTOM + 18}" text-anchor="middle">${spanText(seconds)}</text>`,
  )}${SPREADS.map(
    (share) =>
      html`<path class="grid" d="M${LEFT} ${unit(y.at(share))}H${RIGHT}"/><text class="tick" x="${LEFT - 6}" y="${unit(y.at(share) + 4)}" text-anchor="end">${percentageText(share)}</text>`,
  )}`;
}

function kqlLimit(x: LogScale, y: LogScale, slowest: number, isAlone: boolean): Html {
  const edge = unit(x.at(slowest));
  const label = `KQL rule: slower than ${spanText(slowest)} is not seen`;
  const isLeft = isAlone || x.at(slowest) > RIGHT - LONGEST_LABEL;
  return html`<rect class="first" x="${LEFT}" y="${unit(y.at(REGULAR_SPREAD))}" width="${unit(x.at(slowest) - LEFT)}" height="${unit(BOTTOM - y.at(REGULAR_SPREAD))}"/>
<path class="limit" d="M${edge} ${TOP}V${BOTTOM}"/><text class="limit-name" x="${unit(x.at(slowest) + (isLeft ? -6 : 6))}" y="${TOP + 10}" text-anchor="${isLeft ? 'end' : 'start'}">${label}</text>
<text class="first-name" x="${LEFT + 8}" y="${unit(y.at(REGULAR_SPREAD) + 16)}">even and fast: look here first</text>`;
}

/** Units that a label of the chart needs, on a phone too. */
const LONGEST_LABEL = 300;

const WINDOW_HOURS = 72;
/** The weight that the view `spread` takes off the number of hours (docs/regularity.md). */
const SPREAD_K = 5;

/** Where the score of a group that is seen in all 72 hours reaches the threshold. */
function regularityLimit(x: LogScale, y: LogScale, minScore: number): Html {
  const view = 1 - (minScore * (WINDOW_HOURS + SPREAD_K)) / WINDOW_HOURS;
  const points = [x.from, x.to].map((seconds) => `${unit(x.at(seconds))} ${unit(y.at(spreadOfView(view, seconds)))}`);
  const [, end = ''] = points;
  const top = Number(end.split(' ')[1]);
  return html`<path class="limit2" d="M${points.join('L')}"/><text class="limit2-name" x="${RIGHT - 4}" y="${unit(Math.max(TOP + 26, top - 8))}" text-anchor="end">regularity sees below this line</text>`;
}

function dotOf(detection: PageDetection, x: number, y: number, href: Href): Html {
  const size = (detection.devices ?? detection.regularity?.regularDevices ?? 1) <= 1 ? 7 : 4;
  const pace = paceOfDetection(detection);
  const name = `${detection.severity}: ${processText(detection)} on ${shortDevice(detection.DeviceName)} to ${detection.RemoteIP}, every ${spanText(pace?.seconds ?? 0)}, spread ${percentageText(pace?.spread ?? 1)}`;
  return html`<a href="${href}" tabindex="-1"><title>${name}</title><path class="dot ${detection.severity}" d="${SHAPES[detection.severity](x, y, size)}"/></a>`;
}

/** A circle, a diamond and a square, so that severity does not depend on colour. */
const SHAPES: Readonly<Record<Severity, (x: number, y: number, size: number) => string>> = {
  high: (x, y, r) => `M${unit(x - r)} ${unit(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  medium: (x, y, r) => `M${unit(x)} ${unit(y - r - 1)}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`,
  low: (x, y, r) => `M${unit(x - r + 1)} ${unit(y - r + 1)}h${2 * r - 2}v${2 * r - 2}h${2 - 2 * r}z`,
};
