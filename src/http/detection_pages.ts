import { ACTIVITY_HOURS } from '../core/detections/activity.ts';
import { DAY_MS, HOUR_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../core/kql/timestamp.ts';
import { hoursOf } from '../core/scoring/hours.ts';
import { windowOf } from '../core/scoring/window.ts';
import { groupedText } from '../core/text/numbers.ts';
import { readDetectionQuery } from '../detections/detection_query.ts';
import { faultsText } from '../detections/input_faults.ts';
import { type DetectionPage, QueryRefused, type SummaryView } from '../detections/query_detections.ts';
import { readSearch } from '../detections/search_text.ts';
import { detectionPage } from '../web/detection_page.ts';
import { fleetPage } from '../web/fleet_page.ts';
import { type ListView, listPage } from '../web/list_page.ts';
import { neighbourIndex } from '../web/neighbours.ts';
import type { PageDetection, PageStatus } from '../web/page_data.ts';
import type { Reader } from '../web/site_page.ts';
import { byUrgency } from '../web/urgency.ts';
import type { HttpAnswer } from './answers.ts';
import { type PageRequest, type PagesApp, page } from './page_answers.ts';
import { FLEET_QUERY, LIST_QUERY, pageQueryOf } from './page_query.ts';
import { type PageSpan, pageDetail, pageSummary } from './stored_page.ts';

type ListApp = Pick<PagesApp, 'config' | 'now' | 'listDetections'>;

/** The rows of a page: more would be no list that a person reads. The most urgent are kept. */
const MOST_LISTED = 1000;

const PARAMETERS: Readonly<Record<ListView, Readonly<Record<string, string>>>> = {
  open: { state: 'active', suppressed: 'false' },
  unreviewed: { state: 'active', suppressed: 'false', verdict: 'none' },
  suppressed: { state: 'active', suppressed: 'true' },
  resolved: { state: 'resolved' },
  all: {},
};

/** The list. It is one query of the table Detections, and reads nothing else. */
export async function listResponse(app: ListApp, request: PageRequest, reader: Reader): Promise<HttpAnswer> {
  const { view, q: search } = pageQueryOf(LIST_QUERY, request);
  const { found, fault } = await foundBy(app, view, search);
  const { span, detections } = pagesOf(app, found.detections);
  const total = found.total ?? detections.length;
  const limits = { minAverage: app.config.rule.minAverage, minScore: app.config.detection.thresholds.match };
  const status = statusOf(app, total, span);
  return page(
    fault === '' ? 200 : 400,
    listPage({ ...{ reader, status, view, search, detections, total, limits, fault }, ...shownSpan(span) }),
  );
}

/** The strips of all open detections, by hour or by day: the same query. */
export async function fleetResponse(app: ListApp, request: PageRequest, reader: Reader): Promise<HttpAnswer> {
  const { by: unit } = pageQueryOf(FLEET_QUERY, request);
  const { found } = await foundBy(app, 'open', '');
  const { span, detections } = pagesOf(app, found.detections);
  const status = statusOf(app, found.total ?? detections.length, span);
  return page(200, fleetPage({ ...{ reader, status, unit, detections }, ...shownSpan(span) }));
}

/** One detection: its row, its newest reports, and the same query for its neighbours; null for an unknown id. */
export async function detectionResponse(
  app: ListApp & Pick<PagesApp, 'getDetection' | 'ownerOf'>,
  id: string,
  reader: Reader,
): Promise<HttpAnswer | null> {
  const detail = await app.getDetection(id);
  if (detail === null) return null;
  // A resolved one is shown as it was.
  const span = spanTo(app, detail.lastMatched);
  const open = await openDetections(app);
  const others = open.map((each) => pageSummary(each, span, app.config.rule)).sort(byUrgency);
  const at = others.findIndex((each) => each.id === id);
  const detection = pageDetail(detail, await app.ownerOf(detail.RemoteIP), span);
  return page(
    200,
    detectionPage({
      ...{ reader, detection, ...span },
      status: { isHealthy: null, title: detail.state, parts: [], notes: [] },
      neighbours: neighbourIndex(others)(detection),
      previous: others[at - 1] ?? null,
      next: at < 0 ? null : (others[at + 1] ?? null),
    }),
  );
}

/** None where there are too many to sort: the detection itself is shown all the same. */
async function openDetections(app: ListApp): Promise<readonly SummaryView[]> {
  try {
    return (await foundBy(app, 'open', '')).found.detections;
  } catch (error) {
    if (error instanceof QueryRefused) return [];
    throw error;
  }
}

const NOTHING: DetectionPage = { detections: [], total: 0, next: null };

async function foundBy(app: ListApp, view: ListView, search: string): Promise<{ found: DetectionPage; fault: string }> {
  const asked = readSearch(search);
  if (!asked.ok) return { found: NOTHING, fault: faultsText(asked.faults) };
  const read = readDetectionQuery({
    ...PARAMETERS[view],
    ...asked.parameters,
    sort: 'severity',
    limit: String(MOST_LISTED),
  });
  if (!read.ok) return { found: NOTHING, fault: faultsText(read.faults) };
  const query = { ...read.query, filter: { ...read.query.filter, numbers: asked.numbers } };
  return { found: await app.listDetections(query), fault: '' };
}

/** The rows on one time axis, which ends with the newest run. */
function pagesOf(app: ListApp, rows: readonly SummaryView[]): { span: PageSpan | null; detections: PageDetection[] } {
  const newest = rows.reduce<Timestamp | null>((last, { asOf }) => (last === null || asOf > last ? asOf : last), null);
  if (newest === null) return { span: null, detections: [] };
  const span = spanTo(app, newest);
  return { span, detections: rows.map((row) => pageSummary(row, span, app.config.rule)).sort(byUrgency) };
}

function spanTo({ config }: ListApp, asOf: Timestamp): PageSpan {
  const days = (ACTIVITY_HOURS * HOUR_MS) / DAY_MS;
  return { asOf, hours: hoursOf(windowOf(asOf, days)).slice(-ACTIVITY_HOURS), thresholds: config.detection.thresholds };
}

function shownSpan(span: PageSpan | null) {
  return span ?? { asOf: null, hours: [] };
}

/** A run per hour is usual; the hour itself, its delivery and the run take up to two. */
const LATE_MS = 3 * HOUR_MS;

function statusOf({ now }: ListApp, total: number, span: PageSpan | null): PageStatus {
  const title = `${groupedText(total)} listed`;
  if (span === null) return { isHealthy: null, title, parts: ['no run has found any'], notes: [] };
  const lateMs = now() - msOf(span.asOf);
  const late = `no newer run for ${groupedText(Math.floor(lateMs / HOUR_MS))} hours: see Health`;
  return lateMs < LATE_MS
    ? { isHealthy: true, title: `runs are on time · ${title}`, parts: [], notes: [] }
    : { isHealthy: false, title, parts: [late], notes: [] };
}
