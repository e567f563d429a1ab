import type { RuleSummary } from '../core/detections/assessments.ts';
import type { Detection } from '../core/detections/detection.ts';
import { findingOf } from '../core/detections/finding.ts';
import { byAverage } from '../core/detections/order.ts';
import { type FleetLimits, ruleMatchOf, UNKNOWN_FLEET } from '../core/detections/severity.ts';
import type { Hour } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Counted } from '../core/records/contribution.ts';
import type { GroupKey } from '../core/records/report.ts';
import type { Matched } from '../core/scoring/address_scorer.ts';
import { type Group, GroupCutter } from '../core/scoring/group_cutter.ts';
import { kqlRule, type NoMatch } from '../core/scoring/kql_rule.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { type Window, windowOf } from '../core/scoring/window.ts';
import { PARTITIONS, partitionOf } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { readContext } from './context/fleet_context.ts';
import { type Gap, gapText, lostDays, windowRows } from './count_files/window_rows.ts';
import { DetectionCursor } from './detection_cursor.ts';
import { scoreGroups } from './score_groups.ts';
import { newestHour, oldestHour } from './stored_span.ts';
import { WindowError } from './window_end.ts';

/** The matches of a rule in a stored window, compared with the detections that are active at present. */
export interface WhatIf {
  readonly window: Window;
  readonly groups: number;
  readonly rows: number;
  /** Groups that match. */
  readonly detections: number;
  /** Matches whose detection is active already. */
  readonly kept: number;
  /** Matches without an active detection; at most `MAX_NAMED`, those with the highest averages. */
  readonly added: readonly RuleMatch[];
  readonly addedInAll: number;
  /** Active detections that would not match; likewise. */
  readonly gone: readonly Dropped[];
  readonly goneInAll: number;
  /** Days of the window that a partition has no counts of any more, as sentences. */
  readonly gaps: readonly string[];
  /** The oldest hour with a stored row of any group: a window that begins earlier is incomplete. */
  readonly oldest: Hour;
}

/**
 * A match of the KQL rule: what its assessment and its group say. Its severity is that of its detection; of an added one that of
 * the rule's own signs, since what the decision adds shows only in the runs.
 */
export type RuleMatch = Pick<
  Detection,
  keyof GroupKey | 'groupId' | 'devices' | 'otherProcesses' | 'severity' | 'severityReason' | 'technique'
> &
  RuleSummary;

/** An active detection that the rule would not find, as its row stands, and why. */
export interface Dropped {
  readonly detection: RuleMatch;
  readonly reason: NoMatch['reason'] | 'no-reports';
}

export const MAX_NAMED = 1000;

/**
 * Scores a stored window by a rule of the caller's choice, and compares it with the active detections. Reads only. Holds
 * as much as a scoring run, and at most twice `MAX_NAMED` matches and detections of either kind. Throws a WindowError
 * where nothing of the window is stored.
 */
export async function whatIf(stores: WhatIfStores, rule: Rule, asOf: Timestamp): Promise<WhatIf> {
  const window = windowOf(asOf, rule.lookbackDays);
  // Without a context nothing is known of the fleet.
  const { context } = await readContext(stores.context, asOf);
  const comparison = new Comparison(stores, rule, window, context ?? UNKNOWN_FLEET);
  for (const partition of PARTITIONS) await comparison.take(partition);
  return { window, ...(await comparison.end()) };
}

type WhatIfStores = Pick<Stores, 'hourlyCounts' | 'countFiles' | 'detections' | 'runs' | 'context'>;

class Comparison {
  readonly #stores: WhatIfStores;
  readonly #gaps: Gap[] = [];
  readonly #rule: Rule;
  readonly #window: Window;
  readonly #limits: FleetLimits;
  readonly #tally = { groups: 0, rows: 0, detections: 0, kept: 0, addedInAll: 0, goneInAll: 0 };
  #added: RuleMatch[] = [];
  #gone: RuleMatch[] = [];

  constructor(stores: WhatIfStores, rule: Rule, window: Window, limits: FleetLimits) {
    this.#limits = limits;
    this.#stores = stores;
    this.#rule = rule;
    this.#window = window;
  }

  async take(partition: Partition): Promise<void> {
    const cursor = new DetectionCursor(this.#stores.detections.scan(partition));
    const pages = this.#rowsOf(partition);
    for await (const { rows, addresses } of scoreGroups(pages, this.#rule, this.#window)) {
      this.#tally.rows += rows.length;
      for (const { groups, matched } of addresses) {
        this.#tally.groups += groups;
        for (const each of matched) await this.#match(each, cursor);
      }
    }
    for await (const { row } of cursor.before()) this.#miss(row.detection);
  }

  async end() {
    // Of each partition once: the dropped ones are read again.
    const gaps = (await lostDays(this.#gaps, this.#stores.runs)).map(gapText);
    const oldest = await oldestHour(this.#stores);
    if (oldest === null || this.#tally.groups === 0) {
      const newest = await newestHour(this.#stores);
      const stored =
        newest === null ? 'no rows are stored' : `rows are stored of the hours from ${oldest} to ${newest}`;
      throw new WindowError(
        `no rows are stored for the window from ${this.#window.after} to ${this.#window.asOf}: ${stored}`,
        newest ?? '',
      );
    }
    const named = this.#gone.sort(byAverage).slice(0, MAX_NAMED);
    const reasons = await this.#droppedReasons(named.map(({ groupId }) => groupId));
    const gone: Dropped[] = named.map((detection) => ({
      detection,
      reason: reasons.get(detection.groupId) ?? 'no-reports',
    }));
    return { ...this.#tally, gaps, oldest, added: this.#added.sort(byAverage).slice(0, MAX_NAMED), gone };
  }

  async #match(match: Matched, cursor: DetectionCursor): Promise<void> {
    const finding = findingOf(match, this.#rule, null, this.#window.asOf);
    const id = finding.groupId;
    for await (const { row } of cursor.before(id)) this.#miss(row.detection);
    this.#tally.detections++;
    const present = await cursor.at(id);
    if (present !== null && present.row.detection.state !== 'resolved') {
      this.#tally.kept++;
      return;
    }
    this.#tally.addedInAll++;
    const severity = ruleMatchOf(finding, this.#limits, false);
    const proposed = severity && summaryOf({ ...finding, ...severity });
    if (proposed !== null) this.#added = bounded(this.#added, proposed);
  }

  #miss(detection: Detection): void {
    const { state } = detection;
    const match = summaryOf(detection);
    if (state === 'resolved' || match === null) return;
    // The other detector, or the wait before it resolves, keeps it active after the rule's last match.
    if (match.lastMatched < this.#window.after) return;
    this.#tally.goneInAll++;
    this.#gone = bounded(this.#gone, match);
  }

  /** Writes nothing: what the files lack is read from the table. */
  #rowsOf(partition: Partition): AsyncIterable<readonly Counted[]> {
    const source = { mode: 'overlay', endedBefore: 0, onGap: (gap: Gap) => void this.#gaps.push(gap) } as const;
    return windowRows(this.#stores, partition, this.#window, source);
  }

  /** Why the rule does not match groups that have reports: their partitions are read again. */
  async #droppedReasons(groupIds: readonly string[]): Promise<ReadonlyMap<string, NoMatch['reason']>> {
    const reasons = new Map<string, NoMatch['reason']>();
    for (const [partition, ids] of Map.groupBy(groupIds, partitionOf)) {
      const asked = new Set(ids);
      const cutter = new GroupCutter(this.#window, this.#rule.grain);
      const take = (groups: readonly Group[]) => {
        for (const { groupId, series } of groups) {
          const assessment = kqlRule(series, this.#rule);
          if (!assessment.match) reasons.set(groupId, assessment.reason);
        }
      };
      for await (const rows of this.#rowsOf(partition)) {
        take(cutter.push(rows.filter(({ groupId }) => asked.has(groupId))));
      }
      take(cutter.finish());
    }
    return reasons;
  }
}

/** null where the KQL rule has not matched. */
function summaryOf(one: Omit<RuleMatch, keyof RuleSummary> & Pick<Detection, 'assessments'>): RuleMatch | null {
  const rule = one.assessments['kql-rule'];
  if (rule === null) return null;
  const { evidence: _evidence, ...numbers } = rule;
  const { groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP } = one;
  const { devices, otherProcesses, severity, severityReason, technique } = one;
  return {
    ...{ groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP, devices, otherProcesses },
    ...{ severity, severityReason, technique, ...numbers },
  };
}

/** Adds a row; above twice `MAX_NAMED` rows keeps those with the highest averages. */
function bounded(rows: RuleMatch[], row: RuleMatch): RuleMatch[] {
  rows.push(row);
  return rows.length <= 2 * MAX_NAMED ? rows : rows.sort(byAverage).slice(0, MAX_NAMED);
}
