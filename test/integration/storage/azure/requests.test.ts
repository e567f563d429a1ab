import { beforeEach, describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { bin } from '../../../../src/core/kql/bin.ts';
import { dayOf } from '../../../../src/core/records/day.ts';
import {
  type DetectionPage,
  type DetectionQuery,
  listDetections,
} from '../../../../src/detections/query_detections.ts';
import { azureStores } from '../../../../src/storage/azure/index.ts';
import type { ExportInfo } from '../../../../src/storage/ports/exports.ts';
import type { Stores } from '../../../../src/storage/ports/stores.ts';
import {
  all,
  contribution,
  deadLetter,
  delivery,
  detection,
  evidence,
  exportState,
  groupId,
  P3,
  rowsOf,
  T0,
} from '../../../contract/samples.ts';
import { RequestLog } from '../../../support/azure/policies.ts';
import { freshClients } from '../../../support/azure/stores.ts';
import { hoursOf, storeRows } from '../../../support/storage/counts.ts';

/** Requests are what storage costs, in money and time. */
describe('requests', () => {
  let stores: Stores;
  let log: RequestLog;
  beforeEach(async () => {
    log = new RequestLog();
    stores = azureStores(await freshClients({ policy: log.policy }));
  });

  it('HourlyCounts: one a transaction of 100, one a page of 1,000, one an entry; the table is made by the first write', async () => {
    const { hourlyCounts } = stores;
    const table = 'HourlyCountsV2D20261120';
    const rows = Array.from({ length: 99 }, (_, n) => contribution({ groupId: groupId(n) }));
    const [day, hour] = [dayOf(T0), bin(T0, '1h')];
    const merge = () => hourlyCounts.merge(P3, day, rows, hoursOf(rows), { mayCreate: true });
    await merge();
    expect(log.take()).toEqual(['POST $batch', 'POST Tables', 'POST $batch']);
    await merge();
    expect(log.take()).toEqual(['POST $batch']);
    const entries = await rowsOf(hourlyCounts.touched(P3, day));
    for (const pages of [
      hourlyCounts.hour(P3, hour),
      hourlyCounts.day(P3, day),
      hourlyCounts.ofGroup(hour, groupId(1)),
    ]) {
      await rowsOf<unknown>(pages);
    }
    expect(log.take()).toEqual(Array(4).fill(`GET ${table}()`));
    await hourlyCounts.settle(P3, day, entries);
    expect(log.take()).toEqual([`DELETE ${table}()`]);
    await hourlyCounts.days();
    await hourlyCounts.removeDay(day);
    expect(log.take()).toEqual(['GET Tables', 'DELETE Tables()']);
  });

  it('HourlyCounts: two more for a row that is refused', async () => {
    await storeRows(stores.hourlyCounts, [contribution()]);
    log.take();
    const rows = Array.from({ length: 76 }, (_, n) =>
      contribution({ groupId: groupId(n), ...(n === 50 && { RemoteIP: 'x'.repeat(40_000) }) }),
    );
    expect(await storeRows(stores.hourlyCounts, rows)).toHaveLength(1);
    expect(log.take()).toEqual(['POST $batch', 'POST $batch', 'POST $batch']);
  });

  it('ExportStates: one each', async () => {
    const { exportStates } = stores;
    const first = await exportStates.insert(exportState());
    expect(log.take()).toEqual(['POST Exports', 'POST Tables', 'POST Exports']);
    await exportStates.insert(exportState({ name: 'another' }));
    await exportStates.get(exportState());
    await all(exportStates.list(exportState().container));
    await exportStates.replace(exportState(), first ?? '');
    await exportStates.remove(exportState());
    expect(log.take()).toEqual(['POST Exports', 'GET Exports()', 'GET Exports()', 'PUT Exports()', 'DELETE Exports()']);
  });

  it('Exports: one each', async () => {
    const clients = await freshClients({ policy: log.policy });
    const { exports } = azureStores(clients);
    const container = clients.blobs.getContainerClient('exports');
    await container.create();
    await container.getBlockBlobClient('a').upload('abc', 3);
    log.take();
    const [info] = await all((await exports.list('exports')) as AsyncIterable<ExportInfo>);
    await exports.info(info as ExportInfo);
    await all(exports.read(info as ExportInfo, 0, 3));
    await all(exports.read(info as ExportInfo, 3, 4));
    await all(exports.read(info as ExportInfo, 3, 3));
    expect(log.take()).toEqual(['GET exports container list', 'HEAD exports/a', 'GET exports/a', 'GET exports/a']);
  });

  it('DeadLetters: none for a segment without, one for a few, one a MiB and one more for many', async () => {
    const { deadLetters } = stores;
    const write = async (count: number, bytes: number, repeat: boolean): Promise<string[]> => {
      const writer = deadLetters.open('ab', { repeat });
      for (let n = 0; n < count; n++) await writer.add(deadLetter({ bytes: Buffer.alloc(bytes, 'x') }));
      await writer.close();
      return log.take();
    };
    expect(await write(0, 0, false)).toEqual([]);
    expect(await write(1, 10, false)).toEqual([
      'PUT dead-letters/ab.jsonl',
      'PUT dead-letters container',
      'PUT dead-letters/ab.jsonl',
    ]);
    expect(await write(5, 10, false)).toEqual(['PUT dead-letters/ab.jsonl']);
    expect(await write(40, 65_536, false)).toEqual([
      'PUT dead-letters/ab.jsonl block',
      'PUT dead-letters/ab.jsonl block',
      'PUT dead-letters/ab.jsonl block',
      'PUT dead-letters/ab.jsonl blocklist',
    ]);
    expect(await write(0, 0, true)).toEqual(['DELETE dead-letters/ab.jsonl']);
  });

  it('Detections: one each', async () => {
    const { detections } = stores;
    const row: Detection = detection({ evidence: evidence(500) });
    await detections.insert(detection({ groupId: groupId(2) }));
    log.take();
    const version = (await detections.insert(row)) ?? '';
    const marked = (await detections.mark(row.groupId, { sink: 'soc', delivery: delivery() }, version)) ?? '';
    const updated = (await detections.update(row, marked)) ?? '';
    await detections.get(row.groupId);
    await rowsOf(detections.scan(P3));
    await rowsOf(detections.summaries({ state: 'new' }, ['soc']));
    await detections.remove([{ id: row.groupId, version: updated }]);
    expect(log.take()).toEqual([
      'POST Detections',
      // A delivery is written with its row of the outbox.
      'POST $batch',
      'PATCH Detections()',
      'GET Detections()',
      'GET Detections()',
      'GET Detections()',
      'DELETE Detections()',
    ]);
  });

  it('Detections that go on: a hundred in one, one more for each that somebody changed, at most four', async () => {
    const { detections } = stores;
    const rows = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const row = detection({ groupId: groupId(n) });
        return { detection: row, version: (await detections.insert(row)) ?? '' };
      }),
    );
    log.take();
    expect(await detections.updateAll(rows)).toEqual([]);
    expect(log.take()).toEqual(['POST $batch']);
    // These versions are old by now.
    const found = (await rowsOf(detections.scan(P3))).map(({ row, version }) => ({ ...row, version }));
    const [changed] = rows as [(typeof rows)[number]];
    log.take();
    const one = [...found.slice(1), changed];
    expect(await detections.updateAll(one)).toEqual([changed.detection.groupId]);
    expect(log.take()).toEqual(['POST $batch', 'POST $batch']);
    expect(await detections.updateAll(rows)).toHaveLength(100);
    expect(log.take()).toEqual(['POST $batch', 'POST $batch', 'POST $batch', 'POST $batch']);
  });

  it('a page of detections: at most 3 requests, whatever the filter', async () => {
    const { detections } = stores;
    const row = detection({ evidence: evidence(0) });
    const ids = Array.from({ length: 240 }, (_, n) => `${(n % 16).toString(16)}${groupId(n).slice(1)}`);
    for (const [n, each] of ids.entries()) {
      await detections.insert({ ...row, groupId: each, DeviceName: n % 7 === 0 ? 'WKS-1' : 'wks-2' });
    }
    for (const [device, fit] of [
      ['', 240],
      ['wks-1', 35],
      ['nobody', 0],
    ] as const) {
      const filter = device === '' ? {} : { device };
      const met: string[] = [];
      for (let next: DetectionQuery | null = { filter, sort: 'key', limit: 20, after: null }; next !== null; ) {
        log.take();
        const page: DetectionPage = await listDetections(stores, [], next);
        const requests = log.take();
        expect(requests.length).toBeLessThanOrEqual(3);
        expect(requests.every((request) => request === 'GET Detections()')).toBe(true);
        met.push(...page.detections.map(({ groupId: id }) => id));
        next = page.next;
      }
      expect(met).toEqual(met.toSorted());
      expect(new Set(met).size).toBe(fit);
      expect(met).toHaveLength(fit);
    }
  });

  it('a position that is none of the service is refused, or a place in key order; it is no failure', async () => {
    await stores.detections.insert(detection());
    for (const position of [
      { partition: 'x', row: 'y' },
      { partition: '3', row: '' },
      { partition: '\u202e', row: "' or true" },
    ]) {
      const page = await stores.detections.summaryPage({}, [], 10, position);
      expect(page === null || page.rows.length <= 1).toBe(true);
    }
  });

  it('Sinks and queues: one each', async () => {
    await stores.sinks.insert({
      name: 'soc',
      since: T0,
      disabledAt: null,
      settings: '',
      failures: 0,
      notBefore: 0,
    });
    await stores.queues.send('ingest', { container: 'c', name: 'n' });
    log.take();
    await stores.sinks.list();
    await stores.queues.send('ingest', { container: 'c', name: 'n' });
    expect(log.take()).toEqual(['GET Sinks()', 'POST ingest/messages']);
  });
});
