import type { RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { retryOnConflict } from '../storage/optimistic.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { hasActive } from './export_state.ts';
import type { IngestEnd, IngestResult } from './ingest_result.ts';
import { type IngestSettings, IngestSteps } from './ingest_steps.ts';

/** Fits into a log line; a read within its budget seldom has more. */
const MAX_SEGMENT_IDS = 16;

/**
 * Continues reading an export, segment by segment: lease, apply, commit. Any number of workers may read one export at
 * once, and each may stop anywhere: the counts are those of one complete read.
 */
export class Ingest {
  readonly #steps: IngestSteps;
  readonly #clock: Clock;
  /** Gives the name under which this worker leases. */
  readonly #worker: () => string;

  constructor(
    stores: Stores,
    formats: readonly RecordFormat[],
    settings: IngestSettings,
    clock: Clock,
    worker: () => string,
  ) {
    this.#steps = new IngestSteps(stores, formats, settings, clock);
    this.#clock = clock;
    this.#worker = worker;
  }

  /**
   * Reads until all is read, or until a segment ends after `budgetMs`. When `signal` is aborted it stops before the next
   * batch of lines, and releases its lease.
   */
  async ingest(ref: ExportRef, budgetMs: number, signal?: AbortSignal): Promise<IngestResult> {
    const started = this.#clock();
    const worker = this.#worker();
    let segments = 0;
    let rows = 0;
    let restarts = 0;
    let counters = NO_COUNTERS;
    let other: Source | null = null;
    let unknownShape: LocatedShape | null = null;
    const segmentIds: string[] = [];
    const resultOf = (end: IngestEnd): IngestResult => {
      const otherSource = hasActive({ counters }) ? null : other;
      return {
        end,
        segments,
        rows,
        counters,
        restarts,
        otherSource,
        unknownShape: withoutMembers(unknownShape),
        segmentIds,
      };
    };
    for (;;) {
      if (signal?.aborted) return resultOf('stopped');
      const step = await retryOnConflict('export', () => this.#steps.take(ref, worker, signal));
      if (step.kind === 'leased') return { ...resultOf('leased'), leaseEnds: step.leaseEnds };
      if (step.kind === 'end') return resultOf(step.end);
      if (step.kind === 'restarted') restarts++;
      if (step.kind !== 'applied') continue;
      segments++;
      segmentIds.push(step.segmentId);
      if (segmentIds.length > MAX_SEGMENT_IDS) segmentIds.shift();
      rows += step.rows;
      counters = addCounters(counters, step.counters);
      other ??= step.otherSource;
      unknownShape ??= step.unknownShape;
      if (step.isAll) return resultOf('up-to-date');
      if (this.#clock() - started >= budgetMs) return resultOf('more');
    }
  }
}

function withoutMembers(shape: LocatedShape | null): IngestResult['unknownShape'] {
  if (shape === null) return null;
  const { members: _members, ...place } = shape;
  return place;
}
