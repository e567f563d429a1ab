import { parse_json } from '../kql/parse_json.ts';
import { toint } from '../kql/toint.ts';
import { identityOf } from '../records/identity.ts';
import type { RecordFormat } from '../records/reading.ts';
import { noRow, readRow, rowOf } from './device_network_events.ts';
import { isObject, type JsonRow } from './row.ts';

/** DeviceNetworkEvents of Defender for Endpoint: its hourly aggregated reports. */
export const defender: RecordFormat = {
  source: 'defender',
  // Part of the ActionType and of the member that holds the count, so that an ActionType in another case is also found.
  // Six bytes: Node searches a token this short at memory speed, and needs five times as long for a longer one
  // (LinearSearch and kBMMinPatternLength in its string_search.h).
  preFilterToken: 'Aggreg',
  mark: /AggregatedReport|uniqueEventsAggregated/,
  read(record) {
    const row = rowOf(record as JsonRow);
    if (row === null || typeof row === 'string') return noRow(row);
    const { ActionType, DeviceId, ReportId, RemotePort, LocalIP } = row;
    if (!isAggregatedReport(ActionType)) return { kind: 'skipped' };
    return readRow(row, 'defender', ({ DeviceName, Timestamp }) => {
      const count = countOf(row['AdditionalFields']);
      const parts = { DeviceId, DeviceName, Timestamp, ReportId, ActionType, RemotePort, LocalIP, count };
      return { count, identity: identityOf(parts, row) };
    });
  },
};

/** `ActionType endswith "AggregatedReport"`; endswith ignores case. */
function isAggregatedReport(actionType: unknown): actionType is string {
  if (typeof actionType !== 'string') return false;
  return actionType.endsWith('AggregatedReport') || actionType.toLowerCase().endsWith('aggregatedreport');
}

/** `toint(parse_json(AdditionalFields).uniqueEventsAggregated)` */
function countOf(additionalFields: unknown): number | null {
  const fields = parse_json(additionalFields);
  return isObject(fields) ? toint(fields['uniqueEventsAggregated']) : null;
}
