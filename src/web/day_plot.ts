import { DAY_MS } from '../core/kql/timespan.ts';
import { addMs, type Timestamp } from '../core/kql/timestamp.ts';
import { groupedText } from '../core/text/numbers.ts';
import { type Html, html } from './html.ts';
import { unit } from './log_scale.ts';

const WIDTH = 718;
const LEFT = 44;
const RIGHT = 624;
const TOP = 8;
const BOTTOM = 58;
const HEIGHT = 78;

/** The connections of each day up to the window's end, and a table of them: when did it begin? null without days. */
export function dayPlot(days: readonly (number | null)[], asOf: Timestamp): Html | null {
  if (days.length === 0) return null;
  const highest = Math.max(1, ...days.map((count) => count ?? 0));
  const step = (RIGHT - LEFT) / days.length;
  // Hours that end at midnight are of the day before.
  const last = addMs(asOf, -1);
  const names = days.map((_count, index) => addMs(last, (index + 1 - days.length) * DAY_MS).slice(0, 10));
  const known = days.filter((count) => count !== null).length;
  return html`<figure><svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Connections per day: ${known} of ${days.length} days are known; the table below has the numbers">${days.map(
    (count, index) => {
      const x = LEFT + index * step;
      const height = ((BOTTOM - TOP) * (count ?? 0)) / highest;
      return count === null
        ? html`<path class="missing" d="M${unit(x + step * 0.1)} ${BOTTOM + 3}h${unit(step * 0.8)}"/>`
        : html`<rect class="bar" x="${unit(x + step * 0.1)}" y="${unit(BOTTOM - height)}" width="${unit(step * 0.8)}" height="${unit(height)}"/>`;
    },
  )}<path class="base" d="M${LEFT} ${BOTTOM}H${RIGHT}"/><text class="tick" x="${LEFT - 5}" y="${TOP + 6}" text-anchor="end">${groupedText(highest)}</text><text class="tick" x="${LEFT}" y="${BOTTOM + 16}">${names[0] ?? ''}</text><text class="tick" x="${RIGHT}" y="${BOTTOM + 16}" text-anchor="end">${names.at(-1) ?? ''}</text></svg><figcaption>Connections per day. Ticks below the axis: days of which nothing is known.</figcaption></figure>
<details class="table"><summary>Numbers of the days</summary><table class="numbers"><thead><tr><th scope="col">day (UTC)</th><th scope="col">connections</th></tr></thead><tbody>${days.map(
    (count, index) =>
      html`<tr><th scope="row">${names[index] ?? ''}</th><td>${count === null ? 'not known' : groupedText(count)}</td></tr>`,
  )}</tbody></table></details>`;
}
