import { ipRangeOf, ipRangeText } from '../core/detections/ip_range.ts';
import { dangerOf, faultOf, type Suppression, type SuppressionCriteria } from '../core/detections/suppression.ts';
import { MAX_WHO_LENGTH } from '../core/detections/verdict.ts';
import { msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { MAX_NAME_LENGTH, SOURCES } from '../core/records/report.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { SuppressionRow } from '../storage/ports/suppressions.ts';

/** Entries that there may be, expired ones among them: each run reads them all. */
export const MAX_SUPPRESSIONS = 1000;
export const DEFAULT_SUPPRESSION_DAYS = 90;
/** What nobody has looked at for longer is no decision any more. */
export const MAX_SUPPRESSION_DAYS = 366;
export const MAX_REASON_LENGTH = 1000;
const DAY_MS = 86_400_000;

/** What somebody wants not to be told. */
export interface NewSuppression extends SuppressionCriteria {
  readonly owner: string;
  readonly reason: string;
  readonly expires: Timestamp;
}

export type Added =
  | { readonly ok: true; readonly suppression: Suppression }
  /** Why not; `forcible`: unless it is forced. */
  | { readonly ok: false; readonly reason: string; readonly forcible: boolean };

/** Writes a new entry, its remote as one writes it. It hides from the next scoring run on. */
export async function addSuppression(
  stores: Pick<Stores, 'suppressions'>,
  wanted: NewSuppression,
  force: boolean,
  clock: Clock,
  newId: () => string,
): Promise<Added> {
  const now = clock();
  const fault = faultOfNew(wanted, now);
  if (fault !== null) return { ok: false, reason: fault, forcible: false };
  const danger = dangerOf(wanted);
  if (danger !== null && !force) return { ok: false, reason: danger, forcible: true };
  let entries = 0;
  for await (const page of stores.suppressions.list()) entries += page.length;
  if (entries >= MAX_SUPPRESSIONS) {
    const reason = `there are ${entries} entries already, expired ones among them, of at most ${MAX_SUPPRESSIONS}: remove some`;
    return { ok: false, reason, forcible: false };
  }
  const range = ipRangeOf(wanted.remote);
  const { device, process, source, detector, owner, reason, expires } = wanted;
  for (;;) {
    const suppression: Suppression = {
      id: newId(),
      ...{ device, process, remote: range === null ? '' : ipRangeText(range), source, detector },
      ...{ owner, reason, createdAt: timestampFromMs(now), expires },
    };
    if (await stores.suppressions.insert(suppression)) return { ok: true, suppression };
  }
}

function faultOfNew(wanted: NewSuppression, now: number): string | null {
  const lengths: readonly [string, string, number][] = [
    ['device', wanted.device, MAX_NAME_LENGTH],
    ['process', wanted.process, MAX_NAME_LENGTH],
    ['remote', wanted.remote, MAX_NAME_LENGTH],
    ['owner', wanted.owner, MAX_WHO_LENGTH],
    ['reason', wanted.reason, MAX_REASON_LENGTH],
  ];
  const tooLong = lengths.find(([, value, most]) => value.length > most);
  if (tooLong) return `${tooLong[0]} may be at most ${tooLong[2]} characters`;
  if (wanted.owner.trim() === '') return 'an entry must name its owner';
  if (wanted.reason.trim() === '') return 'an entry must name its reason';
  const { source, detector } = wanted;
  if (source !== '' && !SOURCES.some((each) => each === source)) return `source must be one of ${SOURCES.join(', ')}`;
  if (!/^[a-z-]{0,40}$/.test(detector)) return 'detector must be the name of a detector, such as kql-rule';
  const days = (msOf(wanted.expires) - now) / DAY_MS;
  if (days <= 0) return 'an entry must expire in the future';
  if (days > MAX_SUPPRESSION_DAYS)
    return `an entry must expire within ${MAX_SUPPRESSION_DAYS} days: look at it again then`;
  return faultOf(wanted);
}

/** What an entry hid: in the newest run that it hid something in, and since when it has hidden anything. */
export interface SuppressedView {
  /** Live detections. */
  readonly detections: number;
  /** The asOf of the first and of the newest run in which it hid something; null where it never has. */
  readonly since: Timestamp | null;
  readonly last: Timestamp | null;
}

export interface SuppressionView extends Suppression {
  readonly expired: boolean;
  readonly hid: SuppressedView;
}

/** All entries, those that have expired among them, the one that expires first at the front. */
export async function listSuppressions(
  stores: Pick<Stores, 'suppressions'>,
  clock: Clock,
): Promise<readonly SuppressionView[]> {
  const now = timestampFromMs(clock());
  const rows = (await Array.fromAsync(stores.suppressions.list())).flat();
  return rows
    .map((row) => ({ ...row.suppression, expired: row.suppression.expires <= now, hid: hidOf(row) }))
    .sort((a, b) => (a.expires === b.expires ? compare(a.id, b.id) : compare(a.expires, b.expires)));
}

/** Partitions that the newest run has not come to yet, or in which it hid nothing, are of an earlier run, and add nothing. */
function hidOf({ suppressed: hidden }: SuppressionRow): SuppressedView {
  const counts = Object.values(hidden);
  const last = counts.reduce<Timestamp | null>(
    (newest, { asOf }) => (newest === null || asOf > newest ? asOf : newest),
    null,
  );
  const since = counts.reduce<Timestamp | null>(
    (first, each) => (first === null || each.since < first ? each.since : first),
    null,
  );
  const detections = counts.reduce((sum, each) => sum + (each.asOf === last ? each.detections : 0), 0);
  return { detections, since, last };
}

/** Removes the entries that expired before that. */
export async function expireSuppressions(stores: Pick<Stores, 'suppressions'>, before: Timestamp): Promise<void> {
  for await (const page of stores.suppressions.list()) {
    for (const { suppression } of page)
      if (suppression.expires < before) await stores.suppressions.remove(suppression.id);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
