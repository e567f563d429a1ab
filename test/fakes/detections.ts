import { type Detection, detectionIdOf, type SinkDelivery } from '../../src/core/detections/detection.ts';
import type { Verdict } from '../../src/core/detections/verdict.ts';
import type { DetectionRow, DetectionRowFilter, Detections, SummaryRow } from '../../src/storage/ports/detections.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { Versioned } from '../../src/storage/ports/versioned.ts';
import { pagesOf, throughJson, VersionedRows } from './versioned_rows.ts';

export class MemoryDetections implements Detections {
  readonly #rows = new VersionedRows<DetectionRow>();

  async get(id: string): Promise<Versioned<DetectionRow> | null> {
    return this.#rows.get(id);
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Versioned<DetectionRow>[]> {
    yield* pagesOf(this.#entries((id) => id.startsWith(partition)));
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

  async insert(detection: Detection): Promise<string | null> {
    const row = { detection: throughJson(detection), deliveries: {}, verdict: null };
    return this.#rows.insert(detectionIdOf(detection), row);
  }

  async update(detection: Detection, version: string): Promise<string | null> {
    return this.#rows.update(detectionIdOf(detection), version, (row) => ({
      ...row,
      detection: throughJson(detection),
    }));
  }

  async mark(id: string, sink: string, delivery: SinkDelivery, version: string): Promise<string | null> {
    return this.#rows.update(id, version, (row) => ({
      ...row,
      deliveries: { ...row.deliveries, [sink]: throughJson(delivery) },
    }));
  }

  async recordVerdict(id: string, verdict: Verdict, version: string): Promise<string | null> {
    return this.#rows.update(id, version, (row) => ({ ...row, verdict: throughJson(verdict) }));
  }

  async remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void> {
    for (const { id, version } of rows) if (this.#rows.get(id)?.version === version) this.#rows.delete(id);
  }

  #entries(isWanted: (id: string) => boolean): Versioned<DetectionRow>[] {
    return this.#rows
      .entries()
      .filter(([id]) => isWanted(id))
      .map(([, found]) => found);
  }
}
