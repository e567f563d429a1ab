import type { Buffer } from 'node:buffer';
import type { FaultKind } from './faults.ts';

/** Lines that are put behind what a file or blob holds already. */
export interface Append {
  readonly container: string;
  /** Name of the blob; with `/` between its folders. */
  readonly name: string;
  /** In their order, each with its end. */
  readonly lines: readonly Buffer[];
  /** Aggregated reports, or connections one by one; without what is delivered again or cannot be read. */
  readonly reports: number;
  /** Rows that had been delivered before. */
  readonly duplicates: number;
  /** Rows that came more than an hour after the event, repeats aside. */
  readonly late: number;
  /** Lines of these that cannot be read, by number, from 1. */
  readonly unreadable: readonly { readonly line: number; readonly kind: FaultKind }[];
}
