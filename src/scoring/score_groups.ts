import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Counted } from '../core/records/contribution.ts';
import { type Address, AddressScorer } from '../core/scoring/address_scorer.ts';
import { GroupCutter } from '../core/scoring/group_cutter.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';

/** A page of rows, and the addresses that it completes. */
export interface ScoredPage {
  /** Empty at the end, when the last addresses are complete. */
  readonly rows: readonly Counted[];
  /** In key order. */
  readonly addresses: readonly Address[];
  /** The newest report at or before the window's end so far; '' for none. */
  readonly newest: Timestamp | '';
}

/**
 * Scores the groups of one partition, whose rows come in key order, by pages. Holds a page, the group that is not complete
 * and the matches of one address. Gives each page when it is scored, and one without rows at the end.
 */
export async function* scoreGroups(
  pages: AsyncIterable<readonly Counted[]>,
  rule: Rule,
  window: Window,
): AsyncGenerator<ScoredPage> {
  const cutter = new GroupCutter(window, rule.grain);
  const scorer = new AddressScorer(rule);
  for await (const rows of pages) {
    const addresses = scorer.push(cutter.push(rows));
    yield { rows, addresses, newest: cutter.newest };
  }
  const addresses = [...scorer.push(cutter.finish()), ...scorer.finish()];
  yield { rows: [], addresses, newest: cutter.newest };
}
