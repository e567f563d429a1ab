import { Buffer, isUtf8 } from 'node:buffer';
import type { Fate } from './author.ts';

/** What a reading of one segment leaves, by the slow and obvious way. */
export interface Expected {
  /** Rows, `[device, process, address, time, count]` as JSON, by the number of their report; with its time. */
  readonly rows: Map<number, { readonly row: string; readonly timeMs: number }>;
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

/** Reads the bytes `[start, end)` of an export as text, line by line, with JSON.parse and the author's word for each record. */
export function readSlowly(content: Buffer, start: number, end: number, fateOf: (model: number) => Fate): Expected {
  const reading = new Reading(fateOf);
  for (const { offset, length, text, bytes } of linesOf(content.subarray(start, end), start)) {
    if (text !== '') reading.line(`${offset} ${length}`, text, bytes);
  }
  reading.end();
  return reading;
}

class Reading implements Expected {
  readonly rows: Expected['rows'] = new Map();
  readonly letters: string[] = [];
  readonly counters = { lines: 0, records: 0, reports: 0, skipped: 0, excluded: 0, deadLetters: 0 };
  readonly #fateOf: (model: number) => Fate;
  /** Of each refused row the place of its last report. */
  readonly #refused = new Map<number, string>();

  constructor(fateOf: (model: number) => Fate) {
    this.#fateOf = fateOf;
  }

  line(place: string, text: string, bytes: Buffer): void {
    this.counters.lines++;
    const isWhole = /^(?:\{.*\}|\[.*\])$/s.test(text);
    const records = !isWhole ? 'bad-json' : text.includes('Aggregated') ? recordsOf(bytes) : null;
    this.counters.records += Array.isArray(records) ? records.length : 1;
    if (records === null) this.counters.skipped++;
    else if (typeof records === 'string') this.#bury(`${place} 0`, records);
    else for (const [index, record] of records.entries()) this.#record(record, `${place} ${index}`);
  }

  end(): void {
    for (const place of this.#refused.values()) {
      this.#bury(place, 'refused-row EntityTooLarge');
      this.counters.reports--;
    }
  }

  #record(record: unknown, place: string): void {
    const model = modelOf(record);
    if (model === 'none') this.#bury(place, 'bad-json');
    else if (model === 'unknown') this.counters.skipped++;
    else this.#known(model, place);
  }

  #known(model: number, place: string): void {
    const fate = this.#fateOf(model);
    switch (fate.kind) {
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
