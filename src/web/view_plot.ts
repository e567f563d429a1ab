import { geometric, normalStep, poissonShare } from './chance.ts';
import { type Html, html } from './html.ts';
import { unit } from './log_scale.ts';
import type { PageDetection, PageRegularity } from './page_data.ts';

const WIDTH = 718;
const HEIGHT = 150;
const LEFT = 44;
const RIGHT = 624;
const TOP = 14;
const BOTTOM = 112;
const MOST_BINS = 31;

/** What a view of `regularity` compares: values of the group, and their probability by chance. */
interface Compared {
  readonly values: readonly number[];
  readonly chance: (value: number) => number;
  /** Where chance has nearly all of its values. */
  readonly from: number;
  readonly to: number;
  readonly axis: string;
  readonly noun: string;
}

/**
 * The view that decided, as it sees the group: how often each value occurs, and how often chance would give it. Drawn from
 * whole clock hours; the detector itself uses the hours of the sensor. null for too few values.
 */
export function viewPlot(detection: PageDetection, regularity: PageRegularity): Html | null {
  const compared = comparedBy(regularity.view, detection.hours);
  const { values, axis, noun } = compared;
  if (values.length < 3) return null;
  const bins = binsOf(compared);
  const highest = Math.max(...bins.map(({ number, expected }) => Math.max(number, expected)));
  const step = (RIGHT - LEFT) / bins.length;
  const y = (number: number) => BOTTOM - ((BOTTOM - TOP) * number) / highest;
  const chanceLine = bins.map(
    ({ expected }, index) => `${index === 0 ? 'M' : 'L'}${unit(LEFT + (index + 0.5) * step)} ${unit(y(expected))}`,
  );
  const bars = bins.map(({ number }, index) =>
    number === 0
      ? ''
      : `M${unit(LEFT + (index + 0.1) * step)} ${BOTTOM}V${unit(y(number))}h${unit(step * 0.8)}V${BOTTOM}z`,
  );
  const every = Math.ceil(bins.length / 12);
  return html`<svg class="plot view" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${noun} of this group, against chance; the table below has the numbers">
<path class="bar" d="${bars.join('')}"/>
<path class="chance-line" d="${chanceLine.join('')}"/><path class="base" d="M${LEFT} ${BOTTOM}H${RIGHT}"/>
${bins.map(({ label }, index) => index % every === 0 && html`<text class="tick" x="${unit(LEFT + (index + 0.5) * step)}" y="${BOTTOM + 15}" text-anchor="middle">${label.split(' ')[0] ?? ''}</text>`)}
<text class="tick" x="${LEFT - 5}" y="${BOTTOM + 3}" text-anchor="end">0</text><text class="tick" x="${LEFT - 5}" y="${unit(y(highest) + 4)}" text-anchor="end">${Math.round(highest)}</text>
<text class="axis" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${axis}</text></svg>
<details class="table"><summary>Numbers of this picture</summary><table class="numbers"><thead><tr><th scope="col">${axis}</th><th scope="col">this group</th><th scope="col">by chance</th></tr></thead><tbody>${bins.map(
    ({ label, number, expected }) => html`<tr><th scope="row">${label}<td>${number}<td>${expected.toFixed(1)}`,
  )}</tbody></table></details>`;
}

function comparedBy(view: PageRegularity['view'], hours: PageDetection['hours']): Compared {
  const first = hours.findIndex((count) => count !== null);
  const counts = hours.flatMap((count, index) => (count === null || index === first ? [] : [count])).slice(0, -1);
  const mean = meanOf(counts);
  switch (view) {
    case 'spread': {
      const reach = REACH * Math.sqrt(mean);
      const chance = (value: number) => poissonShare(value, mean);
      return {
        values: counts,
        chance,
        from: Math.max(0, mean - reach),
        to: mean + reach,
        ...named('connections in an hour', 'Hours'),
      };
    }
    case 'steps': {
      const values = counts.slice(1).map((count, index) => count - (counts[index] ?? 0));
      const reach = REACH * Math.sqrt(2 * mean);
      const chance = (step: number) => normalStep(step, mean);
      return { values, chance, from: -reach, to: reach, ...named('change from hour to hour', 'Changes') };
    }
    case 'gaps': {
      const contacts = hours.flatMap((count, index) => (count !== null && count > 0 ? [index] : []));
      const values = contacts.slice(1).map((contact, index) => contact - (contacts[index] ?? 0));
      const meanGap = meanOf(values);
      const chance = (gap: number) => geometric(gap, meanGap);
      return { values, chance, from: 1, to: REACH * meanGap, ...named('hours from contact to contact', 'Distances') };
    }
  }
}

/** Standard deviations of chance that are drawn. */
const REACH = 2.6;

function named(axis: string, noun: string): Pick<Compared, 'axis' | 'noun'> {
  return { axis, noun };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Bin {
  readonly label: string;
  readonly number: number;
  readonly expected: number;
}

/** Bins of whole numbers, of equal width, over all that chance or the group has; odd values are in the first or last one. */
function binsOf({ values, chance, from: chanceFrom, to: chanceTo }: Compared): Bin[] {
  const sorted = values.toSorted((a, b) => a - b);
  const from = Math.floor(Math.min(chanceFrom, sorted[Math.floor(sorted.length * 0.05)] ?? chanceFrom));
  const last = Math.ceil(Math.max(chanceTo, sorted[Math.floor(sorted.length * 0.95)] ?? chanceTo));
  const width = Math.max(1, Math.ceil((last - from + 1) / MOST_BINS));
  const number = Math.ceil((last - from + 1) / width);
  const counts = new Array<number>(number).fill(0);
  for (const value of values) {
    const index = Math.min(number - 1, Math.max(0, Math.floor((value - from) / width)));
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count, index) => {
    const start = from + index * width;
    // Within a wide bin chance changes little: its middle stands for all of it.
    const expected = values.length * width * chance(start + Math.floor((width - 1) / 2));
    return { label: width > 1 ? `${start} to ${start + width - 1}` : String(start), number: count, expected };
  });
}
