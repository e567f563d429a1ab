import type { LineReading } from '../core/records/read_line.ts';
import type { Source } from '../core/records/report.ts';
import { lacksIdentity, type MissingColumns } from '../core/records/table_header.ts';

/**
 * The reading of a row whose table lacks columns: a fault where an active source needs one of them, so that rows of several
 * devices or processes do not become one group. Rows that the rule does not use stay skipped.
 */
export function withoutColumns(reading: LineReading, missing: MissingColumns, active: readonly Source[]): LineReading {
  const { bySource, isCertain = false } = missing;
  const [report] = reading.reports;
  const source = report?.report.source ?? active.find((each) => bySource.has(each));
  const column = source === undefined ? undefined : bySource.get(source)?.[0];
  if (column === undefined || !(isCertain || isOfTable(reading, missing))) return reading;
  return {
    ...reading,
    reports: [],
    records: 1,
    skipped: 0,
    excluded: 0,
    withoutAddress: 0,
    unknownShapes: 0,
    firstUnknownShape: null,
    known: 1,
    faults: [{ fault: 'no-column', field: column, record: 0 }],
    moreFaults: new Map(),
  };
}

/** Whether the row may be one of the source. */
function isOfTable(reading: LineReading, missing: MissingColumns): boolean {
  if (reading.reports.length + reading.excluded + reading.faults.length + reading.unknownShapes > 0) return true;
  return reading.known === 0 && lacksIdentity(missing);
}
