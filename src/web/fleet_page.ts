import { ACTIVITY_DAYS } from '../core/detections/activity.ts';
import { bin, type Hour } from '../core/kql/bin.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { fleetPane } from './fleet_pane.ts';
import { pageHref } from './href.ts';
import { attribute, type Html, html } from './html.ts';
import type { PageDetection, PageStatus } from './page_data.ts';
import { type Reader, sitePage } from './site_page.ts';
import type { CellUnit } from './strip.ts';

export interface FleetPage {
  readonly reader: Reader;
  readonly status: PageStatus;
  readonly asOf: Timestamp | null;
  readonly hours: readonly Hour[];
  /** The cells: 72 hours or 30 days. Both stand in the row of a detection. */
  readonly unit: CellUnit;
  readonly detections: readonly PageDetection[];
}

/** All open detections on one time axis. */
export function fleetPage({ reader, status, asOf, hours, unit, detections }: FleetPage): string {
  const isByDay = unit === 'day' && asOf !== null;
  const body = html`<section class="pane page" id="fleet" aria-label="Fleet">${fleetPane(
    isByDay ? detections.map(byDay) : detections,
    {
      unit,
      hours: isByDay ? daysTo(asOf) : hours,
      hrefOf: ({ id }) => pageHref('', `detections/${id}`),
      drawingOf: () => ({ kind: 'alone' }),
      views: viewsOf(unit),
    },
  )}</section>`;
  return sitePage({ root: '', current: 'fleet', title: 'Fleet', status, asOf, reader, body });
}

const AXES = [
  { unit: 'hour', text: '72 hours' },
  { unit: 'day', text: '30 days' },
] as const;

function viewsOf(current: CellUnit): Html {
  return html`<div class="views"><nav aria-label="Time">${AXES.map(({ unit, text }) => html`<a href="${pageHref('', 'fleet', { by: unit })}"${unit === current && attribute('aria-current', 'page')}${unit === current && attribute('data-current', '')}>${text}</a>`)}</nav></div>`;
}

/** The days in the place of the hours. The KQL rule expects something of hours alone. */
function byDay({ days, kqlRule, ...detection }: PageDetection): PageDetection {
  return { ...detection, days, hours: days, kqlRule: kqlRule && { ...kqlRule, points: [] } };
}

/** The beginnings of the days up to that of the last hour. */
function daysTo(asOf: Timestamp): Hour[] {
  const last = Math.floor((msOf(asOf) - 1) / DAY_MS) - ACTIVITY_DAYS + 1;
  return Array.from({ length: ACTIVITY_DAYS }, (_, index) => bin(timestampFromMs((last + index) * DAY_MS), '1h'));
}
