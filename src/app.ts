import { randomBytes, randomUUID } from 'node:crypto';
import type { Config } from './config.ts';
import type { Owner } from './core/detections/owner.ts';
import type { SuppressionCriteria } from './core/detections/suppression.ts';
import type { Verdict } from './core/detections/verdict.ts';
import { msOf, type Timestamp, timestampFromMs } from './core/kql/timestamp.ts';
import type { Rule } from './core/scoring/rule.ts';
import { getDetection } from './detections/get_detection.ts';
import {
  type DetectionQuery,
  idsBeginningWith,
  listDetections,
  testSuppression,
} from './detections/query_detections.ts';
import { recordVerdict } from './detections/record_verdict.ts';
import { addSuppression, listSuppressions, type NewSuppression } from './detections/suppressions.ts';
import { leaseRetryMs } from './ingest/export_state.ts';
import { Ingest, type IngestEnd, type IngestResult } from './ingest/ingest.ts';
import { readUnder, replay } from './ingest/replay.ts';
import { segmentBytesOf } from './ingest/segment_cutter.ts';
import { type SweepResult, sweep, unread } from './ingest/sweep.ts';
import { findNotification } from './notify/find_notification.ts';
import { type NotifyResult, notify } from './notify/notify.ts';
import { openNeighbours, withNeighbours } from './notify/open_neighbours.ts';
import { type Previewed, previewOf } from './notify/preview.ts';
import { retryFailed } from './notify/retry_failed.ts';
import type { Notification, Sink, SinkAnswer } from './notify/sink.ts';
import { knownSinks, sinkStates } from './notify/sink_states.ts';
import { openSink } from './notify/sinks/open.ts';
import { testNotification } from './notify/sinks/synthetic.ts';
import { withOwners } from './notify/with_owners.ts';
import { health } from './operations/health.ts';
import { NO_COUNTERS } from './reading/counters.ts';
import { formatsOf } from './reading/formats.ts';
import { KnownBlob } from './reading/stored_known.ts';
import { OwnersBlob } from './reading/stored_owners.ts';
import { rebuildFiles } from './scoring/count_files/refresh_day.ts';
import { fleetOfRun } from './scoring/fleet_of_run.ts';
import { type ScoredPartitions, scorePartitions } from './scoring/score_partitions.ts';
import { type ScoredProcesses, scoreProcesses } from './scoring/score_processes.ts';
import {
  beginRun,
  closeOldDays,
  expireHistory,
  scoreMessages,
  scorePartition,
  scoreWindows,
} from './scoring/score_windows.ts';
import { Suppressor } from './scoring/suppressor.ts';
import { whatIf } from './scoring/what_if.ts';
import { isInFuture, lastFullHour, notEnded, scoredHour, WindowError } from './scoring/window_end.ts';
import { credentialOf, type StorageClientOptions, storageClients } from './storage/azure/clients.ts';
import { azureStores } from './storage/azure/index.ts';
import { BAD, unlessBad } from './storage/bad_rows.ts';
import { MessageError, parseMessage } from './storage/messages.ts';
import { ConflictError } from './storage/optimistic.ts';
import type { Clock } from './storage/ports/clock.ts';
import type { ExportRef } from './storage/ports/exports.ts';
import type { Run } from './storage/ports/runs.ts';
import { StoreError } from './storage/ports/store_error.ts';
import type { Stores } from './storage/ports/stores.ts';

/** The use cases, over the stores that the settings name. */
export type App = ReturnType<typeof createApp>;

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

export interface AppParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly sinks: readonly Sink[];
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

/** Builds the app from the settings. Nothing is sent before a use case is called. */
export function createApp(config: Config, parts: Partial<AppParts> = {}) {
  const stores = parts.stores ?? storesOf(config);
  const clock = parts.clock ?? Date.now;
  const owners = new OwnersBlob(stores.context);
  const known = new KnownBlob(stores.context);
  const context = {
    links: config.links,
    digestAbove: config.digestAbove,
    credential: credentialOf,
    owners: () => owners.owners(),
  };
  const sinks = parts.sinks ?? config.sinks.map((sink) => openSink(sink, context));
  const sinkNames: readonly string[] = sinks.map(({ name }) => name);
  const { rule, technique, retentionDays, historyDays } = config;
  const settings = { rule, technique, retentionDays, historyDays, detection: config.detection };
  const sweepSettings = { ...settings, containers: config.containers };
  const { groupsPerDevice } = config;
  const ingestSettings = { retentionDays, groupsPerDevice, segmentBytes: segmentBytesOf(config.sources) };
  const ingest = new Ingest(stores, formatsOf(config.sources), ingestSettings, clock, randomUUID);

  /** The full hour up to which the timer scores now. */
  const scoredHourNow = (): Timestamp => scoredHour(clock());
  // A container that cannot be listed does not stop the scoring of what was read; the sweep reports it as an error.
  const oldestUnread = () =>
    unread(stores, sweepSettings, clock).then(
      (found) => found.oldestUnreadMs,
      () => null,
    );

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
    config,
    scoredHour: scoredHourNow,
    /** Names of the configured sinks. */
    sinkNames,

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
      const [poison, swept] = await Promise.allSettled([
        stores.queues.takePoison(),
        sweep(stores, sweepSettings, clock),
      ]);
      const errors = [poison, swept].flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
      if (poison.status === 'rejected' || swept.status === 'rejected') {
        throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'the sweep and its poison queues failed');
      }
      return { ...swept.value, poison: poison.value, sinkFaults: config.sinkFaults };
    },

    /** Queues every partition for the window that ends at the scored hour. */
    async scoreWindows() {
      const asOf = scoredHourNow();
      const oldestUnreadMs = await oldestUnread();
      const contextFault = await scoreWindows(stores, config.detection, asOf, oldestUnreadMs, clock);
      await closeOldDays(stores, asOf, config, clock);
      await expireHistory(stores, asOf, historyDays);
      return { asOf, oldestUnreadMs, contextFault };
    },

    /** Scores the partitions of a queue message, or the process view. Throws a MessageError. */
    async scorePartition(message: unknown): Promise<ScoredPartitions | ScoredProcesses> {
      const job = parseMessage('score', message);
      // Its rows in Runs would stay the newest ones until then, and the runs before would change no detection of it.
      if (isInFuture(job.asOf, clock())) throw new MessageError(`score: ${notEnded(job.asOf, clock())}`);
      const states = sinks.length > 0 ? await sinkStates(stores, sinks, job.asOf) : [];
      const { knownOf } = await known.get();
      if (job.processes) {
        const fleet = await fleetOfRun(stores, job.asOf, config.detection);
        const suppressor = await Suppressor.read(stores, timestampFromMs(clock()));
        return await scoreProcesses(stores, { ...settings, knownOf }, states, job, fleet, suppressor);
      }
      return await scorePartitions(stores, { ...settings, knownOf }, states, job, clock);
    },

    /**
     * Scores every partition in this process, one after the other. Queues the pending notifications of the sinks that the
     * functions know, and leaves the states of these sinks as they are, whatever sinks are set here. `isRebuild`: builds the count
     * files of all days with rows again. Throws a WindowError.
     */
    async runNow(asOf: Timestamp, onRun: (run: Run) => void = () => {}, isRebuild = false): Promise<Run[]> {
      // Earlier runs skip a row of a later run: a row of a future hour would be skipped until then.
      const now = clock();
      if (asOf > lastFullHour(now)) throw new WindowError(notEnded(asOf, now));
      // The settings of the functions alone say which sinks there are, not those of this shell.
      const states = await knownSinks(stores);
      const scoreSettings = { ...settings, knownOf: (await known.get()).knownOf };
      const runs: Run[] = [];
      await beginRun(stores, config.detection, asOf);
      const fleet = await fleetOfRun(stores, asOf, config.detection);
      const suppressor = await Suppressor.read(stores, timestampFromMs(now));
      const messages = await scoreMessages(stores, asOf, await oldestUnread());
      for (const { partitions, ...window } of messages) {
        for (const partition of partitions) {
          if (isRebuild) await rebuildFiles(stores, partition, Math.min(now, msOf(asOf)));
          const job = { ...window, partition };
          const run = await scorePartition(stores, scoreSettings, states, job, clock, fleet, suppressor);
          onRun(run);
          runs.push(run);
        }
      }
      const { newestReport = '' as const } = messages[0] ?? {};
      await scoreProcesses(stores, scoreSettings, states, { asOf, newestReport }, fleet, suppressor);
      await closeOldDays(stores, asOf, config, clock);
      return runs;
    },

    /** Compares the matches of another rule in a stored window with the active detections. Reads only. Throws a WindowError. */
    whatIf: (asked: Rule, asOf: Timestamp) => whatIf(stores, asked, asOf),

    /** Sends the pending notifications of a sink; null where the settings no longer have it. */
    async notify(message: unknown): Promise<NotifyResult | null> {
      const { sink: name } = parseMessage('notify', message);
      const sink = sinks.find((each) => each.name === name);
      if (sink === undefined) return null;
      const result = await notify(stores, sink, clock);
      if (result.againInMs !== null) await stores.queues.send('notify', { sink: name }, result.againInMs);
      return result;
    },

    /** Sends a test message to a sink, whatever its state; null where there is no such sink. */
    async testSink(name: string): Promise<SinkAnswer | null> {
      const sink = sinks.find((each) => each.name === name);
      return sink === undefined ? null : await sink.send(testNotification(clock()), clock());
    },

    /** The body of the test message, or of a stored detection; null where there is no such sink, or nothing to show. */
    async previewSink(name: string, of?: Previewed): Promise<string | null> {
      const settings = config.sinks.find((each) => each.name === name);
      const scope = sinks.find((each) => each.name === name);
      if (settings === undefined || scope === undefined) return null;
      const { bodyOf } = await import('./notify/sinks/messages.ts');
      const body = (shown: Notification) => bodyOf(shown, settings, config.links, clock());
      // The test message needs no storage.
      if (of === undefined) return body(testNotification(clock()));
      const shown = await previewOf(stores, scope, of);
      if (shown === null) return null;
      const neighboursOf = shown.digest ? null : await openNeighbours(stores);
      return body(withOwners(withNeighbours(shown, neighboursOf), await owners.owners()));
    },

    /**
     * Makes failed notifications pending again, of one sink or of all that the functions know, whatever sinks are set here.
     * A dry run only counts them. Empty where the functions know no sink of that name.
     */
    retryFailed: (name: string | undefined, isDryRun: boolean) =>
      retryFailed(stores, name === undefined ? null : [name], clock, isDryRun),

    /** What became of a notification, by its id as the log or a receiver has it, or by that of its digest. */
    findNotification: (id: string) => findNotification(stores, id),

    /** Exports with unread data that changed since then (ms since the epoch; by default within the retention). */
    unread: (since?: number) => unread(stores, sweepSettings, clock, since),

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

    /** Milliseconds since the epoch. */
    now: clock,

    deadLetters: () => stores.deadLetters.list(),
    health: () =>
      health(stores, sweepSettings, sinkNames, clock, {
        sinkFaults: config.sinkFaults,
        groupsPerDevice,
        owners: () => owners.get(),
        known: () => known.get(),
      }),
    /** Throws a QueryRefused, also where more than `maxSorted` detections would have to be sorted. */
    listDetections: (query: DetectionQuery, maxSorted?: number) => listDetections(stores, sinkNames, query, maxSorted),

    /** Null for an unknown id. */
    getDetection: (id: string) => getDetection(stores, id, config.rule.lookbackDays),

    /** Who owns an address, by the database in the account. */
    ownerOf: async (address: string): Promise<Owner | null> => (await owners.owners())(address),

    /** The ids of detections that begin with `start`, two at most. */
    detectionIds: (start: string) => idsBeginningWith(stores, start, 2),

    /** Records the verdict of an analyst; null for an unknown id. */
    recordVerdict: (id: string, input: Omit<Verdict, 'at'>) => recordVerdict(stores, id, input, clock),

    addSuppression: (wanted: NewSuppression, force: boolean) =>
      addSuppression(stores, wanted, force, clock, newSuppressionId),

    listSuppressions: () => listSuppressions(stores, clock),

    /** False for an unknown id. */
    removeSuppression: (id: string) => stores.suppressions.remove(id),

    testSuppression: (criteria: SuppressionCriteria) => testSuppression(stores, criteria, config.rule.lookbackDays),
  };
}

/** A random id: it reveals nothing of the suppression. */
function newSuppressionId(): string {
  return `s-${randomBytes(4).toString('hex')}`;
}

/** The stores on Azure that the settings name. */
export function storesOf(config: Config, options: StorageClientOptions = {}): Stores {
  const state = storageClients(config.storage, options);
  const exports = config.exportStorage === config.storage ? state : storageClients(config.exportStorage, options);
  return azureStores(state, exports, config.blobTrigger === 'off' ? null : exports);
}
