import { type Detection, detectionIdOf, type SinkDelivery } from '../../src/core/detections/detection.ts';
import type { Verdict } from '../../src/core/detections/verdict.ts';
import type { DetectionRow, DetectionRowFilter, Detections, SummaryRow } from '../../src/storage/ports/detections.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { OutboxChange } from '../../src/storage/ports/outbox.ts';
import type { Versioned } from '../../src/storage/ports/versioned.ts';
import { DetectionsTable, pendingKeyOf } from './outbox.ts';
import { pagesOf, throughJson, type VersionedRows } from './versioned_rows.ts';

export class MemoryDetections implements Detections {
  readonly #table: DetectionsTable;
  readonly #rows: VersionedRows<DetectionRow>;

  constructor(table = new DetectionsTable()) {
    this.#table = table;
    this.#rows = table.detections;
  }

  async get(id: string): Promise<Versioned<DetectionRow> | null> {
    return this.#rows.get(id);
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Versioned<DetectionRow>[]> {
    yield* pagesOf(this.#rows.between(partition, `${partition}g`).map(([, found]) => found));
  }

  async *summaries(filter: DetectionRowFilter, sinks: readonly string[]): AsyncGenerator<readonly SummaryRow[]> {
    const rows = this.#entries(() => true).map(({ row }) => row);
    const wanted = rows.filter(
      ({ detection }) =>
        (filter.state === undefined || detection.state === filter.state) &&
        (filter.device === undefined || detection.DeviceName === filter.device),
    );
    yield* pagesOf(
      wanted.map(({ detection, deliveries, verdict }) => {
        const { evidence: _evidence, traffic: _traffic, episodes: _episodes, ...summary } = detection;
        const named = Object.entries(deliveries).filter(([name]) => sinks.includes(name));
        return { detection: summary, deliveries: Object.fromEntries(named), verdict };
      }),
    );
  }

  async insert(detection: Detection, changes: readonly OutboxChange[] = []): Promise<string | null> {
    const id = detectionIdOf(detection);
    if (this.#rows.version(id) !== null || !this.#canPut(changes)) return null;
    this.#apply(changes);
    return this.#rows.insert(id, {
      detection: throughJson(detection),
      deliveries: deliveriesOf(changes),
      verdict: null,
    });
  }

  async update(detection: Detection, version: string, changes: readonly OutboxChange[] = []): Promise<string | null> {
    return this.#change(detectionIdOf(detection), version, changes, () => throughJson(detection));
  }

  async mark(id: string, change: OutboxChange, version: string): Promise<string | null> {
    return this.#change(id, version, [change], (before) => before);
  }

  async recordVerdict(id: string, verdict: Verdict, version: string): Promise<string | null> {
    return this.#rows.update(id, version, (row) => ({ ...row, verdict: throughJson(verdict) }));
  }

  async remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void> {
    for (const { id, version } of rows) if (this.#rows.get(id)?.version === version) this.#rows.delete(id);
  }

  #change(
    id: string,
    version: string,
    changes: readonly OutboxChange[],
    changed: (before: Detection) => Detection,
  ): string | null {
    if (this.#rows.version(id) !== version || !this.#canPut(changes)) return null;
    this.#apply(changes);
    return this.#rows.update(id, version, (row) => ({
      ...row,
      detection: changed(row.detection),
      deliveries: { ...row.deliveries, ...deliveriesOf(changes) },
    }));
  }

  #canPut(changes: readonly OutboxChange[]): boolean {
    return changes.every(
      ({ put, onlyIfMissing }) => !put || !onlyIfMissing || this.#table.pending.version(pendingKeyOf(put)) === null,
    );
  }

  #apply(changes: readonly OutboxChange[]): void {
    for (const { put, remove } of changes) {
      if (remove) this.#table.pending.delete(pendingKeyOf(remove));
      if (put) this.#table.pending.put(pendingKeyOf(put), throughJson(put));
    }
  }

  #entries(isWanted: (id: string) => boolean): Versioned<DetectionRow>[] {
    return this.#rows
      .entries()
      .filter(([id]) => isWanted(id))
      .map(([, found]) => found);
  }
}

function deliveriesOf(changes: readonly OutboxChange[]): Record<string, SinkDelivery> {
  return throughJson(Object.fromEntries(changes.map(({ sink, delivery }) => [sink, delivery])));
}
