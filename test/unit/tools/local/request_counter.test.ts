import { describe, expect, it } from 'vitest';
import { operationOf } from '../../../../tools/local/request_counter.ts';

describe('operationOf(service, method, path)', () => {
  it.each([
    ['table', 'GET', '/devstoreaccount1/Tables?$filter=x', 'table listings'],
    ['table', 'POST', '/devstoreaccount1/Tables', 'table creations'],
    ['table', 'DELETE', "/devstoreaccount1/Tables('HourlyCountsV2D20261120')", 'table removals'],
    ['table', 'GET', "/devstoreaccount1/Runs(PartitionKey='a',RowKey='b')", 'table gets'],
    ['table', 'GET', '/devstoreaccount1/Runs()?$filter=x', 'table queries'],
    ['table', 'POST', '/devstoreaccount1/$batch', 'table transactions'],
    ['table', 'PATCH', "/devstoreaccount1/Runs(PartitionKey='a',RowKey='b')", 'table updates'],
    ['blob', 'GET', '/devstoreaccount1/count-files?restype=container&comp=list', 'blob listings'],
    ['blob', 'GET', '/devstoreaccount1/count-files/v1/2026-11-20/3', 'blob reads'],
    ['blob', 'PUT', '/devstoreaccount1/exports/a?comp=appendblock', 'blob appends'],
    ['queue', 'PUT', '/devstoreaccount1/ingest', 'queue creations'],
    ['queue', 'GET', '/devstoreaccount1/ingest/messages', 'queue receives'],
  ] as const)('%s %s %s', (service, method, path, operation) => {
    expect(operationOf(service, method, path)).toBe(operation);
  });
});
