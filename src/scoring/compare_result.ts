import { bin, type Hour } from '../core/kql/bin.ts';
import { addMs } from '../core/kql/timestamp.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { isInScope } from '../core/records/in_scope.ts';
import type { GroupKey, Source } from '../core/records/report.ts';
import { isRaw } from '../core/records/report.ts';
import {
  type AnswerRow,
  bestSettings,
  type Comparison,
  EDGE_MS,
  type Explanation,
  explain,
  hasSameNumbers,
  numbersOf,
  type RuleNumbers,
} from '../core/scoring/difference.ts';
import { GroupCutter } from '../core/scoring/group_cutter.ts';
import { hoursOf } from '../core/scoring/hours.ts';
import { kqlRule } from '../core/scoring/kql_rule.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';
import { compareText } from '../core/text/compare_text.ts';
import { groupIdOf, PARTITIONS, reportsOf } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';

/** A group whose rows differ, with the likely reason. */
export interface Difference extends Explanation {
  readonly key: GroupKey;
  /** The row of the query's answer; null if it has none. */
  readonly theirs: RuleNumbers | null;
  /** The row of the files; null if the group does not match. */
  readonly ours: RuleNumbers | null;
}

export interface Compared {
  readonly differences: readonly Difference[];
  /** Settings with which most of the differing rows are equal; null without any. */
  readonly suggestion: ReturnType<typeof bestSettings>;
  /** Rows that are equal on both sides. */
  readonly equal: number;
  /** Rows of the files. */
  readonly rows: number;
  readonly groups: number;
  readonly counted: number;
}

/** The span of reports that a comparison needs: the window, and an hour on each side. */
export function comparedSpan({ after, asOf }: Window): Window {
  return { after: addMs(after, -EDGE_MS), asOf: addMs(asOf, EDGE_MS) };
}

type Scan = (partition: Partition) => AsyncIterable<readonly Contribution[]>;

interface Pair {
  readonly key: GroupKey;
  /** Rows of the answer for the group; its numbers are those of the first. */
  answers: number;
  theirs: RuleNumbers | null;
  ours: RuleNumbers | null;
}

/**
 * Compares the answer of the rule's query with the rows of the files, in two passes: the rows, then the reports of the
 * groups that differ. Memory: both results, and the reports of one group.
 */
export async function compareResult(
  scan: Scan,
  answer: readonly AnswerRow[],
  { rule, window, source }: { rule: Rule; window: Window; source: Source },
): Promise<Compared> {
  const pairs = pairsOf(answer, source);
  const covered = new Set<Hour>();
  const counts = { rows: 0, groups: 0, counted: 0 };
  for (const partition of PARTITIONS) {
    const cutter = new GroupCutter(window, rule.grain);
    const score = (groups: ReturnType<typeof cutter.push>) => {
      for (const { groupId, key, series } of groups) {
        if (!isInScope(key.RemoteIP)) continue;
        counts.groups++;
        const match = kqlRule(series, rule);
        if (!match.match) continue;
        counts.rows++;
        const pair = pairs.get(groupId) ?? { key, answers: 0, theirs: null, ours: null };
        pairs.set(groupId, pair);
        pair.ours = numbersOf(match);
      }
    };
    for await (const page of scan(partition)) {
      for (const row of page) {
        counts.counted += reportsOf(row);
        covered.add(bin(row.Timestamp, '1h'));
      }
      score(cutter.push(page));
    }
    score(cutter.finish());
  }
  const differing = new Map([...pairs].filter(([, { theirs, ours }]) => !hasSameNumbers(theirs, ours)));
  const hours = hoursOf(window);
  const devices = await knownDevices(scan, new Set([...differing.values()].map(({ key }) => key.DeviceName)));
  const comparison: Comparison = {
    rule,
    window,
    hours: hours.length,
    missingHours: hours.filter((hour) => !covered.has(hour)).length,
    resultRows: answer.length,
    isInScope,
    isKnownDevice: (device) => devices.has(device),
  };
  const differences = await explained(scan, differing, comparison);
  const suggestion = bestSettings(differences, window.asOf);
  return { ...counts, differences, suggestion, equal: pairs.size - differing.size };
}

/** By group. The names of raw sources were folded when they were read. */
function pairsOf(answer: readonly AnswerRow[], source: Source): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const row of answer) {
    const key = { source, ...namesOf(row, source) };
    const groupId = groupIdOf(key);
    const pair = pairs.get(groupId) ?? { key, answers: 0, theirs: numbersOf(row), ours: null };
    pair.answers++;
    pairs.set(groupId, pair);
  }
  return pairs;
}

function namesOf({ DeviceName, InitiatingProcessFileName, RemoteIP }: AnswerRow, source: Source) {
  const fold = (name: string) => (isRaw(source) && source !== 'defender-raw' ? name.toLowerCase() : name);
  return { DeviceName: fold(DeviceName), InitiatingProcessFileName: fold(InitiatingProcessFileName), RemoteIP };
}

async function knownDevices(scan: Scan, wanted: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const partition of PARTITIONS) {
    if (known.size === wanted.size) break;
    for await (const page of scan(partition))
      for (const { DeviceName } of page) if (wanted.has(DeviceName)) known.add(DeviceName);
  }
  return known;
}

async function explained(
  scan: Scan,
  differing: ReadonlyMap<string, Pair>,
  comparison: Comparison,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const open = new Map(differing);
  const add = (groupId: string, contributions: readonly Contribution[]) => {
    const pair = open.get(groupId);
    if (pair === undefined) return;
    open.delete(groupId);
    const { key, theirs, ours } = pair;
    differences.push({ key, theirs, ours, ...explain({ ...pair, contributions }, comparison) });
  };
  for (const partition of PARTITIONS) {
    for await (const [groupId, contributions] of groupsOf(scan(partition), differing)) add(groupId, contributions);
  }
  // Those without any report in the files.
  for (const groupId of [...open.keys()]) add(groupId, []);
  return differences.sort(byAverage);
}

/** The contributions of each wanted group. */
async function* groupsOf(
  pages: AsyncIterable<readonly Contribution[]>,
  wanted: { has(groupId: string): boolean },
): AsyncGenerator<readonly [groupId: string, contributions: readonly Contribution[]]> {
  let groupId = '';
  let contributions: Contribution[] = [];
  for await (const page of pages) {
    for (const row of page) {
      if (row.groupId !== groupId) {
        if (contributions.length > 0) yield [groupId, contributions];
        contributions = [];
        groupId = row.groupId;
      }
      if (wanted.has(groupId)) contributions.push(row);
    }
  }
  if (contributions.length > 0) yield [groupId, contributions];
}

/** The highest average of either side first, as in the rule's answer. */
function byAverage(a: Difference, b: Difference): number {
  const average = ({ theirs, ours }: Difference) => Math.max(theirs?.avg_conn_count ?? 0, ours?.avg_conn_count ?? 0);
  return (
    average(b) - average(a) ||
    compareText(a.key.DeviceName, b.key.DeviceName) ||
    compareText(a.key.InitiatingProcessFileName, b.key.InitiatingProcessFileName) ||
    compareText(a.key.RemoteIP, b.key.RemoteIP)
  );
}
