import { isTimestamp, type Timestamp } from '../../core/kql/timestamp.ts';
import { PARTITIONS } from '../../storage/keys.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';

/** What the name of a file says. */
export interface NamedFile {
  /**
   * `partial`: what the run of a partition up to `asOf` saw. `merged`: what the runs up to `asOf` read. `seen`: what was seen
   * first when, by the runs before `asOf`.
   */
  readonly kind: 'partial' | 'merged' | 'seen';
  readonly asOf: Timestamp;
  /** null but for `partial`. */
  readonly partition: Partition | null;
}

export function partialName(asOf: Timestamp, partition: Partition): string {
  return `partial/${asOf}/${partition}`;
}

export function mergedName(asOf: Timestamp): string {
  return `merged/${asOf}`;
}

export function seenName(asOf: Timestamp): string {
  return `seen/${asOf}`;
}

/** null for a name that none of the functions above gives. */
export function namedFileOf(name: string): NamedFile | null {
  const [, kind, asOf = '', partition] = /^(partial|merged|seen)\/([^/]+)(?:\/([0-9a-f]))?$/.exec(name) ?? [];
  if (kind === undefined || !isTimestamp(asOf) || (kind === 'partial') !== (partition !== undefined)) return null;
  const found = PARTITIONS.find((each) => each === partition) ?? null;
  return { kind: kind as NamedFile['kind'], asOf, partition: found };
}
