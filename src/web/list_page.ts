import type { Hour } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { groupedText } from '../core/text/numbers.ts';
import { pageHref } from './href.ts';
import { attribute, type Html, html } from './html.ts';
import { listPane } from './list_pane.ts';
import type { PageDetection, PageStatus } from './page_data.ts';
import type { ScatterLimits } from './scatter.ts';
import { type Reader, sitePage } from './site_page.ts';

/** The lists that a person chooses from. */
export const LIST_VIEWS = ['open', 'unreviewed', 'suppressed', 'resolved', 'all'] as const;
export type ListView = (typeof LIST_VIEWS)[number];

const TITLES: Readonly<Record<ListView, string>> = {
  open: 'Open beacons',
  unreviewed: 'Open beacons without a verdict',
  suppressed: 'Suppressed beacons',
  resolved: 'Resolved beacons',
  all: 'All beacons',
};

export interface ListPage {
  readonly reader: Reader;
  readonly status: PageStatus;
  /** The end of the newest window; null where there is none. */
  readonly asOf: Timestamp | null;
  readonly hours: readonly Hour[];
  readonly view: ListView;
  /** The search text. */
  readonly search: string;
  /** Most urgent first. */
  readonly detections: readonly PageDetection[];
  /** All that fit; more than are listed where there are too many. */
  readonly total: number;
  readonly limits: ScatterLimits;
  /** Why the search is not answered; '' where it is. */
  readonly fault: string;
}

/** The list of detections with its chart, its views and its search. */
export function listPage(page: ListPage): string {
  const { reader, status, asOf, view, hours, detections, limits, total, fault } = page;
  const rest = total - detections.length;
  const body = html`<section class="pane list" id="list" aria-label="Detections">${listPane(detections, {
    title: TITLES[view],
    hours,
    limits,
    hrefOf: ({ id }) => pageHref('', `detections/${id}`),
    drawingOf: () => ({ kind: 'alone' }),
    views: viewsOf(page),
  })}${rest > 0 && html`<p class="caption">${groupedText(rest)} more are less urgent and not listed: search for a part of them.</p>`}${fault !== '' && html`<p class="fault" role="alert">${fault}</p>`}</section>`;
  return sitePage({ root: '', current: 'detections', title: TITLES[view], status, asOf, reader, body });
}

function viewsOf({ view, search }: ListPage): Html {
  const query = search === '' ? {} : { q: search };
  return html`<div class="views"><nav aria-label="Lists">${LIST_VIEWS.map((name) => html`<a href="${pageHref('', 'detections', { view: name, ...query })}"${name === view && attribute('aria-current', 'page')}${name === view && attribute('data-current', '')}>${name}</a>`)}</nav><form method="get" action="${pageHref('', 'detections')}" class="search"><input type="hidden" name="view" value="${view}"><input type="search" name="q" value="${search}" aria-label="Search all detections" placeholder="process:rundll32* device:wks-* interval:<120" maxlength="500"><button>Search</button></form></div>`;
}
