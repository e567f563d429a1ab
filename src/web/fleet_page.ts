import type { Hour } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { fleetPane } from './fleet_pane.ts';
import { pageHref } from './href.ts';
import { html } from './html.ts';
import type { PageDetection, PageStatus } from './page_data.ts';
import { type Reader, sitePage } from './site_page.ts';

export interface FleetPage {
  readonly reader: Reader;
  readonly status: PageStatus;
  readonly asOf: Timestamp | null;
  readonly hours: readonly Hour[];
  readonly detections: readonly PageDetection[];
}

/** All open detections on one time axis. */
export function fleetPage({ reader, status, asOf, hours, detections }: FleetPage): string {
  const body = html`<section class="pane page" id="fleet" aria-label="Fleet">${fleetPane(detections, {
    hours,
    hrefOf: ({ id }) => pageHref('', `detections/${id}`),
    drawingOf: () => ({ kind: 'alone' }),
  })}</section>`;
  return sitePage({ root: '', current: 'fleet', title: 'Fleet', status, asOf, reader, body });
}
