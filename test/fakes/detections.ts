import type { Detection, SinkDelivery } from '../../src/core/detections/detection.ts';
import type { Verdict } from '../../src/core/detections/verdict.ts';
import {
  type ActiveList,
  type DetectionRow,
  type DetectionRowFilter,
  type Detections,
  type ListedAddresses,
  MAX_UPDATED,
  type RowPosition,
  type SummaryPage,
  type SummaryRow,
  type UpdatedDetection,
} from '../../src/storage/ports/detections.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { OutboxChange } from '../../src/storage/ports/outbox.ts';
import type { Versioned } from '../../src/storage/ports/versioned.ts';
import { summaryOf } from '../support/detections.ts';
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
    yield* pagesOf(rows.filter((row) => fitsRow(row, filter)).map((row) => summaryRowOf(row, sinks)));
  }

  /** The position is the id of the first row of the next page. */
  async summaryPage(
    filter: DetectionRowFilter,
    sinks: readonly string[],
    most: number,
    from: RowPosition | null,
  ): Promise<SummaryPage | null> {
    if (from !== null && from.partition === '') return null;
    const rows: SummaryRow[] = [];
    for (const [id, row] of this.#rows.from(from?.row ?? '')) {
      if (!fitsRow(row, filter)) continue;
      if (rows.length === most) return { rows, next: { partition: id.slice(0, 1), row: id } };
      rows.push(structuredClone(summaryRowOf(row, sinks)));
    }
    return { rows, next: null };
  }

  async *activeLists(): AsyncGenerator<readonly Versioned<ActiveList>[]> {
    const active = this.#rows.entries().filter(([, { row }]) => fitsRow(row, { state: 'active' }));
    yield* pagesOf(
      active.map(([id, { row, version }]) => ({
        row: { id, otherAddresses: row.otherAddresses ?? null },
        version,
      })),
    );
  }

  async insert(detection: Detection, changes: readonly OutboxChange[] = []): Promise<string | null> {
    const id = detection.groupId;
    if (this.#rows.version(id) !== null || !this.#canPut(changes)) return null;
    this.#apply(changes);
    return this.#rows.insert(id, {
      detection: throughJson(detection),
      deliveries: deliveriesOf(changes),
      verdict: null,
    });
  }

  async update(detection: Detection, version: string, changes: readonly OutboxChange[] = []): Promise<string | null> {
    return this.#change(detection.groupId, version, changes, () => throughJson(detection));
  }

  async updateAll(rows: readonly UpdatedDetection[]): Promise<readonly string[]> {
    if (rows.length > MAX_UPDATED) throw new RangeError(`more than ${MAX_UPDATED} detections: ${rows.length}`);
    return rows
      .filter(({ detection, version }) => {
        return this.#change(detection.groupId, version, [], () => throughJson(detection)) === null;
      })
      .map(({ detection }) => detection.groupId);
  }

  async mark(id: string, change: OutboxChange, version: string): Promise<string | null> {
    return this.#change(id, version, [change], (before) => before);
  }

  async listAddresses(id: string, listed: ListedAddresses, version: string): Promise<string | null> {
    return this.#rows.update(id, version, (row) => ({ ...row, otherAddresses: throughJson(listed) }));
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

function fitsRow({ detection, verdict }: DetectionRow, filter: DetectionRowFilter): boolean {
  const { state, suppressed, since } = filter;
  return (
    (state === undefined || detection.state === state || (state === 'active' && detection.state !== 'resolved')) &&
    (filter.device === undefined || detection.DeviceName === filter.device) &&
    (filter.severity === undefined || detection.severity === filter.severity) &&
    (filter.source === undefined || detection.source === filter.source) &&
    (filter.remote === undefined || detection.RemoteIP === filter.remote) &&
    (suppressed === undefined || suppressed === (detection.suppressedBy !== '')) &&
    (filter.verdict === undefined || verdict?.value === filter.verdict) &&
    (since === undefined || detection.lastMatched >= since)
  );
}

function summaryRowOf({ detection, deliveries, verdict }: DetectionRow, sinks: readonly string[]): SummaryRow {
  const named = Object.entries(deliveries).filter(([name]) => sinks.includes(name));
  return { detection: summaryOf(detection), deliveries: Object.fromEntries(named), verdict };
}
