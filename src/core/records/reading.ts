import type { Report } from './report.ts';

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
  /** Nested deeper than anything that an exporter writes. */
  | 'too-deep'
  /** A Windows event whose XML is invalid, repeats a name, is too long, or has a document type. */
  | 'bad-xml'
  /** A report without a valid time. */
  | 'bad-time'
  /**
   * A report whose name or address is neither text nor null; a record of the table whose properties are not an object; a
   * Windows event without a computer, or without the direction of the connection.
   */
  | 'bad-field'
  /** A connection of a Windows event without a remote address. */
  | 'no-address'
  /** A report whose name or address is longer than 1,024 characters. */
  | 'name-too-long';

/** The result of reading one record. */
export type Reading =
  | { readonly kind: 'report'; readonly report: Report }
  /** A valid record that the rule does not use: another table, another action. */
  | { readonly kind: 'skipped' }
  /** A report whose remote address is not in scope. */
  | { readonly kind: 'excluded' }
  | { readonly kind: 'fault'; readonly fault: ReadFault }
  /** A record of an unknown format. */
  | { readonly kind: 'unknown' };

/** One format of telemetry. */
export interface RecordFormat {
  /** Text that every line with a report of this format contains; other lines are not parsed. */
  readonly preFilterToken: string;
  /** After 'skipped' and 'unknown' the reader tries the other formats; any other result is final. */
  read(record: object): Reading;
}
