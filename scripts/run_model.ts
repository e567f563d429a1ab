import { partitionsTogether } from '../src/scoring/partitions_together.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import type { Shape } from './cost_shapes.ts';

/** Azure's targets, and what was measured here; each said in docs/costs.md. */
export const RUN = {
  /** Rows a second that one partition of a table is good for, by Azure's own target. */
  partitionRowsPerSecond: 2_000,
  /** The same of a storage account, reads and writes together. */
  accountRowsPerSecond: 20_000,
  /** `functionTimeout`, and the time until the next run. */
  limitSeconds: 3_600,
  /** CPU time of a row that is read and scored, and of an open detection that is read, assessed and written: bench:pages, bench:tenant. */
  cpuMicrosecondsPerRow: 3,
  cpuMicrosecondsPerDetection: 320,
  /** Of an instance of 512 MB. */
  cores: 0.25,
  /** RETENTION_DAYS by default. */
  retentionDays: 4,
} as const;

/** One hourly run of all partitions. */
export interface ModelledRun {
  readonly invocations: number;
  readonly rowsRead: number;
  readonly requests: number;
  /** From the first page to the last write, all invocations side by side. */
  readonly seconds: number;
  /** Billed of all invocations together: none is billed for less than a second. */
  readonly billedSeconds: number;
  /** Whether it ends before the next one begins, within the time that a function may run. */
  readonly fits: boolean;
}

/**
 * A run that scans all rows of the retention. Its reads, its writes of open detections and its removals of expired rows share
 * the account's limit with the rows that ingest writes meanwhile. Waiting and CPU time follow one another.
 */
export function scanningRun(devices: number, shape: Shape): ModelledRun {
  const rowsPerHour = shape.rows * devices;
  const kept = rowsPerHour * 24 * RUN.retentionDays;
  const open = shape.detections * devices;
  const invocations = partitionsTogether(new Map(PARTITIONS.map((name) => [name, kept / PARTITIONS.length]))).length;
  const rate = Math.min(
    invocations * RUN.partitionRowsPerSecond,
    Math.max(1, RUN.accountRowsPerSecond - rowsPerHour / 3_600),
  );
  // Every expired row is removed, and every open detection is read and written.
  const entities = kept + 2 * open + rowsPerHour;
  const cpuSeconds = (kept * RUN.cpuMicrosecondsPerRow + open * RUN.cpuMicrosecondsPerDetection) / 1e6;
  const seconds = entities / rate + cpuSeconds / RUN.cores / invocations;
  return {
    invocations,
    rowsRead: kept,
    requests: 2 * PARTITIONS.length + kept / 1_000 + open / 1_000 + open / 100 + rowsPerHour / 100,
    seconds,
    billedSeconds: Math.max(invocations, seconds * invocations),
    fits: seconds <= RUN.limitSeconds,
  };
}

/** The number of devices, in thousands, above which a run no longer ends in time. */
export function ceilingOf(shape: Shape): number {
  let [fits, fails] = [0, 1_000_000];
  while (fails - fits > 1_000) {
    const devices = (fits + fails) / 2;
    if (scanningRun(devices, shape).fits) fits = devices;
    else fails = devices;
  }
  return Math.floor(fits / 1_000);
}
