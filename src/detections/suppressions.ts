import { DETECTORS } from '../core/detections/assessments.ts';
import { ipRangeOf, ipRangeText } from '../core/detections/ip_range.ts';
import { programHashIn } from '../core/detections/program_hash.ts';
import { dangerOf, faultOf, type Suppression, type SuppressionCriteria } from '../core/detections/suppression.ts';
import { MAX_WHO_LENGTH } from '../core/detections/verdict.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { MAX_NAME_LENGTH, SOURCES } from '../core/records/report.ts';
import { allOf } from '../storage/all_of.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { SuppressionRow } from '../storage/ports/suppressions.ts';

/** Maximum number of suppressions, expired ones included: each run reads all of them. */
export const MAX_SUPPRESSIONS = 1000;
export const DEFAULT_SUPPRESSION_DAYS = 90;
/** A suppression must be reviewed at least once a year. */
export const MAX_SUPPRESSION_DAYS = 366;
export const MAX_REASON_LENGTH = 1000;

/** A suppression that a person asks for. */
export interface NewSuppression extends SuppressionCriteria {
  readonly owner: string;
  readonly reason: string;
  readonly expires: Timestamp;
}

export type Added =
  | { readonly ok: true; readonly suppression: Suppression }
  /** Why it was refused; `forcible`: `force` adds it all the same. */
  | { readonly ok: false; readonly reason: string; readonly forcible: boolean };

/** Writes a new suppression, with `remote` and `hash` in canonical form. It applies from the next scoring run on. */
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
    const reason = `there are ${entries} suppressions, expired ones included (maximum ${MAX_SUPPRESSIONS}): remove some`;
    return { ok: false, reason, forcible: false };
  }
  const range = ipRangeOf(wanted.remote);
  const { device, process, source, detector, owner, reason, expires } = wanted;
  const hash = programHashIn(wanted.hash) ?? '';
  return await retryOnConflict('suppression', async () => {
    const suppression: Suppression = {
      id: newId(),
      ...{ device, process, remote: range === null ? '' : ipRangeText(range), hash, source, detector },
      ...{ owner, reason, createdAt: timestampFromMs(now), expires },
    };
    return (await stores.suppressions.insert(suppression)) ? { ok: true, suppression } : CONFLICT;
  });
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
  if (tooLong) return `${tooLong[0]} must be at most ${tooLong[2]} characters`;
  if (wanted.owner.trim() === '') return 'owner must not be empty';
  if (wanted.reason.trim() === '') return 'reason must not be empty';
  const { source, detector } = wanted;
  if (source !== '' && !SOURCES.some((each) => each === source)) return `source must be one of ${SOURCES.join(', ')}`;
  if (detector !== '' && !DETECTORS.some((each) => each === detector))
    return `detector must be one of ${DETECTORS.join(', ')}`;
  const days = (msOf(wanted.expires) - now) / DAY_MS;
  if (days <= 0) return 'a suppression must expire in the future';
  if (days > MAX_SUPPRESSION_DAYS)
    return `a suppression must expire within ${MAX_SUPPRESSION_DAYS} days: review it and renew it then`;
  return faultOf(wanted);
}

/** How many detections a suppression applied to in its newest run with a hit, and since when it has hits. */
export interface SuppressionHits {
  /** Active detections. */
  readonly detections: number;
  /** The asOf of the first and of the newest run with a hit; null where there was none. */
  readonly since: Timestamp | null;
  readonly last: Timestamp | null;
}

export interface SuppressionView extends Suppression {
  readonly expired: boolean;
  readonly hits: SuppressionHits;
}

/** All suppressions, expired ones included, in order of expiry. */
export async function listSuppressions(
  stores: Pick<Stores, 'suppressions'>,
  clock: Clock,
): Promise<readonly SuppressionView[]> {
  const now = timestampFromMs(clock());
  const rows = (await allOf(stores.suppressions.list())).flat();
  return rows
    .map((row) => ({ ...row.suppression, expired: row.suppression.expires <= now, hits: hitsOf(row) }))
    .sort((a, b) => (a.expires === b.expires ? compare(a.id, b.id) : compare(a.expires, b.expires)));
}

/** A partition whose last hit is of an earlier run adds nothing: the newest run has not reached it, or had no hit there. */
function hitsOf({ suppressed }: SuppressionRow): SuppressionHits {
  const counts = Object.values(suppressed);
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

/** Removes the suppressions that expired before that time. */
export async function expireSuppressions(stores: Pick<Stores, 'suppressions'>, before: Timestamp): Promise<void> {
  for await (const page of stores.suppressions.list()) {
    for (const { suppression } of page)
      if (suppression.expires < before) await stores.suppressions.remove(suppression.id);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
