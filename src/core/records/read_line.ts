import type { ReadFault, RecordFormat } from './reading.ts';
import type { Report } from './report.ts';

/** What one line of an export holds. */
export interface LineReading {
  readonly reports: readonly { readonly report: Report; readonly record: number }[];
  /** Records of the line, of whatever kind. */
  readonly records: number;
  readonly skipped: number;
  readonly excluded: number;
  /** Records of a format that we know: reports, faulty ones and skipped ones alike. */
  readonly known: number;
  /** The records (by their place in the line) that could not be read. */
  readonly faults: readonly { readonly fault: ReadFault; readonly record: number }[];
}

/**
 * Reads one line: a record, an array of records, or `{"records":[…]}` as Event Hubs batches them. A record of the line
 * that cannot be read is a fault of its own and stops no other.
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
    // A record of no known format is not ours to judge: where a whole export has nothing else, it is refused.
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
    // Nested deeper than the stack: known only by what happens.
    if (error instanceof RangeError) return { kind: 'fault', fault: 'too-deep' } as const;
    throw error;
  }
}

function isObject(record: unknown): record is object {
  return typeof record === 'object' && record !== null && !Array.isArray(record);
}
