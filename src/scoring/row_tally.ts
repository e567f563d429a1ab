import type { Timestamp } from '../core/kql/timestamp.ts';
import { isPending } from '../notify/outbox_changes.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { NotifiedRow } from './detection_writer.ts';

/** Counts detections as a run leaves them, and their pending notifications. */
export class RowTally {
  readonly #sinks: readonly KnownSink[];
  readonly #asOf: Timestamp;
  readonly #pendingSinks = new Set<KnownSink>();
  readonly #suppressed = new Map<string, number>();
  readonly #counts = { opened: 0, resolved: 0, pending: 0 };

  constructor(sinks: readonly KnownSink[], asOf: Timestamp) {
    this.#sinks = sinks;
    this.#asOf = asOf;
  }

  /** Detections that the run opened and resolved, and pending notifications. */
  get counts(): { readonly opened: number; readonly resolved: number; readonly pending: number } {
    return { ...this.#counts };
  }

  /** Number of active detections that are suppressed, by the id of the suppression. */
  get suppressed(): ReadonlyMap<string, number> {
    return this.#suppressed;
  }

  add(row: NotifiedRow): void {
    const { episode, state, asOf } = row.detection;
    if (episode === this.#asOf) this.#counts.opened++;
    if (state === 'resolved' && asOf === this.#asOf) this.#counts.resolved++;
    this.addOther(row);
  }

  /** Of a detection that another job opens and resolves. */
  addOther({ detection, deliveries }: NotifiedRow): void {
    const { state, suppressedBy } = detection;
    if (state !== 'resolved' && suppressedBy !== '')
      this.#suppressed.set(suppressedBy, (this.#suppressed.get(suppressedBy) ?? 0) + 1);
    for (const sink of this.#sinks) {
      if (sink.disabledAt !== null || !isPending(detection, deliveries[sink.name])) continue;
      this.#pendingSinks.add(sink);
      this.#counts.pending++;
    }
  }

  /** Queues each sink with a pending notification. The message is only a hint: the rows decide what is sent. */
  async queueNotifications({ queues }: Pick<Stores, 'queues'>): Promise<void> {
    for (const { name: sink, waitMs } of this.#pendingSinks) await queues.send('notify', { sink }, waitMs);
  }
}
