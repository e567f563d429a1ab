import type { ReadFault, RecordFormat } from './reading.ts';
import type { Report } from './report.ts';

/** The content of one line of an export. */
export interface LineReading {
  readonly reports: readonly { readonly report: Report; readonly record: number }[];
  /** All records of the line. */
  readonly records: number;
  readonly skipped: number;
  readonly excluded: number;
  /** Records of a known format, also faulty and skipped ones. */
  readonly known: number;
  /** The records that could not be read; `record` is the index within the line. */
  readonly faults: readonly { readonly fault: ReadFault; readonly record: number }[];
}

/**
 * Reads one line: a record, an array of records, or `{"records":[…]}` as Event Hubs batches them. A record
 * that cannot be read is a fault and does not affect the others.
 */
export function readLine(text: string, formats: readonly RecordFormat[]): LineReading {
  const records = recordsOf(text);
  if (typeof records === 'string') return { ...NOTHING, records: 1, faults: [{ fault: records, record: 0 }] };

  const reports: { report: Report; record: number }[] = [];
  const faults: { fault: ReadFault; record: number }[] = [];
  const seen = { report: 0, skipped: 0, excluded: 0, fault: 0, unknown: 0, noRecord: 0 };
  for (const [index, record] of records.entries()) {
    const reading = read(record, formats);
    seen[isObject(record) ? reading.kind : 'noRecord']++;
    if (reading.kind === 'report') reports.push({ report: reading.report, record: index });
    if (reading.kind === 'fault') faults.push({ fault: reading.fault, record: index });
  }
  return {
    reports,
    records: records.length,
    // A record of an unknown format is skipped. An export that holds nothing else is refused by the reader.
    skipped: seen.skipped + seen.unknown,
    excluded: seen.excluded,
    known: records.length - seen.unknown - seen.noRecord,
    faults,
  };
}

const NOTHING: LineReading = { reports: [], records: 0, skipped: 0, excluded: 0, known: 0, faults: [] };

function recordsOf(text: string): readonly unknown[] | ReadFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof RangeError ? 'too-deep' : 'bad-json';
  }
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return 'bad-json';
  return 'records' in value && Array.isArray(value.records) ? value.records : [value];
}

function read(record: unknown, formats: readonly RecordFormat[]) {
  if (!isObject(record)) return { kind: 'fault', fault: 'bad-json' } as const;
  try {
    let kind: 'skipped' | 'unknown' = 'unknown';
    for (const format of formats) {
      const reading = format.read(record);
      if (reading.kind === 'skipped') kind = 'skipped';
      else if (reading.kind !== 'unknown') return reading;
    }
    return { kind } as const;
  } catch (error) {
    // Nested deeper than the stack; it cannot be detected earlier.
    if (error instanceof RangeError) return { kind: 'fault', fault: 'too-deep' } as const;
    throw error;
  }
}

function isObject(record: unknown): record is object {
  return typeof record === 'object' && record !== null && !Array.isArray(record);
}
