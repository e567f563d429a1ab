import type { Hour } from '../core/kql/bin.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import type { ContributionRow, HourlyCounts } from '../storage/ports/hourly_counts.ts';

/** Hours of a group that are read at most: each is a request. */
export const MAX_READ_HOURS = 4;

/**
 * The newest rows of a group in a window, in time order, with their facts: at most `most`, and those of the newest
 * `MAX_READ_HOURS` of the given hours. The hours are those in which the group has rows, in any order, with repeats.
 */
export async function newestRows(
  counts: HourlyCounts,
  groupId: string,
  hours: readonly Hour[],
  window: Window,
  most: number,
): Promise<readonly ContributionRow[]> {
  let newest: ContributionRow[] = [];
  for (const hour of [...new Set(hours)].sort().slice(-MAX_READ_HOURS).reverse()) {
    let ofHour: ContributionRow[] = [];
    for await (const page of counts.ofGroup(hour, groupId)) {
      ofHour = [...ofHour, ...page.filter((row) => isOfWindow(row, window))].slice(-most);
    }
    newest = [...ofHour, ...newest].slice(-most);
    if (newest.length === most) break;
  }
  return newest;
}
