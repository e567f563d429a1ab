import { MAX_TRAFFIC_ROWS, type Traffic } from '../core/detections/detection.ts';
import { trafficOf } from '../core/detections/traffic.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { DateOrders, onlyWithDateOrder, withDateOrder } from '../core/records/date_order.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Facts, GroupKey, Source } from '../core/records/report.ts';
import { isWithin, type Window } from '../core/scoring/window.ts';
import { readContent } from '../reading/file_reader.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import { ReportReader } from '../reading/report_reader.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import type { OfflineDetection } from './offline_detection.ts';
import type { ReadOptions } from './offline_reader.ts';

/** A detection of whose reports the facts are read. */
type Wanted = GroupKey & Pick<OfflineDetection, 'groupId' | 'regularity'>;

interface ReportFacts {
  readonly source: Source;
  readonly Timestamp: Timestamp;
  /** null: a raw event. */
  readonly identity: string | null;
  readonly facts: Facts;
}

/** The newest reports of a detection that are kept; the rest of a run's `MAX_TRAFFIC_ROWS` would say the same. */
const KEPT_REPORTS = MAX_TRAFFIC_ROWS / 5;

/**
 * Reads exports a second time for programs, accounts and outcomes of the detections that were found. The first reading counts
 * all groups, and keeps no such facts. Holds at most 200 reports of each detection.
 */
export class OfflineTraffic {
  readonly #window: Window;
  readonly #formats: readonly RecordFormat[];
  /** By group. A process that is a detection as a whole has several groups, and a group can be of two detections. */
  readonly #wanted = new Map<string, Newest[]>();
  readonly #byId = new Map<string, Newest>();

  constructor(detections: readonly Wanted[], window: Window, formats: readonly RecordFormat[]) {
    this.#window = window;
    this.#formats = formats;
    for (const detection of detections) {
      const newest = new Newest();
      this.#byId.set(detection.groupId, newest);
      for (const key of groupsOf(detection)) {
        const text = textOf(key);
        this.#wanted.set(text, [...(this.#wanted.get(text) ?? []), newest]);
      }
    }
  }

  /** Reads one export to its end. Throws the errors of `chunks`. What cannot be read was said at the first reading. */
  async read(ref: ExportRef, chunks: AsyncIterable<Uint8Array>, { dateOrder, again }: ReadOptions = {}): Promise<void> {
    const orders = new DateOrders();
    const isKnown = dateOrder !== undefined;
    await this.#readAll(ref, chunks, isKnown ? withDateOrder(this.#formats, dateOrder) : orders.noting(this.#formats));
    const order = orders.records === 0 ? null : orders.decide();
    const second = typeof order === 'string' ? again?.() : undefined;
    if (typeof order === 'string' && second !== undefined)
      await this.#readAll(ref, second, onlyWithDateOrder(this.#formats, order));
  }

  /** The facts of a detection; null where no report of it was read. */
  of(groupId: string): Traffic | null {
    const reports = this.#byId.get(groupId)?.reports() ?? [];
    return reports.length === 0 ? null : trafficOf(reports, this.#window.asOf);
  }

  async #readAll(ref: ExportRef, chunks: AsyncIterable<Uint8Array>, formats: readonly RecordFormat[]): Promise<void> {
    const reader = new ReportReader(ref, formats);
    const preFilterTokens = formats.map((format) => format.preFilterToken);
    const options = { preFilterTokens, maxLineBytes: MAX_LINE_BYTES, tail: 'line', probe: reader.probe } as const;
    for await (const batch of readContent(chunks, options, () => {})) {
      for (const { report } of reader.read(batch).reports) {
        if (!isWithin(report.Timestamp, this.#window)) continue;
        for (const newest of this.#wanted.get(textOf(report)) ?? []) newest.add(report);
      }
      if (reader.probe.foreign) return;
    }
    reader.probe.end();
  }
}

function groupsOf({ regularity, ...key }: Wanted): readonly GroupKey[] {
  if (regularity?.way !== 'process') return [key];
  return regularity.remoteIPs.map(({ RemoteIP }) => ({ ...key, RemoteIP }));
}

function textOf({ source, DeviceName, InitiatingProcessFileName, RemoteIP }: GroupKey): string {
  return JSON.stringify([source, DeviceName, InitiatingProcessFileName, RemoteIP]);
}

/** The newest reports, each once. */
class Newest {
  #reports: ReportFacts[] = [];

  add(report: ReportFacts): void {
    this.#reports.push(report);
    if (this.#reports.length >= 2 * KEPT_REPORTS) this.#reports = this.reports();
  }

  /** In order of time. */
  reports(): ReportFacts[] {
    const seen = new Set<string>();
    const once = this.#reports.filter(({ identity }) => {
      if (identity === null) return true;
      if (seen.has(identity)) return false;
      seen.add(identity);
      return true;
    });
    return once
      .sort((a, b) => (a.Timestamp < b.Timestamp ? -1 : a.Timestamp > b.Timestamp ? 1 : 0))
      .slice(-KEPT_REPORTS);
  }
}
