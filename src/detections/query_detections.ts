import type { Detector } from '../core/detections/assessments.ts';
import type { Detection, DetectionSummary, Severity } from '../core/detections/detection.ts';
import { type IpRange, ipAddressOf, ipRangeMatcher } from '../core/detections/ip_range.ts';
import { compareSortKeys, type Sort, type SortKey, sortKeyOf } from '../core/detections/sort_key.ts';
import { candidateOf, criteriaMatcher, type SuppressionCriteria } from '../core/detections/suppression.ts';
import type { VerdictValue } from '../core/detections/verdict.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { type Window, windowOf } from '../core/scoring/window.ts';
import { groupedText } from '../core/text/numbers.ts';
import type { DetectionRowFilter, RowPosition, SummaryRow } from '../storage/ports/detections.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { type NotificationView, notificationViewOf } from './detection_view.ts';
import { fitsNumbers, type NumberTest } from './search_text.ts';

/** A detection in a list. */
export interface SummaryView extends DetectionSummary, NotificationView {
  readonly id: string;
}

/** Selects the detections that fit every given member. Names are not case-sensitive; `*` is any text. */
export interface DetectionFilter {
  /** `active`: new or ongoing. */
  readonly state?: Detection['state'] | 'active' | undefined;
  readonly device?: string | undefined;
  readonly process?: string | undefined;
  readonly remote?: IpRange | undefined;
  readonly severity?: Severity | undefined;
  readonly source?: string | undefined;
  /** It has matched in this episode. */
  readonly detector?: Detector | undefined;
  readonly suppressed?: boolean | undefined;
  /** The last verdict; `none` for no verdict. */
  readonly verdict?: VerdictValue | 'none' | undefined;
  /** Last match at or after this instant. */
  readonly since?: Timestamp | undefined;
  readonly numbers?: readonly NumberTest[] | undefined;
}

/** Where a page begins in key order; the filter must stay the same. */
export interface KeyQuery {
  readonly filter: DetectionFilter;
  readonly sort: 'key';
  /** Detections per page, at most 1,000. */
  readonly limit: number;
  /** The start of the page in the store; null for the first page. */
  readonly after: RowPosition | null;
}

export interface SortedQuery {
  readonly filter: DetectionFilter;
  readonly sort: Sort;
  /** Detections per page. */
  readonly limit: number;
  /** Only detections after this key; null for the first page. */
  readonly after: SortKey | null;
}

export type DetectionQuery = KeyQuery | SortedQuery;

export interface DetectionPage {
  readonly detections: readonly SummaryView[];
  /** Detections that fit, on all pages; null where this page does not show it. */
  readonly total: number | null;
  /** The query of the next page; null on the last. */
  readonly next: DetectionQuery | null;
}

/** A list that is not answered. The message says what to change, and names no text of the telemetry. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
}

/** Requests of one page in key order. A page has fewer rows where they find no more. */
const PAGE_REQUESTS = 3;
/** The most detections that an API request sorts: about 11 requests and one second of the service. */
export const MAX_SORTED = 10_000;

/**
 * A page of the detections that fit the filter. Throws a QueryRefused.
 *
 * In key order, a page costs at most three requests, each for the rows that the page still lacks. It can have fewer
 * detections than `limit`, even none, and still not be the last.
 *
 * In another order, each page reads all rows that the store selects, and holds at most twice the page. It refuses more than
 * `maxSorted` detections that fit. A detection whose sort key changes between two pages may be listed twice, or not at all.
 */
export async function listDetections(
  stores: Pick<Stores, 'detections'>,
  sinks: readonly string[],
  query: DetectionQuery,
  maxSorted = MAX_SORTED,
): Promise<DetectionPage> {
  return query.sort === 'key' ? await keyPage(stores, sinks, query) : await sortedPage(stores, sinks, query, maxSorted);
}

async function keyPage(
  { detections }: Pick<Stores, 'detections'>,
  sinks: readonly string[],
  query: KeyQuery,
): Promise<DetectionPage> {
  const { filter, limit, after } = query;
  const fits = filterMatcher(filter);
  const wanted = rowFilterOf(filter);
  const found: SummaryRow[] = [];
  let position = after;
  for (let request = 0; request < PAGE_REQUESTS && found.length < limit; request++) {
    // Never more rows than the page lacks: a page ends where the store can go on.
    const page = await detections.summaryPage(wanted, sinks, limit - found.length, position);
    if (page === null) throw new QueryRefused('continuation must be the continuation of the previous page');
    for (const row of page.rows) if (fits(row)) found.push(row);
    position = page.next;
    if (position === null) break;
  }
  const isWhole = after === null && position === null;
  const next = position && { ...query, after: position };
  return { detections: found.map(viewOf), total: isWhole ? found.length : null, next };
}

async function sortedPage(
  stores: Pick<Stores, 'detections'>,
  sinks: readonly string[],
  query: SortedQuery,
  maxSorted: number,
): Promise<DetectionPage> {
  const { filter, sort, limit, after } = query;
  const rows = stores.detections.summaries(rowFilterOf(filter), sinks);
  const { first, total } = await firstOf(rows, filterMatcher(filter), { sort, limit: limit + 1, after, maxSorted });
  const page = first.slice(0, limit);
  const last = page.at(-1);
  const next = first.length > limit && last ? { ...query, after: sortKeyOf(last.detection, sort) } : null;
  return { detections: page.map(viewOf), total, next };
}

interface Cut {
  readonly sort: Sort;
  readonly limit: number;
  readonly after: SortKey | null;
  /** More rows that fit are refused. */
  readonly maxSorted: number;
}

/** The first `limit` rows that fit, in order, and the number of all that fit. Holds at most twice as many. */
async function firstOf(
  pages: AsyncIterable<readonly SummaryRow[]>,
  fits: (row: SummaryRow) => boolean,
  { sort, limit, after, maxSorted }: Cut,
): Promise<{ first: SummaryRow[]; total: number }> {
  let total = 0;
  let kept: { row: SummaryRow; key: SortKey }[] = [];
  const cut = () => {
    kept = kept.sort((a, b) => compareSortKeys(a.key, b.key)).slice(0, limit);
  };
  for await (const page of pages) {
    for (const row of page) {
      if (!fits(row)) continue;
      total++;
      if (total > maxSorted) throw new QueryRefused(tooMany(sort, maxSorted));
      const key = sortKeyOf(row.detection, sort);
      if (after !== null && compareSortKeys(key, after) <= 0) continue;
      kept.push({ row, key });
      if (kept.length >= 2 * limit) cut();
    }
  }
  cut();
  return { first: kept.map(({ row }) => row), total };
}

function tooMany(sort: Sort, maxSorted: number): string {
  return `sort=${sort} sorts at most ${groupedText(maxSorted)} detections, and more fit the filter: narrow it, or use sort=key`;
}

/** The part of a filter that the store compares. Names and addresses have several spellings, and `none` is no value. */
function rowFilterOf({ state, severity, source, suppressed, verdict, since }: DetectionFilter): DetectionRowFilter {
  return {
    ...(state !== undefined && { state }),
    ...(severity !== undefined && { severity }),
    ...(source !== undefined && { source }),
    ...(suppressed !== undefined && { suppressed }),
    ...(verdict !== undefined && verdict !== 'none' && { verdict }),
    ...(since !== undefined && { since }),
  };
}

/** Compiles the part of a filter that the store does not compare. */
function filterMatcher({
  device = '',
  process = '',
  remote,
  detector,
  verdict,
  numbers = [],
}: DetectionFilter): (row: SummaryRow) => boolean {
  const hasNames = device !== '' || process !== '';
  const names = criteriaMatcher({ device, process, remote: '', hash: '', source: '', detector: '' });
  const range = remote && ipRangeMatcher(remote);
  return (row) =>
    (!hasNames || names(candidateOf(row.detection))) &&
    (range === undefined || range(ipAddressOf(row.detection.RemoteIP))) &&
    (detector === undefined || row.detection.assessments[detector] !== null) &&
    (verdict !== 'none' || row.verdict === null) &&
    fitsNumbers(numbers, row.detection);
}

/** The detections that a suppression would have applied to in the last window. */
export interface SuppressionTest {
  /** The window of the newest run that wrote a detection; null where there is none. */
  readonly window: Window | null;
  /** Detections that fit and matched within the window, active or resolved. */
  readonly total: number;
  /** Those with the highest averages. */
  readonly detections: readonly SummaryView[];
}

const MAX_TESTED = 1000;

/** Finds the detections that a suppression would have applied to, whether or not another one did. Writes nothing. */
export async function testSuppression(
  stores: Pick<Stores, 'detections'>,
  criteria: SuppressionCriteria,
  lookbackDays: number,
): Promise<SuppressionTest> {
  let newest: Timestamp | '' = '';
  for await (const page of stores.detections.summaries({}, [])) {
    for (const { detection } of page) if (detection.asOf > newest) newest = detection.asOf;
  }
  if (newest === '') return { window: null, total: 0, detections: [] };
  const window = windowOf(newest, lookbackDays);
  const fits = criteriaMatcher(criteria);
  const { first, total } = await firstOf(
    stores.detections.summaries({}, []),
    ({ detection }) => detection.lastMatched > window.after && fits(candidateOf(detection)),
    { sort: 'average', limit: MAX_TESTED, after: null, maxSorted: Number.POSITIVE_INFINITY },
  );
  return { window, total, detections: first.map(viewOf) };
}

/** The ids that begin with `start`, the first `most` of them. */
export async function idsBeginningWith(
  stores: Pick<Stores, 'detections'>,
  start: string,
  most: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const page of stores.detections.summaries({}, [])) {
    ids.push(...page.map(({ detection }) => detection.groupId).filter((id) => id.startsWith(start)));
    if (ids.length >= most) break;
  }
  return ids.slice(0, most);
}

function viewOf(row: SummaryRow): SummaryView {
  return { id: row.detection.groupId, ...row.detection, ...notificationViewOf(row) };
}
