import { beforeEach, describe, expect, it } from 'vitest';
import { recordVerdict } from '../../../src/detections/record_verdict.ts';
import { delivery, detection, groupId, T2 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';

const ID = groupId(1);
const VERDICT = { value: 'false-positive', note: 'ours', who: 'ana' } as const;

let stores: MemoryStores;
beforeEach(async () => {
  stores = memoryStores();
  await stores.detections.insert(detection());
});

const rowNow = async () => (await stores.detections.get(ID))?.row;

describe('recordVerdict(stores, id, input, clock)', () => {
  it('writes the verdict and when, and gives back the row', async () => {
    const row = await recordVerdict(stores, ID, VERDICT, () => 42);
    expect(row).toEqual({ detection: detection(), deliveries: {}, verdict: { ...VERDICT, at: 42 } });
    expect(await rowNow()).toEqual(row);
  });

  it('is null where there is none, and makes none', async () => {
    expect(await recordVerdict(stores, groupId(2), VERDICT, () => 42)).toBeNull();
    expect(await stores.detections.get(groupId(2))).toBeNull();
  });

  it('replaces an earlier verdict', async () => {
    await recordVerdict(stores, ID, VERDICT, () => 42);
    await recordVerdict(stores, ID, { value: 'true-positive', note: '', who: 'ben' }, () => 43);
    expect((await rowNow())?.verdict).toEqual({ value: 'true-positive', note: '', who: 'ben', at: 43 });
  });

  it('is done also where the scorer, the notifier and another analyst write the row meanwhile; none loses anything', async () => {
    const { get } = stores.detections;
    const meanwhile = [
      (version: string) => stores.detections.update(detection({ state: 'resolved', asOf: T2 }), version),
      (version: string) => stores.detections.mark(ID, { sink: 'soc', delivery: delivery() }, version),
      (version: string) => stores.detections.recordVerdict(ID, { ...VERDICT, who: 'ben', at: 1 }, version),
    ];
    stores.detections.get = async (id) => {
      const found = await get.call(stores.detections, id);
      await meanwhile.shift()?.(found?.version ?? '');
      return found;
    };
    await recordVerdict(stores, ID, VERDICT, () => 42);
    expect(meanwhile).toEqual([]);
    expect(await rowNow()).toEqual({
      detection: detection({ state: 'resolved', asOf: T2 }),
      deliveries: { soc: delivery() },
      verdict: { ...VERDICT, at: 42 },
    });
  });
});
