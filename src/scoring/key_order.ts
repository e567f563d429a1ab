import type { Contribution } from '../core/records/contribution.ts';
import { compareText } from '../core/text/compare_text.ts';

/** The order of scoring: group, time, contribution. */
export function compareKeys(a: Contribution, b: Contribution): number {
  return (
    compareText(a.groupId, b.groupId) ||
    compareText(a.Timestamp, b.Timestamp) ||
    compareText(a.contribution, b.contribution)
  );
}

/** The next row of a sorted stream; of equal keys the one with the lower `run` comes first. */
export interface Head {
  row: Contribution;
  readonly run: number;
}

/** The heads of sorted streams in a binary heap: the first one has the least key. */
export class Heads<Each extends Head> {
  readonly #heads: Each[] = [];

  get first(): Each | undefined {
    return this.#heads[0];
  }

  add(head: Each): void {
    const heads = this.#heads;
    let n = heads.push(head) - 1;
    while (n > 0) {
      const parent = (n - 1) >> 1;
      if (compareHeads(heads[parent] as Each, head) <= 0) break;
      heads[n] = heads[parent] as Each;
      n = parent;
    }
    heads[n] = head;
  }

  /** Call it when the first head has another row. */
  settleFirst(): void {
    const heads = this.#heads;
    const head = heads[0] as Each;
    let n = 0;
    for (;;) {
      let child = 2 * n + 1;
      if (child >= heads.length) break;
      if (child + 1 < heads.length && compareHeads(heads[child + 1] as Each, heads[child] as Each) < 0) child++;
      if (compareHeads(head, heads[child] as Each) <= 0) break;
      heads[n] = heads[child] as Each;
      n = child;
    }
    heads[n] = head;
  }

  removeFirst(): void {
    const last = this.#heads.pop();
    if (this.#heads.length === 0 || last === undefined) return;
    this.#heads[0] = last;
    this.settleFirst();
  }
}

function compareHeads(a: Head, b: Head): number {
  return compareKeys(a.row, b.row) || a.run - b.run;
}
