import type { Report } from './report.ts';

/** Why a line, or a record of it, is kept as a dead letter. */
export type ReadFault =
  /** More bytes than MAX_LINE_BYTES. */
  | 'line-too-long'
  /** Bytes that are no UTF-8. */
  | 'bad-utf8'
  /** No JSON object, array of objects, or `{"records":[…]}`. */
  | 'bad-json'
  /** A line of a CSV that begins no row: it has more or fewer cells than the header, or a quote too many. */
  | 'bad-csv'
  /** Nested deeper than anything that an exporter writes. */
  | 'too-deep'
  /** The XML of a Windows event that is none, names one thing twice, is too long, or has a document type. */
  | 'bad-xml'
  /** A report without a time that is an instant. */
  | 'bad-time'
  /**
   * A report whose name or address is neither text nor null; a record of the table whose properties are no object; a
   * Windows event without a computer, or that does not say which side began the connection.
   */
  | 'bad-field'
  /** A connection of a Windows event without a remote address. */
  | 'no-address'
  /** A report whose name or address is longer than 1,024 characters. */
  | 'name-too-long';

/** What one record turned out to be. */
export type Reading =
  | { readonly kind: 'report'; readonly report: Report }
  /** A valid record that the rule does not ask for: another table, another action. */
  | { readonly kind: 'skipped' }
  /** A report whose remote address the rule does not look at. */
  | { readonly kind: 'excluded' }
  | { readonly kind: 'fault'; readonly fault: ReadFault }
  /** Of no format that we know. */
  | { readonly kind: 'unknown' };

/** One format of telemetry. */
export interface RecordFormat {
  /** Bytes that stand in every line that holds a report of this format; other lines are not parsed. */
  readonly needle: string;
  /** 'skipped' leaves the record to the other formats, 'unknown' as well; anything else is the last word. */
  read(record: object): Reading;
}
