import { beforeEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { DEFAULT_CONTAINER, readConfig } from '../../../src/config.ts';
import { MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { exportState } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { lines, report } from '../../support/ingest/world.ts';

const NOW = Date.UTC(2026, 10, 20, 10);
const REF = { container: DEFAULT_CONTAINER, name: 'a.json' };
const CONFIG = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });

let stores: MemoryStores;
const appOn = (changed: Partial<Stores> = {}): App =>
  createApp(CONFIG, { stores: { ...stores, ...changed }, clock: () => NOW, sinks: [] });

beforeEach(() => {
  stores = memoryStores({ clock: () => NOW });
  stores.exports.append(REF, lines(report(1)));
});

describe.each(['ingest', 'ingestEvent'] as const)('app.%s(message)', (entry) => {
  it('of a container outside EXPORT_CONTAINERS reads nothing and writes no row', async () => {
    const other = { container: 'other', name: 'a.json' };
    stores.exports.append(other, lines(report(1)));
    expect(await appOn()[entry](other)).toEqual({ end: 'unlisted-container' });
    expect(await stores.exportStates.get(other)).toBeNull();
    expect(await appOn()[entry](REF)).toMatchObject({ end: 'up-to-date', rows: 1 });
  });

  it('that is stopped goes back to the queue, and not at once to the same process', async () => {
    expect(await appOn()[entry](REF, AbortSignal.abort())).toMatchObject({ end: 'stopped' });
    expect(stores.queues.later).toEqual([{ queue: 'ingest', message: REF, delayMs: 5_000 }]);
  });
});

describe('a message that meets the lease of another worker', () => {
  beforeEach(async () => {
    const lease = { leasedAt: NOW - 4 * MINUTE_MS, leasedBy: 'other', failures: 0, nextTry: 0, refused: false };
    await stores.exportStates.insert(exportState({ ...REF, ...lease }));
  });

  it('comes back after as long as the lease has been held', async () => {
    expect(await appOn().ingest(REF)).toMatchObject({ end: 'leased', leaseEnds: NOW + 6 * MINUTE_MS });
    expect(stores.queues.later).toEqual([{ queue: 'ingest', message: REF, delayMs: 4 * MINUTE_MS }]);
  });

  it('does not, where it is an event: an export that grows has many, and the sweep finds it', async () => {
    expect(await appOn().ingestEvent(REF)).toMatchObject({ end: 'leased' });
    expect(stores.queues.later).toEqual([]);
  });
});

describe('a failure of storage', () => {
  const error = new StoreError('exports: properties of a.json', { status: 503, code: 'ServerBusy' });
  const failing = (thrown: Error): Partial<Stores> => {
    const { exports } = stores;
    const info = async () => Promise.reject(thrown);
    return { exports: { info, read: exports.read.bind(exports), list: exports.list.bind(exports) } };
  };

  it('on a blob event is an answer, and the sweep finds the export', async () => {
    expect(await appOn(failing(error)).ingestEvent(REF)).toEqual({
      end: 'left-to-sweep',
      error: 'StoreError',
      reason: 'exports: properties of a.json failed (503 ServerBusy)',
    });
    expect(await appOn().sweep()).toMatchObject({ queued: 1 });
  });

  it('on a queue message is thrown: the queue waits before it tries again', async () => {
    await expect(appOn(failing(error)).ingest(REF)).rejects.toBe(error);
  });

  it('that is none of storage is thrown for both: it is a bug', async () => {
    const bug = new TypeError('no such thing');
    await expect(appOn(failing(bug)).ingestEvent(REF)).rejects.toBe(bug);
  });
});
