import type { ReadFault } from '../core/records/reading.ts';
import type { FaultyLine } from './line.ts';

/** Dead letters that are kept of one export: the first by place. The others are counted by reason. */
export const KEPT_LETTERS = 1_000;

/** Numbers by reason, and by field where there is one: see `faultText`. */
export type FaultCounts = ReadonlyMap<string, number>;

/**
 * The faulty lines of a batch, in order of place. Only so many are kept as an export keeps dead letters: a chunk can hold
 * half a million faulty lines, and each kept one takes a hundred times its bytes.
 */
export class FaultyLines {
  readonly kept: FaultyLine[] = [];
  readonly more = new Map<ReadFault, number>();

  /** `line` is called only where the line is kept. */
  add(fault: ReadFault, line: () => FaultyLine): void {
    if (this.kept.length < KEPT_LETTERS) this.kept.push(line());
    else this.more.set(fault, (this.more.get(fault) ?? 0) + 1);
  }
}
