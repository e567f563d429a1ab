import { escapeForDisplay } from '../text/escape.ts';
import { openDateIn } from './date_order.ts';
import { isPartial, withoutFrames } from './envelope.ts';
import { innerRecords } from './inner_records.ts';
import { jsonValueOf, NO_JSON } from './json_value.ts';
import { isTooDeep } from './nesting.ts';
import { type FieldFault, faultText, type Needed, type ReadFault, type Reading, type RecordFormat } from './reading.ts';
import type { Report, Source } from './report.ts';
import { xmlRecordOf } from './xml_record.ts';

/** A record that carries the mark of a source in a shape that no format knows. */
export interface UnknownShape {
  readonly source: Source;
  /** The record of the line, from 0. */
  readonly record: number;
  /** Names of its members, escaped for display, at most `MAX_MEMBERS` of at most `MAX_MEMBER_LENGTH` characters. */
  readonly members: readonly string[];
}

/** `record`: its index within the line. */
export interface ReportOfLine {
  readonly report: Report;
  readonly record: number;
  readonly lacks?: readonly Needed[];
}

/** The content of one line of an export. */
export interface LineReading {
  readonly reports: readonly ReportOfLine[];
  /** All records of the line. Records inside a record count in its place. */
  readonly records: number;
  readonly skipped: number;
  readonly excluded: number;
  /** Of these, the records without a member for the address. */
  readonly withoutAddress: number;
  /** Records that carry the mark of a source in a shape that no format knows. */
  readonly unknownShapes: number;
  /** The first of them; null where there is none. */
  readonly firstUnknownShape: UnknownShape | null;
  /** Records of a known source: reports, faulty and skipped records, and records of an unknown shape. */
  readonly known: number;
  /** The first `MAX_FAULTS_PER_LINE` records that could not be read; `record` is the index within the line. */
  readonly faults: readonly (FieldFault & { readonly record: number })[];
  /** The number of the others, by `faultText`. A line of 1 MiB can hold half a million. */
  readonly moreFaults: ReadonlyMap<string, number>;
}

/** Maximum depth of a record inside other records. */
const MAX_DEPTH = 4;
export const MAX_MEMBERS = 16;
export const MAX_MEMBER_LENGTH = 64;
/** Faults of one line that are named with their record. */
export const MAX_FAULTS_PER_LINE = 10;

/**
 * Reads one line: a record, an array of records, `{"records":[…]}` as Event Hubs batches them, or an event as XML. If no
 * format knows a record, the records inside it are read. A record that cannot be read is a fault and does not affect the
 * others.
 */
export function readLine(text: string, formats: readonly RecordFormat[]): LineReading {
  const records = recordsOf(text);
  if (typeof records === 'string') return { ...NOTHING, records: 1, faults: [{ fault: records, record: 0 }] };

  const [only] = records;
  if (records.length === 1 && isObject(only)) {
    const found = readingsOf(only, formats);
    const [first] = found;
    // Nine of ten lines that are parsed.
    if (found.length === 1 && first?.kind === 'report') return { ...ONE, reports: [reportAt(first, 0)] };
    const tally = new Tally();
    for (const each of found) tally.add(each, 0);
    return tally.reading();
  }
  const tally = new Tally();
  for (const [index, record] of records.entries()) {
    if (!isObject(record)) tally.addNoRecord(index);
    else for (const found of readingsOf(record, formats)) tally.add(found, index);
  }
  return tally.reading();
}

/** Adds up the readings of the records of a line. */
class Tally {
  readonly #reports: ReportOfLine[] = [];
  readonly #faults: (FieldFault & { record: number })[] = [];
  #moreFaults: Map<string, number> | null = null;
  #records = 0;
  #skipped = 0;
  #excluded = 0;
  #withoutAddress = 0;
  /** Records of no format that carry no mark, and values that are not records. */
  #foreign = 0;
  #unknownShapes = 0;
  #firstUnknownShape: UnknownShape | null = null;

  add(found: Found, record: number): void {
    this.#records++;
    switch (found.kind) {
      case 'report':
        this.#reports.push(reportAt(found, record));
        break;
      case 'skipped':
        this.#skipped++;
        break;
      case 'excluded':
        this.#excluded++;
        if (found.lacks !== undefined) this.#withoutAddress++;
        break;
      case 'fault':
        this.#addFault(found, record);
        break;
      case 'unknown':
        this.#addUnknown(found, record);
    }
  }

  addNoRecord(record: number): void {
    this.#records++;
    this.#foreign++;
    this.#addFault(NO_RECORD, record);
  }

  reading(): LineReading {
    return {
      reports: this.#reports,
      records: this.#records,
      skipped: this.#skipped,
      excluded: this.#excluded,
      withoutAddress: this.#withoutAddress,
      unknownShapes: this.#unknownShapes,
      firstUnknownShape: this.#firstUnknownShape,
      known: this.#records - this.#foreign,
      faults: this.#faults,
      moreFaults: this.#moreFaults ?? NONE_MORE,
    };
  }

  #addFault(fault: FieldFault, record: number): void {
    if (this.#faults.length < MAX_FAULTS_PER_LINE) {
      this.#faults.push(faultAt(fault, record));
      return;
    }
    const text = faultText(fault);
    this.#moreFaults ??= new Map();
    this.#moreFaults.set(text, (this.#moreFaults.get(text) ?? 0) + 1);
  }

  #addUnknown({ record, source }: Unknown, index: number): void {
    if (source === null) {
      // Of an unknown format and without a mark: a record of another product.
      this.#skipped++;
      this.#foreign++;
      return;
    }
    this.#unknownShapes++;
    this.#firstUnknownShape ??= { source, record: index, members: membersOf(record) };
  }
}

const NO_RECORD: FieldFault = { fault: 'bad-json' };

/** A line with few faults, as nearly all are, needs no map of its own. */
const NONE_MORE: ReadonlyMap<string, number> = new Map();

const NOTHING: LineReading = {
  reports: [],
  records: 0,
  skipped: 0,
  excluded: 0,
  withoutAddress: 0,
  unknownShapes: 0,
  firstUnknownShape: null,
  known: 0,
  faults: [],
  moreFaults: NONE_MORE,
};

/** A line with one report and nothing else. */
const ONE: LineReading = { ...NOTHING, records: 1, known: 1 };

function reportAt({ report, lacks }: Reading & { readonly kind: 'report' }, record: number): ReportOfLine {
  return lacks === undefined ? { report, record } : { report, record, lacks };
}

function faultAt({ fault, field }: FieldFault, record: number): FieldFault & { record: number } {
  return field === undefined ? { fault, record } : { fault, field, record };
}

const [OPEN_OBJECT, OPEN_ARRAY] = [0x7b, 0x5b];

function recordsOf(text: string): readonly unknown[] | ReadFault {
  const first = text.charCodeAt(0);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY && !/^\s*[{[]/.test(text)) {
    const xml = xmlRecordOf(text);
    if (xml !== null) return [xml];
  }
  if (isTooDeep(text)) return 'too-deep';
  const value = jsonValueOf(text);
  if (value === NO_JSON) return 'bad-json';
  if (Array.isArray(value)) return withoutFrames(value);
  if (typeof value !== 'object' || value === null) return 'bad-json';
  return 'records' in value && Array.isArray(value.records) ? value.records : [value];
}

/** A reading; if it is unknown, with the record and the source whose mark it carries. */
type Found = Exclude<Reading, { readonly kind: 'unknown' }> | Unknown;
interface Unknown {
  readonly kind: 'unknown';
  readonly record: object;
  readonly source: Source | null;
}

function readingsOf(record: object, formats: readonly RecordFormat[]): readonly Found[] {
  try {
    return readingsWithin(record, formats, 0);
  } catch (error) {
    // Nested deeper than the stack; it cannot be detected earlier.
    if (error instanceof RangeError) return [{ kind: 'fault', fault: 'too-deep' }];
    throw error;
  }
}

/** The reading of a record; if no format knows it, the readings of the records inside it, if one of those is known. */
function readingsWithin(record: object, formats: readonly RecordFormat[], depth: number): readonly Found[] {
  const reading = read(record, formats);
  if (reading.kind !== 'unknown' && !isOtherTable(reading)) return [reading];
  if (isPartial(record as Readonly<Record<string, unknown>>)) return partial(record, formats, depth);
  return readingsInside(record, formats, depth, reading);
}

/** The rows of an answer that is not complete, and the fault. */
function partial(record: object, formats: readonly RecordFormat[], depth: number): readonly Found[] {
  const inside = readingsInside(record, formats, depth, UNKNOWN);
  const rows = inside.filter(({ kind }) => kind !== 'unknown');
  return [...rows, { kind: 'fault', fault: 'partial-answer' }];
}

function readingsInside(
  record: object,
  formats: readonly RecordFormat[],
  depth: number,
  reading: Reading,
): readonly Found[] {
  const open = formats.filter((format) => format.read(record).kind === 'unknown');
  const text = JSON.stringify(record);
  const source = open.find(({ mark }) => mark.test(text))?.source ?? null;
  if (source !== null && depth < MAX_DEPTH) {
    const isMarked = (part: string): boolean => formats.some(({ mark }) => mark.test(part));
    for (const inner of innerRecords(record as Readonly<Record<string, unknown>>, isMarked)) {
      const found = inner.flatMap((each) => readingsWithin(each, formats, depth + 1));
      if (found.some(({ kind }) => kind !== 'unknown')) return found;
    }
  }
  return reading.kind === 'unknown' || source !== null ? [{ kind: 'unknown', record, source }] : [reading];
}

function read(record: object, formats: readonly RecordFormat[]): Reading {
  let reading: Reading = UNKNOWN;
  for (const format of formats) {
    const each = withReason(record, format);
    if (each.kind !== 'skipped' && each.kind !== 'unknown') return each;
    if (each.kind === 'skipped' && (reading.kind === 'unknown' || !isOtherTable(each))) reading = each;
  }
  return reading;
}

/** The reading of a record; a date that needs an order is a reason of its own. */
function withReason(record: object, format: RecordFormat): Reading {
  const reading = format.read(record);
  if (reading.kind !== 'fault' || format.dateOrder !== undefined) return reading;
  return openDateIn(record, reading) === null ? reading : { ...reading, fault: 'date-order' };
}

const UNKNOWN: Reading = { kind: 'unknown' };

/** Whether the record may still hold records of other formats, or be one in an unknown shape. */
function isOtherTable(reading: Reading): boolean {
  return reading.kind === 'skipped' && reading.of === 'other-table';
}

function membersOf(record: object): readonly string[] {
  const names = Object.keys(record).slice(0, MAX_MEMBERS);
  return names.map((name) => escapeForDisplay(name, MAX_MEMBER_LENGTH));
}

function isObject(record: unknown): record is object {
  return typeof record === 'object' && record !== null && !Array.isArray(record);
}
