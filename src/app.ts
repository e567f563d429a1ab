import { randomBytes, randomUUID } from 'node:crypto';
import type { Config } from './config.ts';
import type { SuppressionCriteria } from './core/detections/suppression.ts';
import type { Verdict } from './core/detections/verdict.ts';
import { bin } from './core/kql/bin.ts';
import { type Timestamp, timestampFromMs } from './core/kql/timestamp.ts';
import type { Rule } from './core/scoring/rule.ts';
import {
  type DetectionDetail,
  type DetectionPage,
  type DetectionQuery,
  getDetection,
  idsBeginningWith,
  listDetections,
  type SuppressionTest,
  testSuppression,
} from './detections/query_detections.ts';
import { recordVerdict } from './detections/record_verdict.ts';
import {
  type Added,
  addSuppression,
  listSuppressions,
  type NewSuppression,
  type SuppressionView,
} from './detections/suppressions.ts';
import { Ingest, type IngestResult } from './ingest/ingest.ts';
import { readUnder, replay } from './ingest/replay.ts';
import { segmentBytesOf } from './ingest/segment_cutter.ts';
import { type SweepResult, sweep, unread } from './ingest/sweep.ts';
import { type NotifyResult, notify } from './notify/notify.ts';
import { type Retried, retryFailed } from './notify/retry_failed.ts';
import type { Sink, SinkAnswer } from './notify/sink.ts';
import { knownSinks, sinkStates } from './notify/sink_states.ts';
import { testNotification } from './notify/sinks/fictional.ts';
import { bodyOf, openSink } from './notify/sinks/open.ts';
import { type Health, health } from './operations/health.ts';
import { formatsOf } from './reading/formats.ts';
import { expireHistory, scoreMessages, scorePartition, scoreWindows } from './scoring/score_windows.ts';
import { type WhatIf, WindowError, whatIf } from './scoring/what_if.ts';
import { credentialOf, type StorageClientOptions, storageClients } from './storage/azure/clients.ts';
import { azureStores } from './storage/azure/index.ts';
import { PARTITIONS } from './storage/keys.ts';
import { parseMessage } from './storage/messages.ts';
import type { Clock } from './storage/ports/clock.ts';
import type { DeadLetter } from './storage/ports/dead_letters.ts';
import type { DetectionRow } from './storage/ports/detections.ts';
import type { ExportInfo, ExportRef } from './storage/ports/exports.ts';
import type { Run } from './storage/ports/runs.ts';
import type { Stores } from './storage/ports/stores.ts';

/** The use cases, one for each trigger, over the stores that the settings name. */
export interface App {
  readonly config: Config;
  /** Reads an export on; what does not fit into the budget goes on the queue again. */
  ingest(message: unknown): Promise<IngestResult>;
  /** Queues what is unread, and takes off what ended in poison queues: the tables know what it was about. */
  sweep(): Promise<Swept>;
  scoreWindows(): Promise<{ readonly asOf: string; readonly oldestUnreadMs: number | null }>;
  scorePartition(message: unknown): Promise<Run>;
  /** The full hour up to which the timer would score now. */
  scoredHour(): Timestamp;
  /**
   * Scores every partition in this process, one after the other. What is due to the sinks that the functions know goes on
   * their queue; what they know of sinks stays as it is, whatever sinks are set here. Throws a WindowError.
   */
  runNow(asOf: Timestamp, onRun?: (run: Run) => void): Promise<Run[]>;
  /** What another rule would make of a window that is stored. Reads only. Throws a WindowError. */
  whatIf(rule: Rule, asOf: Timestamp): Promise<WhatIf>;
  /** Tells a sink of what is due to it; null where it is in the settings no more. */
  notify(message: unknown): Promise<NotifyResult | null>;
  /** Sends a test message to a sink, past everything that is kept; null where there is no such sink. */
  testSink(name: string): Promise<SinkAnswer | null>;
  /** The body of that message; null where there is no such sink. */
  previewSink(name: string): string | null;
  /**
   * Makes due again what sinks did not take, of one or of all that the functions know, whatever sinks are set here; dry,
   * says how many. Empty where they know none of that name.
   */
  retryFailed(name: string | undefined, isDryRun: boolean): Promise<readonly Retried[]>;
  /** Of the settings. */
  readonly sinkNames: readonly string[];
  /** Exports with something unread, touched since then (ms since the epoch; by default within the retention). */
  unread(
    since?: number,
  ): Promise<{ readonly exports: readonly ExportInfo[]; readonly missingContainers: readonly string[] }>;
  /** Reads an export to its end, however long it takes. */
  readOn(ref: ExportRef): Promise<IngestResult>;
  /** Reads an export again with the cuts that it has, or see `replay`; null where nothing was read of it. */
  replay(ref: ExportRef, force?: boolean): Promise<IngestResult | null>;
  /** The exports of a container whose names begin so and of which something was read. */
  readUnder(start: ExportRef): Promise<readonly ExportRef[]>;
  deadLetters(): AsyncIterable<DeadLetter>;
  health(): Promise<Health>;
  listDetections(query: DetectionQuery): Promise<DetectionPage>;
  getDetection(id: string): Promise<DetectionDetail | null>;
  /** The ids of detections that begin so, two at most. */
  detectionIds(start: string): Promise<readonly string[]>;
  /** Says what a person makes of a detection; null where there is none of this id. */
  recordVerdict(id: string, said: Omit<Verdict, 'at'>): Promise<DetectionRow | null>;
  addSuppression(wanted: NewSuppression, force: boolean): Promise<Added>;
  listSuppressions(): Promise<readonly SuppressionView[]>;
  /** False where there was none of this id. */
  removeSuppression(id: string): Promise<boolean>;
  testSuppression(criteria: SuppressionCriteria): Promise<SuppressionTest>;
}

export interface Swept extends SweepResult {
  /** Messages taken off, by queue. */
  readonly poison: Readonly<Record<string, number>>;
  /** What is wrong with sinks that were left out: who looks at the log hears of it as long as it is so. */
  readonly sinkFaults: readonly string[];
}

export interface AppParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly sinks: readonly Sink[];
}

/** How long one invocation reads on: a backlog is to spread, and whoever ends an instance is to end little. */
const INGEST_BUDGET_MS = 120_000;
/** Delivery lags up to 40 minutes: a window is scored three quarters of an hour after it ends. */
export const DELIVERY_LAG_MS = 45 * 60_000;

/** Builds the app: clients and settings to use cases, once. Nothing is sent before a use case is called. */
export function createApp(config: Config, parts: Partial<AppParts> = {}): App {
  const stores = parts.stores ?? storesOf(config);
  const clock = parts.clock ?? Date.now;
  const context = { links: config.links, digestAbove: config.digestAbove, credential: credentialOf };
  const sinks = parts.sinks ?? config.sinks.map((sink) => openSink(sink, context));
  const sinkNames = sinks.map(({ name }) => name);
  const { rule, technique, retentionDays, historyDays } = config;
  const settings = { rule, technique, retentionDays, historyDays };
  const sweepSettings = { ...settings, containers: config.containers };
  const ingestSettings = { retentionDays, segmentBytes: segmentBytesOf(config.sources) };
  const ingest = new Ingest(stores, formatsOf(config.sources), ingestSettings, clock, randomUUID);

  // Also when the timer comes late: the hour that it was set for, not the one that has just begun.
  const scoredHour = () => bin(timestampFromMs(clock() - DELIVERY_LAG_MS), '1h');
  // What is read already is scored, whatever keeps the exports out of sight; the sweep fails loudly for that.
  const oldestUnread = () =>
    unread(stores, sweepSettings, clock).then(
      (found) => found.oldestUnreadMs,
      () => null,
    );

  return {
    config,
    async ingest(message) {
      const ref: ExportRef = parseMessage('ingest', message);
      const result = await ingest.ingest(ref, INGEST_BUDGET_MS);
      if (result.end === 'more') await stores.queues.send('ingest', { container: ref.container, name: ref.name });
      return result;
    },
    async sweep() {
      // First: a container that cannot be listed is an error, and keeps no poison queue full.
      const poison = await stores.queues.takePoison();
      return { ...(await sweep(stores, sweepSettings, clock)), poison, sinkFaults: config.sinkFaults };
    },
    async scoreWindows() {
      const asOf = scoredHour();
      const oldestUnreadMs = await oldestUnread();
      await scoreWindows(stores, asOf, oldestUnreadMs);
      await expireHistory(stores, asOf, config.historyDays);
      return { asOf, oldestUnreadMs };
    },
    async scorePartition(message) {
      const job = parseMessage('score', message);
      // Where none is configured there is only to note which are missed: one partition does it for all.
      const isAsked = sinks.length > 0 || job.partition === PARTITIONS[0];
      const states = isAsked ? await sinkStates(stores, sinks, job.asOf, config.sinkFaults.length === 0) : [];
      return await scorePartition(stores, settings, states, job, clock);
    },
    scoredHour,
    async runNow(asOf, onRun = () => {}) {
      // A row that a run of an hour to come has written would be left alone by all runs until then.
      const last = bin(timestampFromMs(clock()), '1h');
      if (asOf > last) throw new WindowError(`the window up to ${asOf} is not over: the last full hour is ${last}`);
      // The settings of a shell are not those of the functions, which alone say what sinks there are.
      const states = await knownSinks(stores);
      const runs: Run[] = [];
      for (const message of await scoreMessages(stores, asOf, await oldestUnread())) {
        const run = await scorePartition(stores, settings, states, message, clock);
        onRun(run);
        runs.push(run);
      }
      return runs;
    },
    whatIf: (rule, asOf) => whatIf(stores, rule, asOf),
    async notify(message) {
      const { sink: name } = parseMessage('notify', message);
      const sink = sinks.find((each) => each.name === name);
      if (sink === undefined) return null;
      const result = await notify(stores, sink, clock);
      if (result.againInMs !== null) await stores.queues.send('notify', { sink: name }, result.againInMs);
      return result;
    },
    async testSink(name) {
      const sink = sinks.find((each) => each.name === name);
      return sink === undefined ? null : await sink.send(testNotification(clock()), clock());
    },
    sinkNames,
    previewSink(name) {
      const sink = config.sinks.find((each) => each.name === name);
      return sink === undefined ? null : bodyOf(testNotification(clock()), sink, config.links, clock());
    },
    retryFailed: (name, isDryRun) => retryFailed(stores, name === undefined ? null : [name], clock, isDryRun),
    unread: (since) => unread(stores, sweepSettings, clock, since),
    readOn: (ref) => ingest.ingest(ref, Number.POSITIVE_INFINITY),
    async replay(ref, force) {
      return (await replay(stores.exportStates, ref, force))
        ? await ingest.ingest(ref, Number.POSITIVE_INFINITY)
        : null;
    },
    readUnder: (start) => readUnder(stores.exportStates, start),
    deadLetters: () => stores.deadLetters.list(),
    health: () => health(stores, sweepSettings, sinkNames, clock, config.sinkFaults),
    listDetections: (query) => listDetections(stores, sinkNames, query),
    getDetection: (id) => getDetection(stores, id, config.rule.lookbackDays),
    detectionIds: (start) => idsBeginningWith(stores, start, 2),
    recordVerdict: (id, said) => recordVerdict(stores, id, said, clock),
    addSuppression: (wanted, force) => addSuppression(stores, wanted, force, clock, newSuppressionId),
    listSuppressions: () => listSuppressions(stores, clock),
    removeSuppression: (id) => stores.suppressions.remove(id),
    testSuppression: (criteria) => testSuppression(stores, criteria, config.rule.lookbackDays),
  };
}

/** Says nothing of what the entry is about. */
function newSuppressionId(): string {
  return `s-${randomBytes(4).toString('hex')}`;
}

/** The stores on Azure that the settings name. */
export function storesOf(config: Config, options: StorageClientOptions = {}): Stores {
  const state = storageClients(config.storage, options);
  const exports = config.exportStorage === config.storage ? state : storageClients(config.exportStorage, options);
  return azureStores(state, exports, config.blobTrigger === 'off' ? null : exports);
}
