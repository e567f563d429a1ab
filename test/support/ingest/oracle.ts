import { Buffer, isUtf8 } from 'node:buffer';
import type { Fate } from './author.ts';

/** What a reading of one segment leaves, by the slow and obvious way. */
export interface Expected {
  /** Rows, `[source, device, process, address, time, count]` as JSON, by the number of their report; with its time. */
  readonly rows: Map<number, { readonly row: string; readonly timeMs: number }>;
  /** Rows of raw events likewise, with the time of their hour. */
  readonly hours: { readonly row: string; readonly timeMs: number }[];
  /** `offset length record reason code`, each. */
  readonly letters: string[];
  readonly counters: ExpectedCounters;
}

/** `reports` with those that are too old: which these are depends on when they are read. */
export interface ExpectedCounters {
  lines: number;
  records: number;
  reports: number;
  skipped: number;
  excluded: number;
  deadLetters: number;
}

/** The author's word for each record, and how many bytes of a segment begin the lines of one block of raw events. */
export interface Oracle {
  fateOf(model: number): Fate;
  readonly blockBytes: number;
}

/** Reads the bytes `[start, end)` of an export as text, line by line, with JSON.parse and the author's word for each record. */
export function readSlowly(content: Buffer, start: number, end: number, oracle: Oracle): Expected {
  const reading = new Reading((model) => oracle.fateOf(model));
  for (const { offset, length, text, bytes } of linesOf(content.subarray(start, end), start)) {
    const block = Math.floor((offset - start) / oracle.blockBytes);
    if (text !== '') reading.line(block, `${offset} ${length}`, text, bytes);
  }
  reading.end();
  return reading;
}

class Reading implements Expected {
  readonly rows: Expected['rows'] = new Map();
  readonly hours: { row: string; timeMs: number }[] = [];
  readonly letters: string[] = [];
  readonly counters = { lines: 0, records: 0, reports: 0, skipped: 0, excluded: 0, deadLetters: 0 };
  readonly #fateOf: (model: number) => Fate;
  /** Of each refused row the place of its last report. */
  readonly #refused = new Map<number, string>();
  /** Lines that were met. */
  readonly #lines = new Set<string>();
  readonly #raw = new Map<string, { hour: string; place: string; timeMs: number; refused: boolean; events: number }>();

  constructor(fateOf: (model: number) => Fate) {
    this.#fateOf = fateOf;
  }

  line(block: number, place: string, text: string, bytes: Buffer): void {
    this.counters.lines++;
    const isRepeat = this.#lines.has(text);
    this.#lines.add(text);
    const isWhole = /^(?:\{.*\}|\[.*\])$/s.test(text);
    const records = !isWhole ? 'bad-json' : /Aggregated|RawEvent/.test(text) ? recordsOf(bytes) : null;
    this.counters.records += Array.isArray(records) ? records.length : 1;
    if (records === null) this.counters.skipped++;
    else if (typeof records === 'string') this.#bury(`${place} 0`, records);
    else for (const [index, record] of records.entries()) this.#record(record, `${place} ${index}`, block, isRepeat);
  }

  end(): void {
    for (const place of this.#refused.values()) {
      this.#bury(place, 'refused-row EntityTooLarge');
      this.counters.reports--;
    }
    for (const { hour, place, timeMs, refused, events } of this.#raw.values()) {
      if (refused) {
        this.#bury(place, 'refused-row EntityTooLarge');
        this.counters.reports -= events;
      } else {
        this.hours.push({ row: JSON.stringify([...(JSON.parse(hour) as unknown[]), events]), timeMs });
      }
    }
  }

  #record(record: unknown, place: string, block: number, isRepeat: boolean): void {
    const model = modelOf(record);
    if (model === 'none') this.#bury(place, 'bad-json');
    else if (model === 'unknown') this.counters.skipped++;
    else this.#known(model, place, block, isRepeat);
  }

  #known(model: number, place: string, block: number, isRepeat: boolean): void {
    const fate = this.#fateOf(model);
    switch (fate.kind) {
      case 'raw':
        this.counters.reports++;
        if (!isRepeat) this.#count(`${block} ${fate.hour}`, { ...fate, place });
        break;
      case 'row':
        this.counters.reports++;
        this.rows.set(model, fate);
        break;
      case 'refused':
        this.counters.reports++;
        this.#refused.set(model, place);
        break;
      case 'future':
        this.#bury(place, 'time-in-future');
        break;
      case 'fault':
        this.#bury(place, fate.fault);
        break;
      default:
        this.counters[fate.kind]++;
    }
  }

  #count(key: string, of: { hour: string; place: string; timeMs: number; refused: boolean }): void {
    const before = this.#raw.get(key);
    if (before) before.events++;
    else this.#raw.set(key, { ...of, events: 1 });
  }

  #bury(place: string, reason: string): void {
    this.letters.push(`${place} ${reason}`);
    this.counters.deadLetters++;
  }
}

function* linesOf(bytes: Buffer, start: number) {
  let offset = start;
  for (const line of bytes.toString('latin1').split('\n')) {
    const text = line.replace(/^\xef\xbb\xbf/, '').replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    yield { offset, length: line.length, text, bytes: Buffer.from(text, 'latin1') };
    offset += line.length + 1;
  }
}

function recordsOf(bytes: Buffer): unknown[] | 'bad-utf8' | 'bad-json' {
  if (!isUtf8(bytes)) return 'bad-utf8';
  try {
    const value = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(value) ? value : Array.isArray(value.records) ? value.records : [value];
  } catch {
    return 'bad-json';
  }
}

function modelOf(record: unknown): number | 'unknown' | 'none' {
  if (typeof record !== 'object' || record === null) return 'none';
  const { Model, properties } = record as { Model?: number; properties?: { Model?: number } };
  return properties?.Model ?? Model ?? 'unknown';
}
