import type { Hour } from '../core/kql/bin.ts';
import { counted, rateText } from '../core/text/numbers.ts';
import { fragmentHref } from './href.ts';
import { attribute, type Html, html } from './html.ts';
import { hourFlags, usualCount } from './pace.ts';
import type { PageDetection } from './page_data.ts';

/** Units of one hour, and the height of a strip. */
const CELL = 4;
const HEIGHT = 16;

/** What a cell stands for. */
export type CellUnit = 'hour' | 'day';

/** Whether a line stands before a cell: at midnight, or where Monday begins (UTC). */
export function isMarked(name: Hour, unit: CellUnit): boolean {
  return unit === 'hour' ? name.slice(11, 13) === '00' : new Date(name).getUTCDay() === MONDAY;
}

const MONDAY = 1;

/** How a strip is drawn: alone; as the first one, which others repeat by its id; or as a repeat. */
export type Drawing = { readonly kind: 'alone' } | { readonly kind: 'first' | 'again'; readonly id: string };

/**
 * A detection's hours as a row of cells: the shade is the count over the detection's own usual count, outliers have a
 * colour of their own, an hour without a report is empty. Lines mark midnight (UTC). It has a name; the numbers stand in
 * the table of the fleet and in the detection's own.
 */
export function hourStrip(
  detection: PageDetection,
  hours: readonly Hour[],
  drawing: Drawing,
  unit: CellUnit = 'hour',
): Html {
  const flags = hourFlags(detection, hours);
  const usual = usualCount(detection.hours, flags);
  return html`<svg class="strip" viewBox="0 0 ${hours.length * CELL} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${stripName(detection, flags, usual, unit)}">${
    drawing.kind === 'again'
      ? html`<use href="${fragmentHref(drawing.id)}"/>`
      : html`<g class="cells"${drawing.kind === 'first' && attribute('id', drawing.id)}>${cellsOf(detection, hours, flags, usual, unit)}</g>`
  }</svg>`;
}

function cellsOf(
  detection: PageDetection,
  hours: readonly Hour[],
  flags: readonly number[],
  usual: number,
  unit: CellUnit,
): Html {
  const shades = detection.hours.map((count, index) => shadeOf(count, flags[index] ?? 0, usual));
  return html`${SHADES.map((shade) => pathOf(shades, shade))}<path class="day" d="${marks(hours, unit)}"/>`;
}

const SHADES = ['s1', 's2', 's3', 's4', 'up', 'down'] as const;
type Shade = (typeof SHADES)[number];

function shadeOf(count: number | null, flag: number, usual: number): Shade | null {
  if (count === null) return null;
  if (flag !== 0) return flag > 0 ? 'up' : 'down';
  const ratio = usual > 0 ? count / usual : 1;
  if (ratio < 0.5) return 's1';
  if (ratio < 1.5) return 's2';
  return ratio < 2.5 ? 's3' : 's4';
}

/** Each run of cells of one shade is a line whose dashes are the cells: a tenth of the bytes of rectangles. */
function pathOf(shades: readonly (Shade | null)[], shade: Shade): Html | null {
  const moves: string[] = [];
  for (let start = 0; start < shades.length; start++) {
    if (shades[start] !== shade) continue;
    let end = start;
    while (shades[end] === shade) end++;
    moves.push(`M${start * CELL} ${HEIGHT / 2}H${end * CELL}`);
    start = end;
  }
  return moves.length === 0 ? null : html`<path class="${shade}" d="${moves.join('')}"/>`;
}

function marks(hours: readonly Hour[], unit: CellUnit): string {
  return hours.map((hour, index) => (isMarked(hour, unit) && index > 0 ? `M${index * CELL} 0V${HEIGHT}` : '')).join('');
}

function stripName({ hours }: PageDetection, flags: readonly number[], usual: number, unit: CellUnit): string {
  const active = hours.filter((count) => count !== null).length;
  const outliers = flags.filter((flag) => flag !== 0).length;
  return `${active} of ${hours.length} ${unit}s with reports, usually ${rateText(usual)} ${unit === 'hour' ? 'an' : 'a'} ${unit}, ${counted(outliers, 'outlier')}`;
}
