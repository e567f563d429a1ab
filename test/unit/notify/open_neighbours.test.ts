import { expect, it } from 'vitest';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import { notify } from '../../../src/notify/notify.ts';
import { openNeighbours } from '../../../src/notify/open_neighbours.ts';
import type { Notification, Sink } from '../../../src/notify/sink.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { detection, groupId, T1 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { putState } from '../../support/sinks/states.ts';
import { writeDetection } from '../../support/sinks/write_detection.ts';

/** Three open detections of one device, and one that is suppressed and one that is resolved. */
async function storesOfDevice(): Promise<MemoryStores> {
  const stores = memoryStores();
  await putState(stores, { name: 'soar', since: T1, disabledAt: null, settings: '', failures: 0, notBefore: 0 });
  const of = (n: number, changes = {}) =>
    detection({ groupId: groupId(n), episode: T1, DeviceName: 'wks-own', RemoteIP: `203.0.113.${n}`, ...changes });
  for (const n of [1, 2, 3]) await writeDetection(stores, of(n));
  await stores.detections.insert(of(4, { suppressedBy: 's-0a1b2c3d' }));
  await stores.detections.insert(of(5, { state: 'resolved' }));
  return stores;
}

function recording(digests: Sink['digests'] = null): { sink: Sink; sent: Notification[] } {
  const sent: Notification[] = [];
  const send: Sink['send'] = async (notification) => {
    sent.push(notification);
    return { kind: 'sent', answer: '200' };
  };
  return { sink: { name: 'soar', fingerprint: '', digests, send }, sent };
}

/** Counts the reads of names. */
function watched(stores: MemoryStores): () => number {
  const page = stores.detections.summaryPage.bind(stores.detections);
  let reads = 0;
  stores.detections.summaryPage = (...args) => {
    reads++;
    return page(...args);
  };
  return () => reads;
}

it('each message of a detection has its open neighbours, from one reading for all messages', async () => {
  const stores = await storesOfDevice();
  const reads = watched(stores);
  const { sink, sent } = recording();
  await notify(stores, sink, () => msOf(T1));
  const neighbours = sent.map(({ detections: [first] }) => first?.neighbours?.sameDevice.map((each) => each.groupId));
  expect(neighbours.map((each) => each?.toSorted()).toSorted()).toEqual([
    [groupId(1), groupId(2)],
    [groupId(1), groupId(3)],
    [groupId(2), groupId(3)],
  ]);
  expect(reads()).toBe(1);
});

it('a digest has none, and reads none', async () => {
  const stores = await storesOfDevice();
  const reads = watched(stores);
  const { sink, sent } = recording({ above: 1, atMost: 100, listed: 10, waitMs: 0 });
  await notify(stores, sink, () => msOf(T1));
  expect(sent.map(({ digest, detections }) => [digest, detections.length])).toEqual([[true, 3]]);
  expect(sent[0]?.detections.some((each) => 'neighbours' in each)).toBe(false);
  expect(reads()).toBe(0);
});

it('a message goes without neighbours where they cannot be read', async () => {
  const stores = await storesOfDevice();
  stores.detections.summaryPage = async () => {
    throw new StoreError('Detections', { status: 503 });
  };
  const { sink, sent } = recording();
  expect(await notify(stores, sink, () => msOf(T1))).toMatchObject({ sent: 3 });
  expect(sent.some(({ detections: [first] }) => first?.neighbours !== undefined)).toBe(false);
});

it('openNeighbours(stores) reads at most five pages, and knows nothing of what has more', async () => {
  const stores = await storesOfDevice();
  const row = (await stores.detections.summaryPage({}, [], 1000, null))?.rows.slice(0, 1) ?? [];
  const pages = (count: number) => {
    let reads = 0;
    stores.detections.summaryPage = async () => ({ rows: row, next: ++reads < count ? ({} as never) : null });
    return () => reads;
  };
  pages(5);
  expect(await openNeighbours(stores)).not.toBeNull();
  const reads = pages(100);
  expect(await openNeighbours(stores)).toBeNull();
  expect(reads()).toBe(5);
});
