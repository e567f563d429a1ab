import type { Buffer } from 'node:buffer';
import type { FaultKind } from './faults.ts';

/** Lines to append to a file or blob. */
export interface Append {
  readonly container: string;
  /** Name of the blob, with `/` between folders. */
  readonly name: string;
  /** Lines in order, each with its line end. */
  readonly lines: readonly Buffer[];
  /** Aggregated reports, or single connections; without repeats and unreadable lines. */
  readonly reports: number;
  /** Rows that were delivered before. */
  readonly duplicates: number;
  /** Rows delivered more than an hour after the event, without repeats. */
  readonly late: number;
  /** Unreadable lines among `lines`, numbered from 1. */
  readonly unreadable: readonly { readonly line: number; readonly kind: FaultKind }[];
}
