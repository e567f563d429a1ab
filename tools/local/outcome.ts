import type { App } from '../../src/app.ts';
import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import { lastEnd } from '../../src/ingest/export_state.ts';
import { addCounters, NO_COUNTERS } from '../../src/reading/counters.ts';
import type { Counters } from '../../src/storage/ports/export_states.ts';
import type { Stores } from '../../src/storage/ports/stores.ts';

export type DetectionView = NonNullable<Awaited<ReturnType<App['getDetection']>>>;

interface UnreadExport {
  /** container/name */
  readonly export: string;
  readonly reason: string;
}

/** The totals of a run, read from storage at its end. */
export interface Outcome {
  readonly exports: number;
  readonly segments: number;
  readonly counters: Counters;
  /** Exports of a foreign format (container/name); the reason names the next step. */
  readonly refused: readonly UnreadExport[];
  /** Exports whose last attempt failed, with the reason. */
  readonly failed: readonly UnreadExport[];
  /** Exports (container/name) that end within a line; that line is not read yet. */
  readonly unfinished: readonly string[];
  readonly groups: number;
  readonly rows: number;
  readonly detections: number;
}

/** Reads the outcome from the tables `Exports` and `Runs`, and from the containers. */
export async function readOutcome(stores: Stores, containers: readonly string[], asOf: Timestamp): Promise<Outcome> {
  let exports = 0;
  let segments = 0;
  let counters = NO_COUNTERS;
  const refused: UnreadExport[] = [];
  const failed: UnreadExport[] = [];
  const unfinished: string[] = [];
  for (const container of containers) {
    const read = new Map<string, number>();
    for await (const { row } of stores.exportStates.list(container)) {
      exports++;
      segments += row.applied;
      counters = addCounters(counters, row.counters);
      const unread = { export: `${container}/${row.name}`, reason: row.reason };
      if (row.refused) refused.push(unread);
      else if (row.failures > 0) failed.push(unread);
      else read.set(row.name, lastEnd(row));
    }
    const blobs = await stores.exports.list(container);
    if (blobs === 'missing') continue;
    for await (const { name, length } of blobs) {
      if (read.has(name) && read.get(name) !== length) unfinished.push(`${container}/${name}`);
    }
  }
  let groups = 0;
  let rows = 0;
  let detections = 0;
  for await (const run of stores.runs.since(asOf)) {
    groups += run.groups;
    rows += run.rows;
    detections += run.detections;
  }
  return { exports, segments, counters, refused, failed, unfinished, groups, rows, detections };
}
