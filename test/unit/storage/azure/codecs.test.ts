import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDetection, encodeDelivery, encodeDetection } from '../../../../src/storage/azure/detections_codec.ts';
import { decodeExportState } from '../../../../src/storage/azure/export_states_codec.ts';
import {
  countRowKeyOf,
  decodeContribution,
  encodeContribution,
} from '../../../../src/storage/azure/hourly_counts_codec.ts';
import type { TableRow } from '../../../../src/storage/azure/table.ts';
import { anyContribution, contribution, delivery, detection, evidence, type T0 } from '../../../contract/samples.ts';

const row = (columns: Record<string, unknown>): TableRow => ({ etag: '', ...columns });

describe('the key of a contribution', () => {
  it('holds only what a key may hold', () => {
    expect(countRowKeyOf(contribution())).toBe(
      '30000000000000000000000000000001|2026-11-20T08:59:58.9931000Z|00112233445566aa',
    );
    fc.assert(
      fc.property(anyContribution, (any) => {
        expect(countRowKeyOf(any)).toMatch(/^[0-9A-Za-z|:.-]{78}$/);
      }),
    );
  });

  it('is in order of group, then time, then contribution', () => {
    fc.assert(
      fc.property(anyContribution, anyContribution, (a, b) => {
        const order = [a, b]
          .map((any) => [any.groupId, any.Timestamp, any.contribution])
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

describe('rows that are not ours', () => {
  it.each(['', 'x', `${'3'.repeat(32)}|2026-11-20|${'0'.repeat(16)}`])('HourlyCounts: %j is an error', (rowKey) => {
    expect(() => decodeContribution(row({ partitionKey: '3', rowKey, Source: 'defender' }))).toThrow('unexpected row');
  });

  it('HourlyCounts: a name that is missing is an error', () => {
    const { DeviceName: _name, ...columns } = encodeContribution(contribution());
    expect(() => decodeContribution(row(columns))).toThrow('DeviceName is missing');
  });

  it('Exports and Detections: likewise', () => {
    expect(() => decodeExportState(row({ partitionKey: 'c', rowKey: 'r' }))).toThrow('unexpected row c r');
    expect(() => decodeDetection(row({ partitionKey: '3', rowKey: 'r' }))).toThrow('unexpected row: r');
    expect(() => decodeDetection(row({ partitionKey: '3', rowKey: `${'3'.repeat(32)}|kql-rule` }))).toThrow(
      'unexpected row',
    );
  });
});

describe('the columns of a detection', () => {
  it("are the rule's names and the scorer's, explicit where a number could be read as another type", () => {
    const encoded = encodeDetection(detection({ avg_conn_count: 60, average: 60, evidence: evidence(0) }));
    expect(encoded).toMatchObject({
      partitionKey: '3',
      rowKey: '30000000000000000000000000000001|kql-rule',
      FirstConnection: '2026-11-20T08:00:00.0000000Z',
      count_of_hours: { value: 72, type: 'Int32' },
      avg_conn_count: { value: '60', type: 'Int64' },
      Average: { value: 60, type: 'Double' },
      Evidence: JSON.stringify(evidence(0)),
    });
    expect(Object.keys(encoded).filter((name) => name.startsWith('Sink_'))).toEqual([]);
  });

  it("of one sink are the notifier's, and no other", () => {
    expect(encodeDelivery('30000000000000000000000000000001|kql-rule', 'soc_chat', delivery())).toEqual({
      partitionKey: '3',
      rowKey: '30000000000000000000000000000001|kql-rule',
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
