import { DAY_MS, HOUR_MS } from '../../../src/core/kql/timespan.ts';
import type { ReadFault } from '../../../src/core/records/reading.ts';
import type { Source } from '../../../src/core/records/report.ts';
import type { Random } from './random.ts';
import type { RawEvent } from './raw_events.ts';

/** What becomes of a record, whatever happens on the way. */
export type Fate =
  /** A row; or none, where it is older than what is kept. */
  | { readonly kind: 'row'; readonly row: string; readonly timeMs: number }
  /** A dead letter, once for each segment that holds it. */
  | { readonly kind: 'refused'; readonly row: string }
  /** A raw event: one more in the row of this hour of its group, `[source, device, process, address, hour]` as JSON. */
  | { readonly kind: 'raw'; readonly hour: string; readonly timeMs: number; readonly refused: boolean }
  /** A dead letter, each time. */
  | { readonly kind: 'future' }
  | { readonly kind: 'skipped' | 'excluded' }
  | { readonly kind: 'fault'; readonly fault: ReadFault };

/** The store that the tests stand in front of takes no row of it. */
export const REFUSED_DEVICE = 'refused.example';

interface Spec {
  readonly n: number;
  readonly device: string;
  readonly process: string;
  readonly ip: string;
  readonly timeMs: number;
  readonly ticks: string;
  readonly count: number | null;
  readonly port: number;
  /** Without one, the report is known by all its properties, so it comes by one route only. */
  readonly reportId: number | null;
}

const DEVICES = ['wks-0417.corp.example', 'wks-ä日本\u{1f600}', 'srv-1'];
const RAW_SOURCES = ['sysmon', 'wfp'] as const satisfies readonly Source[];
const PROCESSES = ['updater.exe', 'agent "x".exe', ''];
const ADDRESSES = ['203.0.113.77', '198.51.100.9', '192.0.2.7'];

/**
 * Writes what an exporter writes, and worse: reports of few groups at few instants, so that they differ in a port alone;
 * the same report again, by either route; raw events of the same groups; the same line again; reports that are late, too late, ahead of time or refused; other records; and
 * what is none. Of each record it knows the fate, by the number `Model` within: no code of ours is asked.
 */
export class Author {
  readonly #random: Random;
  readonly #start: number;
  /** How many raw events there are for a hundred other records. */
  readonly #raw: number;
  readonly #lines: Buffer[] = [];
  readonly #specs: Spec[] = [];
  readonly #fates: Fate[] = [];
  #envelopes = 0;

  /** `start`: when the exports begin (ms since the epoch). */
  constructor(random: Random, start: number, raw: number) {
    this.#random = random;
    this.#start = start;
    this.#raw = raw;
  }

  /** What becomes of the record with this number. */
  fateOf(model: number): Fate {
    const fate = this.#fates[model];
    if (!fate) throw new Error(`no record ${model}`);
    return fate;
  }

  /** Some lines; the last one may lack its line end. */
  lines(count: number): Buffer {
    const parts: Buffer[] = [];
    for (let n = 0; n < count; n++) {
      const isLast = n === count - 1;
      const end = isLast && this.#random.chance(0.1) ? '' : this.#random.chance(0.8) ? '\r\n' : '\n';
      parts.push(this.#line(), Buffer.from(end));
    }
    return Buffer.concat(parts);
  }

  #line(): Buffer {
    const isAgain = this.#lines.length > 0 && this.#random.chance(0.1);
    const line = isAgain ? this.#random.pick(this.#lines) : this.#freshLine();
    this.#lines.push(line);
    return this.#random.chance(0.05) ? Buffer.concat([Buffer.from(' '), line, Buffer.from('\t')]) : line;
  }

  #freshLine(): Buffer {
    const random = this.#random;
    const kind = random.weighted({ record: 80, batch: 5, array: 3, malformed: 4, broken: 4, badUtf8: 2, blank: 2 });
    switch (kind) {
      case 'record':
        return Buffer.from(`${random.chance(0.03) ? '\ufeff' : ''}${JSON.stringify(this.#record())}`);
      case 'batch':
        return Buffer.from(JSON.stringify({ records: this.#some(() => this.#record()) }));
      case 'array':
        return Buffer.from(JSON.stringify(this.#some(() => (random.chance(0.3) ? 7 : this.#record()))));
      case 'malformed':
        return Buffer.from(random.pick(['plain text', '{"Aggregated":', '}', '[}']));
      case 'broken':
        return Buffer.from(random.pick(['{"Aggregated":}', '["Aggregated",]', '{"no token":}']));
      case 'badUtf8':
        return Buffer.from([...Buffer.from('{"Aggregated":"'), 0xc3, 0x28, ...Buffer.from('"}')]);
      case 'blank':
        return Buffer.from(random.pick(['', '  ', '\ufeff', '\t']));
    }
  }

  #some<T>(one: () => T): T[] {
    return Array.from({ length: this.#random.int(0, 3) }, one);
  }

  #record(): object {
    const random = this.#random;
    const kind = random.weighted({
      fresh: 30,
      twin: 20,
      again: 20,
      refused: 5,
      tooLate: 4,
      future: 4,
      skipped: 5,
      foreign: 3,
      excluded: 2,
      unknown: 2,
      badTime: 3,
      badField: 2,
      raw: this.#raw,
    });
    switch (kind) {
      case 'fresh':
        return this.#written(this.#spec());
      case 'twin':
        return this.#written(this.#twin());
      case 'again':
        return this.#written(this.#specs.length > 0 ? random.pick(this.#specs) : this.#spec());
      case 'refused':
        return this.#written(this.#spec({ device: REFUSED_DEVICE }));
      case 'tooLate':
        // Of the last ones it depends on when they are read.
        return this.#written(this.#spec({ timeMs: this.#start - random.pick([30, 19.5, 18]) * DAY_MS }));
      case 'future':
        return this.#written(this.#spec({ timeMs: this.#start + 300 * DAY_MS }));
      case 'skipped':
        return this.#other({ kind: 'skipped' }, { ActionType: 'ConnectionSuccess' });
      case 'foreign':
        return { ...this.#other({ kind: 'skipped' }), category: 'AdvancedHunting-DeviceFileEvents' };
      case 'excluded':
        return this.#other({ kind: 'excluded' }, { RemoteIP: random.pick(['10.0.0.1', 'fe80::7']) });
      case 'unknown':
        return { level: random.pick(['info', 'Aggregated']), Model: this.#fated({ kind: 'skipped' }) };
      case 'badTime':
        return this.#other({ kind: 'fault', fault: 'bad-time' }, { Timestamp: 'yesterday' });
      case 'badField':
        return this.#other({ kind: 'fault', fault: 'bad-field' }, { RemoteIP: 5 });
      case 'raw':
        return this.#rawEvent();
    }
  }

  /** Few groups, and hours near each other; two events differ in their number at least. */
  #rawEvent(): object {
    const random = this.#random;
    const when = random.weighted({ recent: 85, late: 5, tooLate: 5, future: 5 });
    const daysAgo = { recent: 0, late: 18, tooLate: 30, future: -300 }[when];
    const timeMs = this.#start - daysAgo * DAY_MS - random.int(0, 2 * 3_600) * 1_000;
    const event: RawEvent = {
      source: random.pick(RAW_SOURCES),
      device: when === 'recent' && random.chance(0.1) ? REFUSED_DEVICE : (DEVICES[0] as string),
      process: PROCESSES[0] as string,
      ip: random.pick(ADDRESSES.slice(0, 2)),
      time: `${instant(timeMs)}${random.pick(['0', '000', '1234567'])}Z`,
    };
    return { RawEvent: event, Model: this.#fated(rawFate(event, timeMs, when === 'future')) };
  }

  #fated(fate: Fate): number {
    return this.#fates.push(fate) - 1;
  }

  #spec(changes: Partial<Spec> = {}): Spec {
    const random = this.#random;
    const n = this.#fates.length;
    const spec: Spec = {
      n,
      device: random.pick(DEVICES),
      process: random.pick(PROCESSES),
      ip: random.pick(ADDRESSES),
      timeMs: this.#start - random.int(0, 60) * HOUR_MS,
      ticks: random.pick(['', '.5', '.1234567']),
      count: random.pick([60, 0, null]),
      port: 443,
      reportId: random.chance(0.9) ? n : null,
      ...changes,
    };
    return this.#kept(spec);
  }

  /** The same in all but one thing. */
  #twin(): Spec {
    const of = this.#specs.length > 0 ? this.#random.pick(this.#specs) : this.#spec();
    const n = this.#fates.length;
    return this.#kept(
      of.reportId !== null && this.#random.chance(0.3) ? { ...of, n, reportId: n } : { ...of, n, port: 1000 + n },
    );
  }

  #kept(spec: Spec): Spec {
    this.#fated(this.#fateOf(spec));
    this.#specs.push(spec);
    return spec;
  }

  #fateOf({ device, process, ip, timeMs, ticks, count }: Spec): Fate {
    if (timeMs > this.#start) return { kind: 'future' };
    const row = JSON.stringify([
      'defender',
      device,
      process,
      ip,
      `${instant(timeMs)}${ticks.slice(1).padEnd(7, '0')}Z`,
      count,
    ]);
    return device === REFUSED_DEVICE ? { kind: 'refused', row } : { kind: 'row', row, timeMs };
  }

  /** A report as it is delivered: each time in another envelope, or by the other route, flat. */
  #written(spec: Spec): object {
    const properties = {
      DeviceName: spec.device,
      InitiatingProcessFileName: spec.process,
      RemoteIP: spec.ip,
      RemotePort: spec.port,
      ReportId: spec.reportId,
      ActionType: 'ConnectionSuccessAggregatedReport',
      Model: spec.n,
    };
    const time = `${instant(spec.timeMs).slice(0, -1)}${spec.ticks}Z`;
    const fields = spec.count === null ? {} : { uniqueEventsAggregated: spec.count };
    if (spec.reportId !== null && this.#random.chance(0.3)) {
      return { TimeGenerated: time, Type: 'DeviceNetworkEvents', ...properties, AdditionalFields: fields };
    }
    return this.#enveloped({ ...properties, Timestamp: time, AdditionalFields: JSON.stringify(fields) });
  }

  #other(fate: Fate, changes: object = {}): { properties: object } {
    return this.#enveloped({
      DeviceName: 'wks-9',
      InitiatingProcessFileName: 'updater.exe',
      RemoteIP: '203.0.113.1',
      ReportId: this.#fates.length,
      ActionType: 'ConnectionSuccessAggregatedReport',
      Timestamp: `${instant(this.#start).slice(0, -1)}Z`,
      ...changes,
      Model: this.#fated(fate),
    });
  }

  #enveloped(properties: object): { properties: object } {
    return { time: `${this.#envelopes++}`, category: 'AdvancedHunting-DeviceNetworkEvents', properties } as never;
  }
}

function rawFate({ source, device, process, ip }: RawEvent, timeMs: number, isFuture: boolean): Fate {
  if (isFuture) return { kind: 'future' };
  const hourMs = timeMs - (timeMs % HOUR_MS);
  const hour = JSON.stringify([source, device, process, ip, `${instant(hourMs)}0000000Z`]);
  return { kind: 'raw', hour, timeMs: hourMs, refused: device === REFUSED_DEVICE };
}

/** `YYYY-MM-DDTHH:MM:SS.` */
function instant(ms: number): string {
  return new Date(ms).toISOString().slice(0, 20);
}
