import type { KeyMatcher } from '../core/detections/key_filter.ts';
import { isInScope } from '../core/records/in_scope.ts';
import { publicAddressOf } from '../core/regularity/public_address.ts';
import { RegularDevices } from '../core/regularity/regular_devices.ts';
import { AddressScorer, type Matched } from '../core/scoring/address_scorer.ts';
import { GroupCutter } from '../core/scoring/group_cutter.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import { PARTITIONS, reportsOf } from '../storage/keys.ts';
import { commonServices } from './common_services.ts';
import { explainGroups } from './explained_groups.ts';
import { type Explanations, type JudgedFleet, processExplanation } from './explanation.ts';
import { groupDetection } from './group_detection.ts';
import { candidatesOf, ruleCandidate, type Scan } from './offline_candidates.ts';
import type { OfflineContext } from './offline_context.ts';
import type { OfflineDetections } from './offline_detection.ts';
import { hourly, type OfflineRow } from './offline_row.ts';
import { addProcess } from './process_detection.ts';
import type { ProcessAddresses, ProcessRows } from './process_rows.ts';
import type { RuleTask } from './rule_task.ts';
import { TimedGroups } from './timed_groups.ts';

/**
 * Applies the detector `regularity`, and the KQL rule beside it, to the rows of all partitions, in two passes: the rule and
 * what the files say of the fleet, then the groups in that context. The rare addresses of a process are summed at the end.
 * Holds one group, the hours of each device, the pairs of process and network, and what matches.
 */
export async function offlineDetections(
  scan: Scan,
  task: RuleTask,
  context: OfflineContext,
  processRows: ProcessRows,
  explain: Explain | null = null,
): Promise<OfflineDetections> {
  const { matched, groups, counted } = await firstPass(scan, task, context);
  const candidates = await candidatesOf(scan, matched, context, processRows);
  // What the rule matches, and `regularity` does not have in scope or in its window.
  for (const each of matched.values()) candidates.push(ruleCandidate(each, context.window));

  const { devices, few, many } = context;
  const regular = new RegularDevices(many + 1);
  for (const { place, measured, key } of candidates) {
    if (place !== null && measured !== null && measured.way !== null) regular.add({ ...key, ...place });
  }
  const judged = candidates.map((each) => {
    const regularDevices = each.place === null ? 0 : regular.of({ ...each.key, ...each.place });
    return { ...each, regularDevices, isCommon: regularDevices > many };
  });
  const shown = judged.filter(({ rule, isCommon }) => rule !== null || !isCommon);
  const detections = new Map(shown.map((each) => [each.groupId, groupDetection(each, task?.rule ?? null, context)]));
  const ownMatches = new Set(judged.filter(({ measured }) => measured?.way != null).map(({ groupId }) => groupId));
  for await (const process of processRows.processes()) addProcess(process, detections, ownMatches, context);
  const explained =
    explain === null
      ? null
      : await explainedBy(explain, scan, task, processRows, { context, detections, regular, ownMatches });

  const common = commonServices(judged.filter(({ measured, isCommon }) => isCommon && measured?.way != null));
  const fleet = { devices, few, many, unit: context.unit, settings: context.settings };
  return { detections: [...detections.values()], common, fleet, groups, counted, explained };
}

/** Which groups to explain; `matcher` null: the detections. */
export interface Explain {
  readonly matcher: KeyMatcher | null;
}

/** Explains groups, and processes that have one of these addresses. */
async function explainedBy(
  { matcher }: Explain,
  scan: Scan,
  task: RuleTask,
  processRows: ProcessRows,
  fleet: JudgedFleet,
): Promise<Pick<Explanations, 'first' | 'total'>> {
  const explanations = await explainGroups(scan, matcher, task, fleet);
  const isWanted = ({ key, addresses, processId }: ProcessAddresses) =>
    matcher === null
      ? fleet.detections.has(processId)
      : matcher.fitsProcess(key) && addresses.some((each) => matcher.fitsRemote(each.key.RemoteIP));
  // Of one rare address the group says it all.
  for await (const process of processRows.processes())
    if (process.addresses.length > 1 && isWanted(process)) explanations.add(processExplanation(process, fleet));
  return explanations;
}

/** The matches of the rule by group, while the context is filled. */
async function firstPass(scan: Scan, task: RuleTask, context: OfflineContext) {
  const matched = new Map<string, Matched>();
  const tally = new GroupTally(task?.window ?? null, context.window);
  for (const partition of PARTITIONS) {
    const timed = new TimedGroups(context.window, context.binSeconds);
    const scorer = task === null ? null : new RulePartition(task.rule, task.window, matched);
    for await (const page of scan(partition)) {
      tally.push(page);
      scorer?.push(context.isHourly ? page : page.map(hourly));
      for (const group of timed.push(page)) context.add(group);
    }
    scorer?.finish();
    for (const group of timed.finish()) context.add(group);
  }
  return { matched, groups: tally.groups, counted: tally.counted };
}

/** The rule over the rows of one partition. */
class RulePartition {
  readonly #cutter: GroupCutter;
  readonly #scorer: AddressScorer;
  readonly #matched: Map<string, Matched>;

  constructor(rule: Rule, window: Window, matched: Map<string, Matched>) {
    this.#cutter = new GroupCutter(window, rule.grain);
    this.#scorer = new AddressScorer(rule);
    this.#matched = matched;
  }

  push(rows: readonly OfflineRow[]): void {
    this.#keep(this.#scorer.push(this.#cutter.push(rows)));
  }

  finish(): void {
    this.#keep(this.#scorer.push(this.#cutter.finish()));
    this.#keep(this.#scorer.finish());
  }

  #keep(addresses: ReturnType<AddressScorer['push']>): void {
    for (const address of addresses) for (const each of address.matched) this.#matched.set(each.group.groupId, each);
  }
}

/** Counts the reports, and the groups that a detector has in scope and in its window. */
class GroupTally {
  readonly #ruleWindow: Window | null;
  readonly #window: Window;
  #last = '';
  groups = 0;
  counted = 0;

  constructor(ruleWindow: Window | null, window: Window) {
    this.#ruleWindow = ruleWindow;
    this.#window = window;
  }

  push(rows: readonly OfflineRow[]): void {
    for (const row of rows) {
      this.counted += reportsOf(row);
      if (row.groupId === this.#last || !this.#isScored(row)) continue;
      this.#last = row.groupId;
      this.groups++;
    }
  }

  #isScored(row: OfflineRow): boolean {
    if (isOfWindow(row, this.#window) && publicAddressOf(row.RemoteIP) !== null) return true;
    return this.#ruleWindow !== null && isOfWindow(hourly(row), this.#ruleWindow) && isInScope(row.RemoteIP);
  }
}
