import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import type { RecordFormat } from '../../../src/core/records/reading.ts';
import type { Source } from '../../../src/core/records/report.ts';

/** What a line of a raw source says, as plainly as can be. */
export interface RawEvent {
  readonly source: Source;
  readonly device: string;
  readonly process: string;
  readonly ip: string;
  readonly time: string;
  readonly port?: number;
}

/** A format of raw events for tests, `{"RawEvent":{…}}`: how they are counted does not depend on how they are written. */
export const rawEvents: RecordFormat = {
  source: 'sysmon',
  preFilterToken: 'RawEvent',
  mark: /RawEvent/,
  read(record) {
    const event = (record as { RawEvent?: RawEvent }).RawEvent;
    if (event === undefined) return { kind: 'unknown' };
    const Timestamp = timestampOf(event.time);
    if (Timestamp === null) return { kind: 'fault', fault: 'bad-time' };
    return {
      kind: 'report',
      report: {
        source: event.source,
        DeviceName: event.device,
        InitiatingProcessFileName: event.process,
        RemoteIP: event.ip,
        Timestamp,
        count: 1,
        identity: null,
        facts: event.port === undefined ? {} : { RemotePort: event.port },
      },
    };
  },
};
