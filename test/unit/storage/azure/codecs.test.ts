import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bin } from '../../../../src/core/kql/bin.ts';
import type { Day } from '../../../../src/core/records/day.ts';
import {
  decodeDetection,
  decodeSummary,
  encodeDelivery,
  encodeDetection,
} from '../../../../src/storage/azure/detections_codec.ts';
import { decodeExportState, encodeExportState } from '../../../../src/storage/azure/export_states_codec.ts';
import {
  countRowKeyOf,
  decodeContribution,
  decodeContributionRow,
  decodeTouched,
  encodeContribution,
  encodeTouched,
} from '../../../../src/storage/azure/hourly_counts_codec.ts';
import { decodePending, encodePending } from '../../../../src/storage/azure/outbox_codec.ts';
import { decodeSuppression, encodeSuppression } from '../../../../src/storage/azure/suppressions_codec.ts';
import type { TableRow } from '../../../../src/storage/azure/table.ts';
import { BadRowError } from '../../../../src/storage/ports/bad_row.ts';
import type { Partition } from '../../../../src/storage/ports/hourly_counts.ts';
import {
  anyContribution,
  contribution,
  delivery,
  detection,
  evidence,
  exportState,
  pendingNotification,
  suppression,
  type T0,
} from '../../../contract/samples.ts';
import { tries } from '../../../support/effort.ts';

const row = (columns: Record<string, unknown>): TableRow => ({ etag: '', ...columns });

/** A column: often a good value, else anything. */
const column = (...good: unknown[]) => fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, fc.anything());
const D20 = '2026-11-20' as Day;
const KEY = '08|30000000000000000000000000000001|2026-11-20T08:59:58.9931000Z|00112233445566aa';

describe('decodeContribution(row)', () => {
  it('of a scan judges every row as the schema does that also reads the facts', () => {
    const anyRow = fc.record(
      {
        partitionKey: fc.constant('3'),
        rowKey: column(KEY, KEY, `${KEY}0`, KEY.toUpperCase(), KEY.replace('08|', '09|'), KEY.replace('-20T', '-21T')),
        Source: column('defender', 'sysmon', 'Defender', 'toString'),
        DeviceName: column('d', ''),
        InitiatingProcessFileName: column('p'),
        RemoteIP: column('203.0.113.7'),
        Failed: column(true, false, null, undefined, 'true'),
        ProgramHash: column('0'.repeat(16), null, undefined, 'AB'.repeat(8), '0'.repeat(17)),
        Count: column(0, 60, -1, null, undefined, 1.5, 2 ** 53, Number.NaN, 1n, '60'),
      },
      { requiredKeys: [] },
    );
    const read = (decode: (of: TableRow) => unknown, of: object) => {
      try {
        return decode(row({ ...of }));
      } catch (error) {
        return error instanceof BadRowError ? error.message : error;
      }
    };
    let good = 0;
    fc.assert(
      fc.property(anyRow, (any) => {
        const scanned = read((of) => decodeContribution(D20, of), any);
        const whole = read((of) => {
          const { facts: _facts, ...contribution } = decodeContributionRow(D20, of);
          return contribution;
        }, any);
        expect(scanned).toEqual(whole);
        if (typeof scanned === 'object') good++;
      }),
      { numRuns: tries(1000, 100_000) },
    );
    expect(good).toBeGreaterThan(20);
  });
});

describe('the key of a contribution', () => {
  it('holds only what a key may hold', () => {
    expect(countRowKeyOf(contribution())).toBe(
      '08|30000000000000000000000000000001|2026-11-20T08:59:58.9931000Z|00112233445566aa',
    );
    fc.assert(
      fc.property(anyContribution, (any) => {
        expect(countRowKeyOf(any)).toMatch(/^[0-9A-Za-z|:.-]{81}$/);
      }),
    );
  });

  it('is in order of hour of the day, then group, then time, then contribution', () => {
    fc.assert(
      fc.property(anyContribution, anyContribution, (a, b) => {
        const order = [a, b]
          .map((any) => [any.Timestamp.slice(11, 13), any.groupId, any.Timestamp, any.contribution])
          .sort((x, y) => {
            const at = x.findIndex((part, n) => part !== y[n]);
            return at === -1 ? 0 : (x[at] ?? '') < (y[at] ?? '') ? -1 : 1;
          });
        expect([a, b].map(countRowKeyOf).sort()).toEqual(order.map((parts) => parts.join('|')));
      }),
    );
  });

  it.each([
    { groupId: '3F'.repeat(16) },
    { groupId: '3f' },
    { Timestamp: '2026-11-20T08:59:58Z' as typeof T0 },
    { contribution: '00112233445566a/' },
  ])('of %o is refused', (changes) => {
    expect(() => encodeContribution(contribution(changes))).toThrow(RangeError);
  });
});

/** A row as the SDK gives it back. */
function stored(columns: object): TableRow {
  const plain = Object.entries(columns).map(([name, column]) => {
    const typed = column as { type?: string; value?: unknown } | null;
    return [name, typed?.type === 'Int64' ? BigInt(String(typed.value)) : (typed?.value ?? column)];
  });
  return row(Object.fromEntries(plain));
}

describe('a row that is not ours', () => {
  const COUNTS_TABLE = 'HourlyCountsV2D20261120';
  const COUNTS = stored(encodeContribution(contribution()));
  const entry = { hour: bin(contribution().Timestamp, '1h'), groupId: null, segmentId: '5e'.repeat(16) };
  const TOUCHED = stored(encodeTouched('3' as Partition, entry));
  const decoded = (each: TableRow) => decodeContribution(D20, each);
  const decodedRow = (each: TableRow) => decodeContributionRow(D20, each);
  const touchedOf = (each: TableRow) => decodeTouched(D20, each);
  const EXPORT = stored(encodeExportState(exportState()));
  const DETECTION = stored({
    ...encodeDetection(detection()),
    ...encodeDelivery(detection().groupId, 'soc', delivery()),
  });
  const PENDING = stored(encodePending(pendingNotification()));
  const SUPPRESSION = stored(encodeSuppression(suppression()));

  it.each([
    [COUNTS_TABLE, decoded, COUNTS, { rowKey: 'x' }, 'rowKey must be <hour>|<groupId>'],
    [
      COUNTS_TABLE,
      decoded,
      COUNTS,
      { rowKey: COUNTS.rowKey?.replace('08|', '09|') },
      'rowKey must be <hour>|<groupId>',
    ],
    [
      COUNTS_TABLE,
      decoded,
      COUNTS,
      { rowKey: COUNTS.rowKey?.replace('-20T', '-21T') },
      'rowKey must have a time of 2026-11-20',
    ],
    [COUNTS_TABLE, touchedOf, TOUCHED, { rowKey: 'touched|24|x' }, 'rowKey must be touched|<hour>'],
    [COUNTS_TABLE, decoded, COUNTS, { DeviceName: undefined }, 'DeviceName must be text'],
    [COUNTS_TABLE, decoded, COUNTS, { Count: 'abc' }, 'Count must be a whole number'],
    [COUNTS_TABLE, decoded, COUNTS, { Source: 'other' }, 'Source Invalid option'],
    [COUNTS_TABLE, decoded, COUNTS, { Failed: 'no' }, 'Failed must be true or false'],
    [COUNTS_TABLE, decoded, COUNTS, { ProgramHash: 'AB' }, 'ProgramHash must be 16 hex digits'],
    [COUNTS_TABLE, decodedRow, COUNTS, { RemotePort: '443' }, 'RemotePort must be a whole number'],
    [COUNTS_TABLE, decodedRow, COUNTS, { LocalIP: 7 }, 'LocalIP must be text'],
    ['Exports', decodeExportState, EXPORT, { Applied: '1' }, 'Applied must be a whole number'],
    ['Exports', decodeExportState, EXPORT, { Ends: '[' }, 'Ends must be JSON'],
    ['Exports', decodeExportState, EXPORT, { Ends: '["1"]' }, 'Ends.0 '],
    ['Exports', decodeExportState, EXPORT, { Refused: 'no' }, 'Refused must be true or false'],
    ['Detections', decodeDetection, DETECTION, { rowKey: 'r' }, 'rowKey must be a group id'],
    ['Detections', decodeDetection, DETECTION, { Evidence: '{' }, 'Evidence must be JSON'],
    ['Detections', decodeDetection, DETECTION, { Evidence: '{}' }, 'Evidence.grain '],
    ['Detections', decodeSummary, DETECTION, { Average: 'x' }, 'Average must be a number'],
    ['Detections', decodeSummary, DETECTION, { State: 'odd' }, 'State Invalid option'],
    ['Detections', decodeSummary, DETECTION, { AsOf: 'soon' }, 'AsOf must be a time'],
    ['Detections', decodeSummary, DETECTION, { Sink_soc: '{"status":"x"}' }, 'Sink_soc.'],
    ['Detections', decodeSummary, DETECTION, { Sink_soc: 5 }, 'Sink_soc must be text'],
    ['Detections', decodeSummary, DETECTION, { VerdictValue: 'x' }, 'VerdictValue '],
    ['Detections', decodePending, PENDING, { Attempts: '1' }, 'Attempts must be a whole number'],
    ['Detections', decodePending, PENDING, { Severity: 'odd' }, 'Severity Invalid option'],
    ['Detections', decodePending, PENDING, { Revision: 7 }, 'the columns do not fit the key'],
    ['Suppressions', decodeSuppression, SUPPRESSION, { Expires: 5 }, 'Expires must be a time'],
    ['Suppressions', decodeSuppression, SUPPRESSION, { Suppressed_3: '{' }, 'Suppressed_3 must be JSON'],
  ] as const)('of %s is a BadRowError (%#)', (table, decode: (row: TableRow) => unknown, good, changes, fault) => {
    expect(() => decode(good)).not.toThrow();
    const error = caught(() => decode({ ...good, ...changes } as TableRow));
    expect(error).toBeInstanceOf(BadRowError);
    const { row: bad } = error as BadRowError;
    expect(bad).toMatchObject({ table, partitionKey: good.partitionKey });
    expect(bad.fault.slice(0, fault.length)).toBe(fault);
  });
});

function caught(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('the columns of a detection', () => {
  it("are the rule's names and the scorer's, explicit where a number could be read as another type", () => {
    const encoded = encodeDetection(detection({ avg_conn_count: 60, average: 60, evidence: evidence(0) }));
    expect(encoded).toMatchObject({
      partitionKey: '3',
      rowKey: '30000000000000000000000000000001',
      FirstConnection: '2026-11-20T08:00:00.0000000Z',
      count_of_hours: { value: 72, type: 'Int32' },
      avg_conn_count: { value: '60', type: 'Int64' },
      Average: { value: 60, type: 'Double' },
      Evidence: JSON.stringify(evidence(0)),
    });
    expect(Object.keys(encoded).filter((name) => name.startsWith('Sink_'))).toEqual([]);
  });

  it("of one sink are the notifier's, and no other", () => {
    expect(encodeDelivery('30000000000000000000000000000001', 'soc_chat', delivery())).toEqual({
      partitionKey: '3',
      rowKey: '30000000000000000000000000000001',
      Sink_soc_chat: JSON.stringify(delivery()),
    });
  });

  it('keep 500 points of evidence within what an entity may hold', () => {
    const encoded = encodeDetection(detection({ evidence: evidence(500) }));
    for (const column of Object.values(encoded)) expect(JSON.stringify(column).length).toBeLessThan(40_000);
    expect(JSON.stringify(encoded).length * 2).toBeLessThan(1024 * 1024);
  });

  it('throw on NaN', () => {
    expect(() => encodeDetection(detection({ average: Number.NaN }))).toThrow(RangeError);
  });
});
