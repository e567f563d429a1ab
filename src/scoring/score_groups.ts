import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Counted } from '../core/records/contribution.ts';
import { type Address, AddressScorer, type BesideFinding } from '../core/scoring/address_scorer.ts';
import { type Beside, GroupCutter } from '../core/scoring/group_cutter.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';

/** A page of rows, and the addresses that it completes. */
export interface ScoredPage<Other = never> {
  /** Empty at the end, when the last addresses are complete. */
  readonly rows: readonly Counted[];
  /** In key order. */
  readonly addresses: readonly Address<Other>[];
  /** The newest report at or before the window's end so far; '' for none. */
  readonly newest: Timestamp | '';
}

/**
 * Scores the groups of one partition, whose rows come in key order, by pages. A second detector can see the same rows. Holds a
 * page, the group that is not complete and the matches of one address. Gives each page when it is scored, and one without
 * rows at the end.
 */
export async function* scoreGroups<Other extends BesideFinding = never>(
  pages: AsyncIterable<readonly Counted[]>,
  rule: Rule,
  window: Window,
  beside: Beside<Other> | null = null,
): AsyncGenerator<ScoredPage<Other>> {
  const cutter = new GroupCutter<Other>(window, rule.grain, beside);
  const scorer = new AddressScorer<Other>(rule);
  for await (const rows of pages) {
    const addresses = scorer.push(cutter.push(rows));
    yield { rows, addresses, newest: cutter.newest };
  }
  const addresses = [...scorer.push(cutter.finish()), ...scorer.finish()];
  yield { rows: [], addresses, newest: cutter.newest };
}
