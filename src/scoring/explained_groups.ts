import type { KeyMatcher } from '../core/detections/key_filter.ts';
import { GroupCutter } from '../core/scoring/group_cutter.ts';
import { PARTITIONS } from '../storage/keys.ts';
import { Explanations, groupExplanation, type JudgedFleet } from './explanation.ts';
import type { Scan } from './offline_candidates.ts';
import { hourly, type OfflineRow } from './offline_row.ts';
import type { RuleTask } from './rule_task.ts';
import { TimedGroups } from './timed_groups.ts';

/** Explains the groups that a filter fits, or the detections where there is none. One more pass; it holds one group. */
export async function explainGroups(
  scan: Scan,
  matcher: KeyMatcher | null,
  task: RuleTask,
  fleet: JudgedFleet,
): Promise<Explanations> {
  const explanations = new Explanations();
  const isWanted = (row: OfflineRow) =>
    matcher === null ? fleet.detections.has(row.groupId) : matcher.fitsProcess(row) && matcher.fitsRemote(row.RemoteIP);
  for (const partition of PARTITIONS) {
    const open = new OpenGroup(task, fleet, explanations);
    for await (const page of scan(partition)) for (const row of page) open.push(row, isWanted);
    open.finish();
  }
  return explanations;
}

/** The group whose rows are read, for both detectors. */
class OpenGroup {
  readonly #task: RuleTask;
  readonly #fleet: JudgedFleet;
  readonly #explanations: Explanations;
  readonly #timed: TimedGroups;
  readonly #cutter: GroupCutter | null;
  #groupId = '';
  #isWanted = false;

  constructor(task: RuleTask, fleet: JudgedFleet, explanations: Explanations) {
    this.#task = task;
    this.#fleet = fleet;
    this.#explanations = explanations;
    this.#timed = new TimedGroups(fleet.context.window, fleet.context.binSeconds);
    this.#cutter = task === null ? null : new GroupCutter(task.window, task.rule.grain);
  }

  push(row: OfflineRow, isWanted: (row: OfflineRow) => boolean): void {
    if (row.groupId !== this.#groupId) {
      this.finish();
      this.#groupId = row.groupId;
      this.#isWanted = isWanted(row);
    }
    if (!this.#isWanted) return;
    this.#timed.push([row]);
    this.#cutter?.push([this.#fleet.context.isHourly ? row : hourly(row)]);
  }

  finish(): void {
    const [timed] = this.#timed.finish();
    const [group] = this.#cutter?.finish() ?? [];
    if (timed !== undefined || group !== undefined)
      this.#explanations.add(groupExplanation(timed, group, this.#task?.rule ?? null, this.#fleet));
  }
}
