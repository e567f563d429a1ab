import type { Hour } from '../core/kql/bin.ts';
import { msOf } from '../core/kql/timestamp.ts';
import { addressPartOf } from '../core/records/contribution.ts';
import type { GroupKey } from '../core/records/report.ts';
import { type MeasuredGroup, MIN_REPORTS, regularityOf } from '../core/regularity/assessment.ts';
import type { PublicAddress } from '../core/regularity/public_address.ts';
import { HOUR_SECONDS } from '../core/regularity/time_bin.ts';
import { summedPer, type TimedCount } from '../core/regularity/timed_count.ts';
import type { Matched } from '../core/scoring/address_scorer.ts';
import { countsByHour, hoursOf } from '../core/scoring/hours.ts';
import { PrevalenceCounter } from '../core/scoring/prevalence.ts';
import type { Window } from '../core/scoring/window.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { OfflineContext } from './offline_context.ts';
import type { OfflineRow } from './offline_row.ts';
import type { ProcessRows } from './process_rows.ts';
import { type TimedGroup, TimedGroups } from './timed_groups.ts';

export type Scan = (partition: Partition) => AsyncIterable<readonly OfflineRow[]>;

/** A group that a detector matches, before the number of regular devices is known. */
export interface OfflineCandidate {
  readonly groupId: string;
  readonly key: GroupKey;
  /** null: out of scope of `regularity`, or of its window. */
  readonly place: PublicAddress | null;
  readonly firstHour: Hour;
  readonly lastHour: Hour;
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  readonly onlyFailed: boolean;
  readonly connections: number;
  readonly hours: readonly (number | null)[];
  readonly devices: number;
  readonly otherProcesses: readonly string[];
  readonly rule: Matched | null;
  readonly measured: MeasuredGroup | null;
  readonly programHash: string | null;
}

/** Judges each group in its context. Takes the matches of the rule out of `matched`. */
export async function candidatesOf(
  scan: Scan,
  matched: Map<string, Matched>,
  context: OfflineContext,
  processRows: ProcessRows,
): Promise<OfflineCandidate[]> {
  const candidates: OfflineCandidate[] = [];
  for (const partition of PARTITIONS) {
    const timed = new TimedGroups(context.window, context.binSeconds);
    const addresses = new AddressCandidates(candidates);
    const judge = (groups: readonly TimedGroup[]) => {
      for (const group of groups) {
        const measured = measuredOf(group, context);
        const rule = matched.get(group.groupId) ?? null;
        matched.delete(group.groupId);
        const isCandidate = rule !== null || (measured !== null && measured.way !== null);
        addresses.add(
          group,
          isCandidate ? { rule, measured, hours: hourlySums(context.window, group.counts, rule) } : null,
        );
      }
    };
    for await (const page of scan(partition)) {
      judge(timed.push(page));
      await processRows.push(page);
    }
    judge(timed.finish());
    addresses.finish();
  }
  return candidates;
}

/** null where it cannot be measured. */
export function measuredOf(group: TimedGroup, context: OfflineContext): MeasuredGroup | null {
  if (group.counts.length < MIN_REPORTS) return null;
  const assessment = regularityOf(
    group.counts,
    context.onBeside(group),
    context.binSeconds,
    context.settings.thresholds,
  );
  return assessment.measured ? assessment : null;
}

type Judged = Pick<OfflineCandidate, 'rule' | 'measured' | 'hours'>;

/** Collects the candidates of one address until its last group: only then the number of its devices is known. */
class AddressCandidates {
  readonly #candidates: OfflineCandidate[];
  #addressPart = '';
  #open: { readonly group: TimedGroup; readonly judged: Judged }[] = [];
  /** By address: two addresses can share an address part. */
  #prevalence = new Map<string, PrevalenceCounter>();

  constructor(candidates: OfflineCandidate[]) {
    this.#candidates = candidates;
  }

  /** `judged`: null for a group that no detector matches. */
  add(group: TimedGroup, judged: Judged | null): void {
    const addressPart = addressPartOf(group.groupId);
    if (addressPart !== this.#addressPart) this.finish();
    this.#addressPart = addressPart;
    const { RemoteIP } = group.key;
    const prevalence = this.#prevalence.get(RemoteIP) ?? new PrevalenceCounter();
    this.#prevalence.set(RemoteIP, prevalence);
    prevalence.add(group.key);
    if (judged !== null) this.#open.push({ group, judged });
  }

  finish(): void {
    for (const { group, judged } of this.#open) {
      const { groupId, place, firstHour, lastHour, hosts, ports, onlyFailed, counts, programHash } = group;
      const { InitiatingProcessFileName, RemoteIP } = group.key;
      const prevalence = this.#prevalence.get(RemoteIP);
      this.#candidates.push({
        ...{ groupId, key: keyOf(group.key), place, firstHour, lastHour, hosts, ports, onlyFailed, ...judged },
        programHash,
        connections: sumOf(counts),
        devices: prevalence?.devices ?? 1,
        otherProcesses: prevalence?.processesBut(InitiatingProcessFileName) ?? [],
      });
    }
    this.#open = [];
    this.#prevalence = new Map();
  }
}

/** What the rule matches, and `regularity` does not have in scope or in its window. */
export function ruleCandidate(matched: Matched, window: Window): OfflineCandidate {
  const { group, devices, otherProcesses } = matched;
  const { Timestamp, countHours, ConnCounts } = group.series;
  return {
    ...{ groupId: group.groupId, key: keyOf(group.key), place: null, devices, otherProcesses, rule: matched },
    // A series that matches has at least one row.
    firstHour: Timestamp[0] as Hour,
    lastHour: Timestamp.at(-1) as Hour,
    ...{ hosts: [], ports: [], onlyFailed: false, connections: 0, measured: null, programHash: group.programHash },
    hours: countsByHour(window, countHours, ConnCounts).slice(-LAST_HOURS),
  };
}

const LAST_HOURS = 72;

/** The connections of the last 72 clock hours. The rule's series also has hours with reports of no connection. */
export function hourlySums(
  window: Window,
  counts: readonly TimedCount[],
  rule: Matched | null = null,
): (number | null)[] {
  const sums = new Map(summedPer(HOUR_SECONDS, counts).map(({ second, count }) => [second, count]));
  const reported =
    rule === null ? [] : countsByHour(window, rule.group.series.countHours, rule.group.series.ConnCounts);
  return hoursOf(window)
    .map((hour, index) => sums.get(msOf(hour) / 1000) ?? reported[index] ?? null)
    .slice(-LAST_HOURS);
}

function sumOf(counts: readonly TimedCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/** Without the other members of a row. */
function keyOf({ source, DeviceName, InitiatingProcessFileName, RemoteIP }: GroupKey): GroupKey {
  return { source, DeviceName, InitiatingProcessFileName, RemoteIP };
}
