import { leaseRetryMs } from '../ingest/export_state.ts';
import { Ingest } from '../ingest/ingest.ts';
import type { IngestEnd, IngestResult } from '../ingest/ingest_result.ts';
import { readUnder, replay } from '../ingest/replay.ts';
import { segmentBytesOf } from '../ingest/segment_cutter.ts';
import { type SweepResult, sweep, unread } from '../ingest/sweep.ts';
import { NO_COUNTERS } from '../reading/counters.ts';
import { formatsOf } from '../reading/formats.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { parseMessage } from '../storage/messages.ts';
import { ConflictError } from '../storage/optimistic.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { StoreError } from '../storage/ports/store_error.ts';
import type { UseCaseParts } from './parts.ts';

export interface Swept extends SweepResult {
  /** Number of poison messages that were removed, by queue. */
  readonly poison: Readonly<Record<string, number>>;
  /** Faults of the skipped sinks, in the log of every sweep until they are fixed. */
  readonly sinkFaults: readonly string[];
}

/** The container is not one of EXPORT_CONTAINERS: nothing was read. */
export interface Unlisted {
  readonly end: 'unlisted-container';
}

/** A blob event was not processed. The sweep queues the export within five minutes. */
export interface LeftToSweep {
  readonly end: 'left-to-sweep';
  /** The name of the error, and its message: neither telemetry nor a URL. */
  readonly error: string;
  readonly reason: string;
}

/** How long one invocation reads (ms). A backlog spreads over instances, and an instance that ends loses little work. */
const INGEST_BUDGET_MS = 120_000;
/** A process that stops needs some seconds to end. Its message must not come back to it before. */
const STOPPED_DELAY_MS = 5_000;

/** The result of one invocation. `bad-row`: the row of the export in Exports cannot be read. */
export type Ingested = Omit<IngestResult, 'end'> & { readonly end: IngestEnd | 'bad-row' };

/** The result for an export whose row in Exports cannot be read. */
const UNREADABLE: Ingested = {
  end: 'bad-row',
  segments: 0,
  rows: 0,
  counters: NO_COUNTERS,
  restarts: 0,
  otherSource: null,
  unknownShape: null,
  segmentIds: [],
};

/** Reading of exports: by a message, by an event, by a sweep, by hand. `newId`: names a worker. */
export function readingUseCases({ config, stores, clock }: UseCaseParts, newId: () => string) {
  const { retentionDays, groupsPerDevice } = config;
  const ingestSettings = { retentionDays, groupsPerDevice, segmentBytes: segmentBytesOf(config.sources) };
  const ingest = new Ingest(stores, formatsOf(config.sources), ingestSettings, clock, newId);

  const sendAgain = (message: unknown, delayMs: number): Promise<void> => {
    const { container, name } = parseMessage('ingest', message);
    return stores.queues.send('ingest', { container, name }, delayMs);
  };

  /** Reads an export of EXPORT_CONTAINERS; the unread rest goes back to the queue. */
  const readListed = async (message: unknown, signal?: AbortSignal): Promise<Ingested | Unlisted> => {
    const ref: ExportRef = parseMessage('ingest', message);
    // A message or an event can name any container. Reading it would give it a row that no sweep knows.
    if (!config.containers.includes(ref.container)) return { end: 'unlisted-container' };
    const result = await unlessBad(ingest.ingest(ref, INGEST_BUDGET_MS, signal));
    // Another try finds the same row: `health` names it, and the export waits until somebody repairs or removes the row.
    if (result === BAD) return UNREADABLE;
    if (result.end === 'more') await sendAgain(ref, 0);
    if (result.end === 'stopped') await sendAgain(ref, STOPPED_DELAY_MS);
    return result;
  };

  return {
    /**
     * Reads the export of a queue message. The message is sent again if the budget ends first, if `signal` is aborted, or if
     * another worker holds the lease: then until it ends. Throws a MessageError.
     */
    async ingest(message: unknown, signal?: AbortSignal): Promise<Ingested | Unlisted> {
      const result = await readListed(message, signal);
      const { leaseEnds } = 'leaseEnds' in result ? result : {};
      if (leaseEnds !== undefined) await sendAgain(message, leaseRetryMs(leaseEnds, clock()));
      return result;
    },

    /**
     * Reads the export of a blob event, as `ingest` does. It leaves a leased export, and one that storage does not let it
     * read, to the sweep: the blob trigger retries at once, and after five tries the event counts as poison.
     */
    async ingestEvent(event: unknown, signal?: AbortSignal): Promise<Ingested | Unlisted | LeftToSweep> {
      try {
        return await readListed(event, signal);
      } catch (error) {
        if (!(error instanceof StoreError || error instanceof ConflictError)) throw error;
        return { end: 'left-to-sweep', error: error.name, reason: error.message };
      }
    },

    /** Queues unread exports. Empties the poison queues: the tables still hold the work of their messages. */
    async sweep(): Promise<Swept> {
      // Neither stops the other: a queue without access does not stop the reading.
      const [poison, swept] = await Promise.allSettled([stores.queues.takePoison(), sweep(stores, config, clock)]);
      const errors = [poison, swept].flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
      if (poison.status === 'rejected' || swept.status === 'rejected') {
        throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'the sweep and its poison queues failed');
      }
      return { ...swept.value, poison: poison.value, sinkFaults: config.sinkFaults };
    },

    /** Exports with unread data that changed since then (ms since the epoch; by default within the retention). */
    unread: (since?: number) => unread(stores, config, clock, since),

    /** Reads an export to its end, however long it takes. */
    readOn: (ref: ExportRef, signal?: AbortSignal) => ingest.ingest(ref, Number.POSITIVE_INFINITY, signal),

    /** Reads an export again with the same cuts, or see `replay`; null where nothing of it was read before. */
    async replay(ref: ExportRef, force?: boolean, signal?: AbortSignal): Promise<IngestResult | null> {
      return (await replay(stores.exportStates, ref, force))
        ? await ingest.ingest(ref, Number.POSITIVE_INFINITY, signal)
        : null;
    },

    /** The exports that were read and whose names begin like `start`. */
    readUnder: (start: ExportRef) => readUnder(stores.exportStates, start),

    deadLetters: () => stores.deadLetters.list(),
  };
}
