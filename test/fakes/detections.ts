import { type Delivery, type Detection, type DetectionState, detectionIdOf } from '../../src/core/detection.ts';
import type { DetectionRow, Detections, Partition, Versioned } from '../../src/ports.ts';
import { pagesOf, throughJson, VersionedRows } from './versioned_rows.ts';

export class MemoryDetections implements Detections {
  readonly #rows = new VersionedRows<DetectionRow>();

  async get(id: string): Promise<Versioned<DetectionRow> | null> {
    return this.#rows.get(id);
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Versioned<DetectionRow>[]> {
    yield* pagesOf(this.#entries((id) => id.startsWith(partition)));
  }

  async *list(filter: { state?: DetectionState; device?: string }): AsyncGenerator<readonly DetectionRow[]> {
    const rows = this.#entries(() => true).map(({ row }) => row);
    const wanted = rows.filter(
      ({ detection }) =>
        (filter.state === undefined || detection.state === filter.state) &&
        (filter.device === undefined || detection.DeviceName === filter.device),
    );
    yield* pagesOf(wanted);
  }

  async insert(detection: Detection): Promise<string | null> {
    return this.#rows.insert(detectionIdOf(detection), { detection: throughJson(detection), deliveries: {} });
  }

  async update(detection: Detection, version: string): Promise<string | null> {
    return this.#rows.update(detectionIdOf(detection), version, ({ deliveries }) => ({
      detection: throughJson(detection),
      deliveries,
    }));
  }

  async mark(id: string, sink: string, delivery: Delivery, version: string): Promise<string | null> {
    return this.#rows.update(id, version, ({ detection, deliveries }) => ({
      detection,
      deliveries: { ...deliveries, [sink]: throughJson(delivery) },
    }));
  }

  async remove(_partition: Partition, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#rows.delete(id);
  }

  #entries(isWanted: (id: string) => boolean): Versioned<DetectionRow>[] {
    return this.#rows
      .entries()
      .filter(([id]) => isWanted(id))
      .map(([, found]) => found);
  }
}
