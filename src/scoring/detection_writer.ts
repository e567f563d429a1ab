import { isDeepStrictEqual } from 'node:util';
import type { BaselinePhase } from '../core/detections/baseline.ts';
import type { Detection } from '../core/detections/detection.ts';
import type { LifecycleStep } from '../core/detections/lifecycle.ts';
import { isPending, outboxChangesOf, pendingChangeOf } from '../notify/outbox_changes.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import { allOf } from '../storage/all_of.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import { pendingIdOf, pendingKeyOf } from '../storage/pending_id.ts';
import { type DetectionRow, MAX_UPDATED, type UpdatedDetection } from '../storage/ports/detections.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { OutboxChange } from '../storage/ports/outbox.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';

/** The columns that decide whether a notification is pending. */
export type NotifiedRow = Pick<DetectionRow, 'detection' | 'deliveries'>;

type StepOf = (before: Detection | null) => LifecycleStep | Promise<LifecycleStep>;

/** What a step makes of a row. */
interface Plan extends NotifiedRow {
  /** null where there is no row. */
  readonly version: string | null;
  readonly isChanged: boolean;
  readonly changes: readonly OutboxChange[];
}

/** A row that only goes on: it waits for the others of its transaction. */
interface Waiting extends UpdatedDetection {
  readonly id: string;
  readonly deliveries: NotifiedRow['deliveries'];
  readonly stepOf: StepOf;
}

/**
 * Writes the lifecycle steps of a partition's detections, each under the version that the run read. A step that changes the
 * outbox is a transaction of its own. The others, nearly all, wait until a hundred of them are one transaction: `finish`
 * writes the rest. A row that somebody else changed meanwhile is read, worked out and written again, alone.
 */
export class DetectionWriter {
  readonly #stores: Pick<Stores, 'detections' | 'outbox'>;
  readonly #sinks: readonly KnownSink[];
  readonly #partition: Partition;
  readonly #onRow: (row: NotifiedRow) => void;
  readonly #baseline: BaselinePhase;
  #waiting: Waiting[] = [];
  /** Ids of the rows of the outbox of the partition; null before they are read. */
  #pendingIds: Set<string> | null = null;

  /** `onRow` gets each row as the run leaves it, also one that needs no write. */
  constructor(
    stores: Pick<Stores, 'detections' | 'outbox'>,
    sinks: readonly KnownSink[],
    partition: Partition,
    onRow: (row: NotifiedRow) => void,
    baseline: BaselinePhase = 'over',
  ) {
    this.#stores = stores;
    this.#sinks = sinks;
    this.#partition = partition;
    this.#onRow = onRow;
    this.#baseline = baseline;
  }

  /** Takes the next step of a detection; `found` is its row as the run read it, null for none. */
  async advance(found: Versioned<DetectionRow> | null, id: string, stepOf: StepOf): Promise<void> {
    const plan = await this.#planOf(found, stepOf);
    if (plan === null) return;
    const missing = await this.#missingRows(plan);
    const { detection, deliveries, version, isChanged } = plan;
    const changes = [...plan.changes, ...missing];
    if (version === null || !isChanged || changes.length > 0) {
      await this.#writeAlone(id, stepOf, { ...plan, changes });
      return;
    }
    this.#waiting.push({ id, detection, version, deliveries, stepOf });
    if (this.#waiting.length === MAX_UPDATED) await this.finish();
  }

  /** Writes what still waits. */
  async finish(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    const unwritten = new Set(await this.#stores.detections.updateAll(waiting));
    for (const { id, detection, deliveries, stepOf } of waiting) {
      if (unwritten.has(id)) await this.#writeAlone(id, stepOf, null);
      else this.#onRow({ detection, deliveries });
    }
  }

  /** Writes a plan, and makes it again, from the row as it is then, as often as another writer is quicker. */
  async #writeAlone(id: string, stepOf: StepOf, first: Plan | null): Promise<void> {
    const kept = await retryOnConflict('detection', async (isFirst) => {
      const plan = isFirst && first !== null ? first : await this.#planAgain(id, stepOf);
      return plan && this.#tryToWrite(plan);
    });
    if (kept !== null) this.#onRow(kept);
  }

  async #planAgain(id: string, stepOf: StepOf): Promise<Plan | null> {
    // The scan skips a bad row, and the insert of its group meets it: it stays as it is, and the run goes on.
    const found = await unlessBad(this.#stores.detections.get(id));
    return found === BAD ? null : this.#planOf(found, stepOf);
  }

  /** null where there is no row, and none is to be made. */
  async #planOf(found: Versioned<DetectionRow> | null, stepOf: StepOf): Promise<Plan | null> {
    const before = found?.row.detection ?? null;
    const step = await stepOf(before);
    const detection = step.kind === 'none' ? before : step.detection;
    if (detection === null) return null;
    const deliveries = found?.row.deliveries ?? {};
    return {
      detection,
      deliveries,
      version: found?.version ?? null,
      isChanged: step.kind !== 'none' && !isDeepStrictEqual(before, step.detection),
      changes: outboxChangesOf(detection, deliveries, this.#sinks, this.#baseline),
    };
  }

  async #tryToWrite({ detection, deliveries, version, isChanged, changes }: Plan) {
    const { detections } = this.#stores;
    if (isChanged || changes.length > 0) {
      const written = await (version === null
        ? detections.insert(detection, changes)
        : detections.update(detection, version, changes));
      if (written === null) return CONFLICT;
    }
    return { detection, deliveries: deliveriesAfter(deliveries, changes) };
  }

  /** Writes rows of the outbox again that the detection says are there, and are not: somebody removed them by hand. */
  async #missingRows({ detection, deliveries, changes }: Plan): Promise<OutboxChange[]> {
    const missing: OutboxChange[] = [];
    for (const { name: sink } of this.#sinks) {
      const delivery = deliveries[sink];
      if (!delivery || !isPending(detection, delivery) || changes.some((change) => change.sink === sink)) continue;
      // Read when the first detection is pending: most runs do not need them.
      this.#pendingIds ??= new Set((await allOf(this.#stores.outbox.ids(this.#partition))).flat());
      if (this.#pendingIds.has(pendingIdOf(pendingKeyOf(detection, sink, delivery)))) continue;
      const { put } = pendingChangeOf({ ...detection, severity: delivery.severity }, sink, undefined, delivery.at);
      missing.push({ sink, delivery, put, onlyIfMissing: true });
    }
    return missing;
  }
}

function deliveriesAfter(before: NotifiedRow['deliveries'], changes: readonly OutboxChange[]) {
  return { ...before, ...Object.fromEntries(changes.map(({ sink, delivery }) => [sink, delivery])) };
}
