import { rowsOf } from './envelope.ts';
import { jsonValueOf, NO_JSON } from './json_value.ts';
import { isTooDeep } from './nesting.ts';
import { SPELLINGS } from './spellings.ts';
import { xmlRecordOf } from './xml_record.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * The records that a record of an unknown format may hold, one candidate list after the other: the record itself with each
 * spelling of its names, then each member whose text `isMarked` accepts. Such a member is a record, a list of records, or
 * text that contains one as JSON or as the XML of an event. So records are found in every envelope:
 * CloudEvents (`data`), Event Hubs (`Body`), Elasticsearch (`_source`), Splunk (`result`, `_raw`), Azure Diagnostics
 * (`properties.RawXml`), journald (`MESSAGE`), Syslog tables (`SyslogMessage`), answers of query APIs (`Results`, `tables`).
 * A table with `columns` and `rows` is its rows; an object of records with the same names, such as `{"0":{…},"1":{…}}` of pandas,
 * is these records.
 */
export function* innerRecords(record: Row, isMarked: (text: string) => boolean): Generator<readonly object[]> {
  const rows = rowsOf(record);
  if (rows !== null) yield rows;
  const values = valuesOf(record);
  if (values !== null) yield values;
  for (const spelling of SPELLINGS) {
    const other = spelling(record);
    if (other !== null) yield [other];
  }
  for (const [name, value] of Object.entries(record)) {
    if (name === 'xml') continue;
    const records = recordsIn(value, isMarked);
    if (records.length > 0) yield records;
  }
}

/** The values of an object, if they are two records or more, with the same names in each; else null. */
function valuesOf(record: Row): readonly Row[] | null {
  const values = Object.values(record);
  const [first] = values;
  if (values.length < 2 || !isRecord(first)) return null;
  const names = Object.keys(first).join('\n');
  return values.every((each) => isRecord(each) && Object.keys(each).join('\n') === names) ? (values as Row[]) : null;
}

function recordsIn(value: unknown, isMarked: (text: string) => boolean): readonly object[] {
  if (typeof value === 'string') return isMarked(value) ? recordsInText(value) : NONE;
  if (typeof value !== 'object' || value === null || !isMarked(JSON.stringify(value))) return NONE;
  if (!Array.isArray(value)) return [value];
  return value.every(isRecord) ? value : NONE;
}

function recordsInText(text: string): readonly object[] {
  if (/^\s*[{[]/.test(text)) {
    const value = isTooDeep(text) ? NO_JSON : jsonValueOf(text);
    const list = isRecord(value) && Array.isArray(value['records']) ? value['records'] : value;
    if (Array.isArray(list)) return list.every(isRecord) ? list : NONE;
    return isRecord(list) ? [list] : NONE;
  }
  const xml = xmlRecordOf(text);
  return xml === null ? NONE : [xml];
}

const NONE: readonly object[] = [];

function isRecord(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
