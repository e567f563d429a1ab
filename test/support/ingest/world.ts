import { Buffer } from 'node:buffer';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { Ingest } from '../../../src/ingest/ingest.ts';
import type { IngestResult } from '../../../src/ingest/ingest_result.ts';
import { type SweepResult, sweep } from '../../../src/ingest/sweep.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import type { Counters, ExportState } from '../../../src/storage/ports/export_states.ts';
import type { ExportRef } from '../../../src/storage/ports/exports.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { streamed } from '../../unit/core/records/records.ts';
import { type Gate, gated } from './gate.ts';
import { type RawEvent, rawEvents } from './raw_events.ts';
import { rowsOf } from './verify.ts';

export const REF = Object.freeze({ container: 'exports', name: 'y=2026/m=11/d=20/h=08/m=00/PT1H.json' });

const RETENTION_DAYS = 4;

/** Stores in memory, a clock that stands until it is moved, and workers. */
export class World {
  now = Date.UTC(2026, 10, 20, 10);
  readonly stores: MemoryStores;
  segmentBytes: number | undefined;
  blockBytes: number | undefined;
  groupsPerDevice: number | undefined;
  #workers = 0;

  constructor(random?: () => number) {
    this.stores = memoryStores({ clock: () => this.now, ...(random && { random }) });
  }

  append(text: string | Uint8Array, ref: ExportRef = REF): void {
    this.stores.exports.append(ref, text);
  }

  /** A worker on an export: through a gate, or on other stores, where given. */
  ingest(
    options: {
      ref?: ExportRef;
      gate?: Gate;
      stores?: Stores;
      worker?: string;
      budgetMs?: number;
      signal?: AbortSignal;
    } = {},
  ): Promise<IngestResult> {
    const stores = options.stores ?? (options.gate ? gated(this.stores, options.gate) : this.stores);
    const name = options.worker ?? `worker-${this.#workers++}`;
    const settings = {
      retentionDays: RETENTION_DAYS,
      ...(this.segmentBytes !== undefined && { segmentBytes: this.segmentBytes }),
      ...(this.blockBytes !== undefined && { blockBytes: this.blockBytes }),
      ...(this.groupsPerDevice !== undefined && { groupsPerDevice: this.groupsPerDevice }),
    };
    const ingest = new Ingest(
      stores,
      [...formatsOf(['defender']), rawEvents],
      settings,
      () => this.now,
      () => name,
    );
    return ingest.ingest(options.ref ?? REF, options.budgetMs ?? HOUR_MS, options.signal);
  }

  /** A sweep, when the messages of the one before have been taken. */
  async sweep(containers: readonly string[] = ['exports'], stores: Stores = this.stores): Promise<SweepResult> {
    this.queued();
    return await sweep(stores, { containers, retentionDays: RETENTION_DAYS, historyDays: 90 }, () => this.now);
  }

  /** The names of the exports that were put on the queue since it was last asked. */
  queued(): string[] {
    return this.stores.queues.ingest.splice(0).map(({ name }) => name);
  }

  async state(ref: ExportRef = REF): Promise<ExportState> {
    const found = await this.stores.exportStates.get(ref);
    if (!found) throw new Error(`no state of ${ref.name}`);
    return found.row;
  }

  async change(changes: Partial<ExportState>, ref: ExportRef = REF): Promise<void> {
    const found = await this.stores.exportStates.get(ref);
    if (!found) throw new Error(`no state of ${ref.name}`);
    await this.stores.exportStates.replace({ ...found.row, ...changes }, found.version);
  }

  /** The ReportId of a report is its number here, and its count too: so a row says which report it is. */
  async rows(): Promise<number[]> {
    const counts = (await rowsOf(this.stores)).map((row) => (JSON.parse(row) as unknown[]).at(-1) as number);
    return counts.sort((a, b) => a - b);
  }

  /** `reason offset` */
  async letters(): Promise<string[]> {
    const letters = await Array.fromAsync(this.stores.deadLetters.list());
    return letters.map(({ reason, offset }) => `${reason} ${offset}`);
  }
}

/** A report of its own number. */
export function report(n: number, changes: Record<string, unknown> = {}): object {
  return streamed({ ReportId: n, AdditionalFields: `{"uniqueEventsAggregated":${n}}`, ...changes });
}

/** A raw event, of 20 November 2026 at that time of day. */
export function event(time: string, changes: Partial<RawEvent> = {}): object {
  const RawEvent: RawEvent = {
    source: 'sysmon',
    device: 'wks-0417',
    process: 'updater.exe',
    ip: '203.0.113.77',
    time: `2026-11-20T${time}Z`,
    ...changes,
  };
  return { RawEvent };
}

/** Lines as the exporter writes them. */
export function lines(...records: readonly (object | string)[]): string {
  return records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\r\n`).join('');
}

export function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

/** What adds up to the counters of an export. */
export function counters(changes: Partial<Counters>): Counters {
  return {
    lines: 0,
    records: 0,
    reports: 0,
    skipped: 0,
    excluded: 0,
    expired: 0,
    deadLetters: 0,
    unknownShapes: 0,
    overGroupLimit: 0,
    ...changes,
  };
}
