import { hoursOf } from '../core/scoring/hours.ts';
import { groupedText } from '../core/text/numbers.ts';
import { detectionPane } from './detection_pane.ts';
import { fleetPane } from './fleet_pane.ts';
import { fragmentHref } from './href.ts';
import { type Html, html } from './html.ts';
import { listPane } from './list_pane.ts';
import { neighbourIndex } from './neighbours.ts';
import type { PageData, PageDetection } from './page_data.ts';
import { pageShell } from './page_shell.ts';
import type { ScatterLimits } from './scatter.ts';
import type { Drawing } from './strip.ts';
import { processText } from './texts.ts';

/** Detections with a view of their own in a file; the others are in the list and in the fleet. */
export const MOST_DETAILS = 200;

export interface ReportOptions {
  readonly limits: ScatterLimits;
  /** The command that prints the numbers of all detections, those without a view among them. */
  readonly command: string;
}

/** One self-contained file: list, fleet, notes, and a view of each of the most urgent detections. It loads nothing. */
export function reportHtml(data: PageData, { limits, command }: ReportOptions): string {
  const { detections, window, fleet } = data;
  const hours = hoursOf(window);
  const detailed = detections.slice(0, MOST_DETAILS);
  // Numbers, not ids: a file has tens of thousands of links.
  const numbers = new Map(detections.map(({ id }, index) => [id, index]));
  const numberOf = ({ id }: PageDetection) => numbers.get(id) ?? 0;
  const hrefOf = (detection: PageDetection) => {
    const number = numberOf(detection);
    return fragmentHref(number < MOST_DETAILS ? `d${number}` : `rest${number}`);
  };
  const first = (detection: PageDetection): Drawing => ({ kind: 'first', id: `s${numberOf(detection)}` });
  const again = (detection: PageDetection): Drawing => ({ kind: 'again', id: `s${numberOf(detection)}` });
  const neighboursOf = neighbourIndex(detections);
  const body = html`<main><div class="panes"><section class="pane list" id="list" aria-label="Detections">${listPane(detections, { title: 'Beacons in the window', hours, limits, hrefOf, drawingOf: first, views: null })}${restOf(detections.slice(MOST_DETAILS), command)}</section>
<section class="pane details" aria-label="Detection">${detailed.map(
    (detection) =>
      html`<article class="detail" id="d${numberOf(detection)}">${detectionPane(detection, { asOf: window.asOf, hours, fleet, neighbours: neighboursOf(detection), hrefOf, listHref: fragmentHref('list'), drawingOf: again, key: String(numberOf(detection)), actions: null })}</article>`,
  )}</section></div>
<section class="page pane" id="fleet" aria-label="Fleet">${fleetPane(detections, { hours, hrefOf, drawingOf: again })}</section>
<section class="page pane" id="notes" aria-label="Notes">${notesOf(data)}</section></main>`;
  return pageShell({
    title: `Beaconwatch: ${groupedText(detections.length)} beacons to ${window.asOf.slice(0, 16)}Z`,
    status: data.status,
    asOf: window.asOf,
    links: [
      { text: 'List', href: fragmentHref('list'), isCurrent: false },
      { text: 'Fleet', href: fragmentHref('fleet'), isCurrent: false },
      { text: 'Notes', href: fragmentHref('notes'), isCurrent: false },
    ],
    body,
  });
}

function restOf(rest: readonly PageDetection[], command: string): Html | null {
  if (rest.length === 0) return null;
  return html`<h3>Without a view of their own</h3><p class="caption">This file has a view of each of the ${MOST_DETAILS} most urgent detections. This command prints the numbers of the other ${groupedText(rest.length)}:</p><pre tabindex="0" role="region" aria-label="Command">${command}</pre><ol class="rest" start="${MOST_DETAILS + 1}">${rest.map(
    (detection, index) =>
      html`<li id="rest${MOST_DETAILS + index}">${processText(detection)} on ${detection.DeviceName} to ${detection.RemoteIP}</li>`,
  )}</ol>`;
}

function notesOf({ status, fleet }: PageData): Html {
  return html`<h2 class="title">Notes</h2><ul class="notes">${status.parts.map((part) => html`<li>${part}</li>`)}${fleet !== null && html`<li>${groupedText(fleet.devices)} devices in the window: regular on up to ${fleet.few} is rare, on more than ${fleet.many} common</li><li>${groupedText(fleet.common)} groups are regular and common, and not listed</li>`}${status.notes.map((note) => html`<li>${note}</li>`)}</ul>`;
}
