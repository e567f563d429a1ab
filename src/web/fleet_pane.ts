import type { Hour } from '../core/kql/bin.ts';
import { groupedText, roundedText } from '../core/text/numbers.ts';
import type { Href } from './href.ts';
import { type Html, html } from './html.ts';
import { classesOf, severityCounts } from './list_pane.ts';
import { unit as coordinate } from './log_scale.ts';
import { paceTexts } from './pace.ts';
import type { PageDetection } from './page_data.ts';
import { type CellUnit, type Drawing, hourStrip, isMarked } from './strip.ts';
import { devicesText, processText, shortDevice, shortTime } from './texts.ts';

export interface FleetOptions {
  /** What a cell is; by default an hour. */
  readonly unit?: CellUnit;
  /** The other time axes; none in a file. */
  readonly views?: Html | null;
  readonly hours: readonly Hour[];
  readonly hrefOf: (detection: PageDetection) => Href;
  readonly drawingOf: (detection: PageDetection) => Drawing;
}

/**
 * All detections on one time axis, in blocks by address, the block with the most urgent first. A campaign shows as equal
 * rows, an outage as a gap through all of them.
 */
export function fleetPane(detections: readonly PageDetection[], options: FleetOptions): Html {
  const { hours, unit = 'hour', views = null } = options;
  // A Map keeps the order in which keys came: that of the most urgent of each address.
  const blocks = [...Map.groupBy(detections, ({ RemoteIP, id }) => (RemoteIP === '*' ? id : RemoteIP)).values()];
  return html`<h2 class="title">Fleet: ${groupedText(detections.length)} on one time axis <small>${severityCounts(detections)}</small></h2>
${views}<p class="caption">In blocks by address, the most urgent first. A cell is ${unit === 'hour' ? 'an hour' : 'a day'} (UTC): its shade is the count over the row's own usual count, ${unit === 'hour' ? 'orange an outlier, empty no report. Lines mark midnight' : 'empty: nothing is known of it. Lines mark Mondays'}.</p>
<table class="fleet-table"><caption class="sr">Detections in blocks by address, with their hours</caption><thead><tr><th scope="col">severity</th><th scope="col">process</th><th scope="col">device</th><th scope="col" class="hours">${axisOf(hours, unit)}</th><th scope="col">address</th><th scope="col">devices</th><th scope="col" class="num">every</th></tr></thead>
${blocks.map((block) => html`<tbody>${block.map((detection) => rowOf(detection, options))}</tbody>`)}</table>
<details class="table"><summary>Numbers of the strips</summary>${numbersOf(detections, hours, unit)}</details>`;
}

function rowOf(detection: PageDetection, { hours, hrefOf, drawingOf, unit }: FleetOptions): Html {
  const { severity, DeviceName, RemoteIP } = detection;
  const { every, around } = paceTexts(detection);
  return html`<tr class="${classesOf(detection)}"><td class="sev ${severity}">${severity}</td><th scope="row"><a class="open" href="${hrefOf(detection)}">${processText(detection)}</a></th><td title="${DeviceName}">${shortDevice(DeviceName)}</td><td class="hours">${hourStrip(detection, hours, drawingOf(detection), unit)}</td><td class="address">${RemoteIP === '*' ? '' : RemoteIP}</td><td>${devicesText(detection)}</td><td class="num">${every} <small>${around}</small></td></tr>`;
}

/** Units of the axis: the cells of 72 hours, whatever the cells are. */
const WIDTH = 288;

/** Names cells above the strips: the date of each mark, the hour at noon. */
function axisOf(hours: readonly Hour[], unit: CellUnit): Html {
  const ticks = hours.flatMap((hour, index) => {
    const isNoon = unit === 'hour' && hour.slice(11, 13) === '12';
    // A label at the very beginning would be cut.
    if (index <= 1 || !(isMarked(hour, unit) || isNoon)) return [];
    return [{ x: coordinate((index * WIDTH) / hours.length), text: isNoon ? '12 h' : hour.slice(5, 10) }];
  });
  const first = hours[0];
  return html`<svg class="axis" viewBox="0 0 ${WIDTH} 12" role="img" aria-label="${unit}s from ${first === undefined ? '' : shortTime(first)} to ${shortTime(hours.at(-1) ?? '')} UTC">${ticks.map(
    ({ x, text }) => html`<text class="tick" x="${x}" y="9" text-anchor="middle">${text}</text>`,
  )}</svg>`;
}

/** The table for those who cannot see the strips. */
function numbersOf(detections: readonly PageDetection[], hours: readonly Hour[], unit: CellUnit): Html {
  const nameOf = (hour: Hour) => (unit === 'hour' ? shortTime(hour) : hour.slice(5, 10));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Connections per ${unit}"><table class="numbers"><thead><tr><th scope="col">detection</th>${hours.map((hour) => html`<th scope="col">${nameOf(hour)}</th>`)}</tr></thead><tbody>${detections.map(
    (detection) =>
      html`<tr><th scope="row">${processText(detection)} on ${shortDevice(detection.DeviceName)} to ${detection.RemoteIP}${detection.hours.map((count) => html`<td>${count !== null && roundedText(count, 1)}`)}`,
  )}</tbody></table></div>`;
}
