import type { DateOrder } from './locale_instant.ts';
import type { Report, Source } from './report.ts';

/** Why a line, or a record of it, is kept as a dead letter. */
export type ReadFault =
  /** More bytes than MAX_LINE_BYTES. */
  | 'line-too-long'
  /** Bytes that are not UTF-8. */
  | 'bad-utf8'
  /** Not a JSON object, array of objects, or `{"records":[…]}`. */
  | 'bad-json'
  /** A CSV line that does not start a valid row: more or fewer cells than the header, or an unbalanced quote. */
  | 'bad-csv'
  /** A row of a table without a column that the rule needs. */
  | 'no-column'
  /** The answer of a query API that says itself that it is not complete. */
  | 'partial-answer'
  /** Nested deeper than anything that an exporter writes. */
  | 'too-deep'
  /** A Windows event whose XML is invalid, repeats a name, is too long, or has a document type. */
  | 'bad-xml'
  /** A report without a valid time. */
  | 'bad-time'
  /** A report whose date does not show whether the day or the month comes first. */
  | 'date-order'
  /** A report whose only time is local time without a zone. */
  | 'no-zone'
  /**
   * A report whose name or address is neither text nor null; a record of the table whose properties are not an object; a
   * Windows event without a computer, or without the direction of the connection.
   */
  | 'bad-field'
  /** A connection of a Windows event without a remote address. */
  | 'no-address'
  /** A report whose name or address is longer than 1,024 characters. */
  | 'name-too-long';

/** Why a record could not be read, and the field that is the reason, by the record's own name for it. */
export interface FieldFault {
  readonly fault: ReadFault;
  /** Absent if the whole record is the reason. */
  readonly field?: string;
}

/** `bad-json`, `bad-field (Computer)`: by this text faults are counted. */
export function faultText({ fault, field }: { readonly fault: string; readonly field?: string | undefined }): string {
  return field === undefined ? fault : `${fault} (${field})`;
}

/**
 * Members that the rule needs of a report. A record can lack them: no value, not even an empty one. `Image` and `Application`
 * are the process of Sysmon and of event 5156.
 */
export type Needed =
  | 'DeviceName'
  | 'InitiatingProcessFileName'
  | 'RemoteIP'
  | 'AdditionalFields'
  | 'Image'
  | 'Application';

/** The result of reading one record. `lacks`: see `Needed`; absent where nothing is lacking. */
export type Reading =
  | { readonly kind: 'report'; readonly report: Report; readonly lacks?: readonly Needed[] }
  /**
   * A valid record that the rule does not use: another table, another action. `of`: only the name of the table is known, so
   * the record is not skipped if it carries the mark of another source.
   */
  | { readonly kind: 'skipped'; readonly of?: 'other-table' }
  /** A report whose remote address is in scope for no detector. */
  | { readonly kind: 'excluded'; readonly lacks?: readonly Needed[] }
  | ({ readonly kind: 'fault' } & FieldFault)
  /** A record of an unknown format. */
  | { readonly kind: 'unknown' };

/** One format of telemetry. */
export interface RecordFormat {
  readonly source: Source;
  /** Text that every line with a report of this format contains; other lines are not parsed. */
  readonly preFilterToken: string;
  /**
   * Matches the JSON of every record of the source, in any shape. A record that matches and is of no format is counted as
   * an unknown shape. Stricter than the pre-filter token, and contains it.
   */
  readonly mark: RegExp;
  /** After 'skipped' and 'unknown' the reader tries the other formats; any other result is final. */
  read(record: object): Reading;
  /** The order of day and month in which dates of two numbers are read; absent: such a date is no time. */
  readonly dateOrder?: DateOrder;
  /** The format that this one is, with another way to read dates. */
  readonly wraps?: RecordFormat;
}
