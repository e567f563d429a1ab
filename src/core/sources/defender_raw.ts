import type { RecordFormat } from '../records/reading.ts';
import { noRow, readRow, rowOf } from './device_network_events.ts';
import type { JsonRow } from './row.ts';

/**
 * DeviceNetworkEvents of Defender for Endpoint without aggregated reporting: single events of connections that succeeded.
 * The sensor samples: of similar connections it often writes only the first in 24 hours (FalconForce, "Microsoft Defender
 * for Endpoint Internals 0x03"). So the count of an hour is a lower bound, and a beacon may not appear at all.
 */
export const defenderRaw: RecordFormat = {
  source: 'defender-raw',
  preFilterToken: 'ConnectionSuccess',
  mark: /ConnectionSuccess(?!Aggregated)/,
  read(record) {
    const row = rowOf(record as JsonRow);
    if (row === null || typeof row === 'string') return noRow(row);
    if (row['ActionType'] !== 'ConnectionSuccess') return { kind: 'skipped' };
    return readRow(row, 'defender-raw', () => ({ count: 1, identity: null }));
  },
};
