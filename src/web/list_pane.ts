import { lolbinOf, lolbinText } from '../core/detections/lolbins.ts';
import type { Hour } from '../core/kql/bin.ts';
import { groupedText } from '../core/text/numbers.ts';
import type { Href } from './href.ts';
import { attribute, type Html, html } from './html.ts';
import { paceTexts } from './pace.ts';
import type { PageDetection } from './page_data.ts';
import { type ScatterLimits, scatter } from './scatter.ts';
import { type Drawing, hourStrip } from './strip.ts';
import { devicesText, processText, shortDevice } from './texts.ts';

export interface ListPaneOptions {
  readonly title: string;
  readonly hours: readonly Hour[];
  readonly limits: ScatterLimits;
  readonly hrefOf: (detection: PageDetection) => Href;
  readonly drawingOf: (detection: PageDetection) => Drawing;
  /** Links to other lists of the same page; none in a file. */
  readonly views: Html | null;
}

/** The list: how many there are, the chart, the filters, and a row for each detection. */
export function listPane(detections: readonly PageDetection[], options: ListPaneOptions): Html {
  const { title, limits, hrefOf } = options;
  return html`<h2 class="title">${title}: ${groupedText(detections.length)} <small>${severityCounts(detections)}</small></h2>
${filters(detections)}${options.views}
${
  detections.length === 0
    ? html`<p class="empty">No beacons here.</p>`
    : html`${scatter(detections, limits, hrefOf)}
<p class="caption">Each dot is a link. Red circle: high; amber diamond: medium; grey square: low. Large: one device alone.</p>
<table class="list-table"><caption class="sr">Detections, most urgent first</caption><thead><tr><th scope="col">severity</th><th scope="col">process <small>device · account</small></th><th scope="col">address <small>port · who else</small></th><th scope="col" class="num">every</th><th scope="col">last ${options.hours.length} hours</th></tr></thead>
<tbody>${detections.map((detection) => rowOf(detection, options))}</tbody></table>`
}`;
}

/** `(14 high, 11 medium, 3 low)` */
export function severityCounts(detections: readonly PageDetection[]): string {
  const of = (severity: string) => groupedText(detections.filter((each) => each.severity === severity).length);
  return `(${of('high')} high, ${of('medium')} medium, ${of('low')} low)`;
}

/** Boxes that the style sheet reads: they work without a script. The text field needs one, and appears with it. */
function filters(detections: readonly PageDetection[]): Html {
  const hasBoth = detections.some(({ regularity }) => regularity !== null);
  return html`<form class="filters" role="search"><input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder="device, process, address…" aria-label="Filter by device, process, account or address">${(['high', 'medium', 'low'] as const).map((severity) => chip(`f-${severity}`, severity, true))}${chip('f-alone', 'one device only', false)}${hasBoth && html`${chip('f-kql', 'KQL rule', false)}${chip('f-regularity', 'regularity', false)}`}<span class="keys"><kbd>/</kbd> filter <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open</span></form>`;
}

function chip(id: string, label: string, isChecked: boolean): Html {
  return html`<label class="chip"><input type="checkbox" id="${id}"${isChecked && attribute('checked', '')}>${label}</label>`;
}

/** The classes that the filters read. */
export function classesOf(detection: PageDetection): string {
  const { severity, devices, kqlRule, regularity } = detection;
  const alone = (devices ?? regularity?.regularDevices ?? 1) <= 1 ? ' alone' : '';
  return `row ${severity}${alone}${kqlRule === null ? '' : ' kql'}${regularity?.way == null ? '' : ' regularity'}`;
}

function rowOf(detection: PageDetection, { hours, hrefOf, drawingOf }: ListPaneOptions): Html {
  const { DeviceName, RemoteIP, InitiatingProcessFileName, account, severity } = detection;
  const { every, around } = paceTexts(detection);
  const ports = detection.ports.slice(0, 3).join(', ');
  const devices = devicesText(detection);
  const lolbin = lolbinOf(InitiatingProcessFileName);
  return html`<tr class="${classesOf(detection)}"><td class="sev ${severity}">${severity}</td>
<td class="who"><a class="open" href="${hrefOf(detection)}">${processText(detection)}</a>${lolbin !== null && html` <span class="tag" title="${lolbinText(lolbin)}">LOLBin</span>`}${knownTag(detection)}${recordTags(detection)}<small title="${DeviceName}">${shortDevice(DeviceName)}${account !== '' && ` · ${account}`}</small></td>
<td class="where"><span class="address">${RemoteIP === '*' ? 'many addresses' : RemoteIP}</span><small>${ports !== '' && `:${ports}`}${ports !== '' && devices !== '' && ' · '}${RemoteIP !== '*' && devices === 'only this device' ? html`<b>${devices}</b>` : RemoteIP !== '*' && devices}</small></td>
<td class="num">${every}<small>${around}</small></td><td class="hours">${hourStrip(detection, hours, drawingOf(detection))}</td></tr>`;
}

/** What the file of the operator says. */
function knownTag({ known }: PageDetection): Html | null {
  return known && html` <span class="tag plain" title="${known.reason}">${known.list}</span>`;
}

/** `new`, the suppression and the verdict, where there are any. */
function recordTags({ record }: PageDetection): Html | null {
  if (record === null) return null;
  const tags = [
    ...(record.state === 'ongoing' ? [] : [record.state]),
    ...(record.isDecided ? [] : ['undecided']),
    ...(record.suppressedBy === '' ? [] : ['suppressed']),
    ...(record.verdict === null ? [] : [record.verdict]),
  ];
  return html`${tags.map((tag) => html` <span class="tag plain">${tag}</span>`)}`;
}
