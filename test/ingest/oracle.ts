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
export function readSlowly(
  content: Buffer,
  start: number,
  end: number,
  fateOf: (model: number) => Fate,
): Expected {
  const rows: Expected['rows'] = new Map();
  const letters: string[] = [];
  const counters = { lines: 0, records: 0, reports: 0, skipped: 0, excluded: 0, deadLetters: 0 };
  /** Of each refused row the place of its last report. */
  const refused = new Map<number, string>();

  const bury = (place: string, reason: string): void => {
    letters.push(`${place} ${reason}`);
    counters.deadLetters++;
  };
  const take = (model: number, place: string): void => {
    const fate = fateOf(model);
    switch (fate.kind) {
      case 'row':
        counters.reports++;
        rows.set(model, fate);
        return;
      case 'refused':
        counters.reports++;
        refused.set(model, place);
        return;
      case 'future':
        return bury(place, 'time-in-future');
      case 'fault':
        return bury(place, fate.fault);
      default:
        counters[fate.kind]++;
    }
  };

  for (const { offset, length, text, bytes } of linesOf(content.subarray(start, end), start)) {
    if (text === '') continue;
    counters.lines++;
    if (!/^(?:\{.*\}|\[.*\])$/s.test(text)) {
      counters.records++;
      bury(`${offset} ${length} 0`, 'bad-json');
    } else if (!text.includes('Aggregated')) {
      counters.records++;
      counters.skipped++;
    } else {
      const records = recordsOf(bytes);
      if (typeof records === 'string') {
        counters.records++;
        bury(`${offset} ${length} 0`, records);
        continue;
      }
      counters.records += records.length;
      for (const [index, record] of records.entries()) {
        const place = `${offset} ${length} ${index}`;
        const model = modelOf(record);
        if (typeof model === 'number') take(model, place);
        else if (model === 'unknown') counters.skipped++;
        else bury(place, 'bad-json');
      }
    }
  }
  for (const place of refused.values()) {
    bury(place, 'refused-row EntityTooLarge');
    counters.reports--;
  }
  return { rows, letters, counters };
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
