import { describe, expect, it } from 'vitest';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import { notify } from '../../../src/notify/notify.ts';
import type { Sink } from '../../../src/notify/sink.ts';
import { collectBadRows } from '../../../src/storage/bad_rows.ts';
import { partitionOf } from '../../../src/storage/keys.ts';
import { BadRowError, badRow } from '../../../src/storage/ports/bad_row.ts';
import { detection, groupId, T1 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { putState } from '../../support/sinks/states.ts';
import { writeDetection } from '../../support/sinks/write_detection.ts';

it('a detection that cannot be read is not sent and stays pending, and the others are sent', async () => {
  const stores = memoryStores();
  const quiet = { disabledAt: null, settings: '', failures: 0, notBefore: 0 };
  await putState(stores, { name: 'soar', since: T1, ...quiet });
  for (const n of [1, 2, 3]) await writeDetection(stores, detection({ groupId: groupId(n), episode: T1 }));
  const get = stores.detections.get.bind(stores.detections);
  stores.detections.get = async (id) => {
    if (id.startsWith(groupId(2))) throw new BadRowError(badRow('Detections', '3', id, 'Average must be a number'));
    return await get(id);
  };
  const sent: string[] = [];
  const sink: Sink = {
    name: 'soar',
    fingerprint: '',
    digests: null,
    async send({ detections }) {
      sent.push(...detections.map((each) => each.groupId));
      return { kind: 'sent', answer: '200' };
    },
  };
  await collectBadRows(async (badRows) => {
    expect(await notify(stores, sink, () => msOf(T1))).toMatchObject({ sent: 2, failed: 0 });
    expect(badRows.total).toBe(1);
  });
  expect(sent.sort()).toEqual([groupId(1), groupId(3)]);
  const left = (await Array.fromAsync(stores.outbox.list(partitionOf(groupId(2)), 'soar'))).flat();
  expect(left.map(({ row }) => row.groupId)).toEqual([groupId(2)]);
});

describe('a state of a sink that cannot be read', () => {
  const unreadable = (stores: MemoryStores, from: number): void => {
    const get = stores.sinks.get.bind(stores.sinks);
    let reads = 0;
    stores.sinks.get = async (name) => {
      if (reads++ < from) return await get(name);
      throw new BadRowError(badRow('Sinks', 'sinks', name, 'Since must be a time'));
    };
  };

  it.each([
    ['before the first message, sends nothing and keeps what is pending', 0, 0],
    ['after a failed message, keeps what is pending', 1, 1],
  ])('%s', async (_title, from, tries) => {
    const stores = memoryStores();
    await putState(stores, { name: 'soar', since: T1, disabledAt: null, settings: '', failures: 0, notBefore: 0 });
    await writeDetection(stores, detection({ groupId: groupId(1), episode: T1 }));
    unreadable(stores, from);
    let sent = 0;
    const sink: Sink = {
      name: 'soar',
      fingerprint: '',
      digests: null,
      async send() {
        sent++;
        return { kind: 'transient', answer: '503' };
      },
    };
    await collectBadRows(async (badRows) => {
      expect(await notify(stores, sink, () => msOf(T1))).toMatchObject({ sent: 0, failed: 0 });
      expect(badRows.rows).toMatchObject([{ table: 'Sinks', rowKey: 'soar' }]);
    });
    expect(sent).toBe(tries);
    expect((await Array.fromAsync(stores.outbox.list(partitionOf(groupId(1)), 'soar'))).flat()).toHaveLength(1);
  });
});
