import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Detection, DetectionState, SinkDelivery } from '../../../src/core/detections/detection.ts';
import { addMs } from '../../../src/core/kql/timestamp.ts';
import { pendingBatchOf } from '../../../src/notify/batching.ts';
import type { SummaryRow } from '../../../src/storage/ports/detections.ts';
import { delivery, detection, groupId, T1 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { tries } from '../../support/effort.ts';

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores();
});

async function opened(number: number, changes: Partial<Detection> = {}, sent?: Partial<SinkDelivery>): Promise<void> {
  const version = await stores.detections.insert(
    detection({ groupId: groupId(number), average: number, severity: 'medium', ...changes }),
  );
  if (sent) await stores.detections.mark(`${groupId(number)}|kql-rule`, 'soar', delivery(sent), version ?? '');
}

const numberOf = ({ groupId }: { readonly groupId: string }) => Number.parseInt(groupId.slice(1), 16);
async function found(most?: number) {
  const { pending: outgoing, isCut } = await pendingBatchOf(stores.detections, 'soar', T1, most);
  return { numbers: outgoing.map(numberOf).sort((a, b) => a - b), isCut };
}

describe('outgoingOf(detections, sink, since, mostUntried)', () => {
  it('is what is pending to that sink, of both active states', async () => {
    await opened(1);
    await opened(2, { state: 'ongoing' });
    await opened(3, {}, { status: 'sending', answer: '503' });
    await opened(4, {}, { status: 'sent', answer: '200' });
    await opened(5, {}, { status: 'failed', answer: '403' });
    await opened(6, { state: 'resolved' });
    await opened(7, { suppressedBy: 's-1' });
    await opened(8, { episode: addMs(T1, -1) });
    await opened(9, { revision: 1 }, { status: 'sent', answer: '200' });
    expect(await found()).toEqual({ numbers: [1, 2, 3, 9], isCut: false });
  });

  it('of what was never tried holds the first in order, and says that there is more', async () => {
    for (let number = 0; number < 25; number++) await opened(number);
    await opened(100, { severity: 'low' });
    await opened(3000, { severity: 'high', average: 0 });
    expect(await found(27)).toMatchObject({ isCut: false });
    for (const most of [26, 13, 9]) {
      const { numbers, isCut } = await found(most);
      const first = Array.from({ length: Math.min(most - 1, 25) }, (_, n) => 24 - n).reverse();
      expect({ numbers, isCut }).toEqual({ numbers: [...first, 3000], isCut: true });
    }
  });

  it('holds all that was tried, and what else is known of its digests', async () => {
    const digest = (id: string) => ({ digest: { id, of: 3 } });
    for (const number of [1, 2]) await opened(number, {}, { answer: '503', ...digest('a') });
    await opened(3, { state: 'ongoing' }, { status: 'sent', answer: '200', ...digest('a') });
    await opened(4, {}, { status: 'sent', answer: '200', ...digest('b') });
    await opened(5, { revision: 1 }, { status: 'sent', answer: '200', ...digest('c') });
    await opened(6, {}, { answer: '503' });
    await opened(7);
    await opened(8);
    expect(await found(1)).toEqual({ numbers: [1, 2, 3, 6, 8], isCut: true });
  });

  it('names one once that has changed since it was tried within a digest', async () => {
    const digest = { id: 'a', of: 3 };
    await opened(1, {}, { answer: '503', digest });
    await opened(2, { revision: 1 }, { answer: '503', digest });
    await opened(3, { state: 'ongoing', revision: 1 }, { answer: '503', digest });
    expect(await found()).toEqual({ numbers: [1, 2, 3], isCut: false });
  });

  it('holds no more of tens of thousands', async () => {
    const PAGES = tries(40, 100);
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const text = JSON.stringify({ detection: detection(), deliveries: {}, verdict: null });
    const used: number[] = [];
    const summaries = async function* ({ state }: { readonly state?: DetectionState }) {
      for (let page = 0; state === 'new' && page < PAGES; page++) {
        const rows = Array.from({ length: 1000 }, () => JSON.parse(text) as SummaryRow);
        yield rows.map((row, n) => ({ ...row, detection: { ...row.detection, groupId: groupId(1000 * page + n) } }));
        if (page % (PAGES / 4) !== 0) continue;
        gc();
        used.push(process.memoryUsage().heapUsed);
      }
    };
    expect(await pendingBatchOf({ summaries }, 'soar', T1, 100)).toMatchObject({ isCut: true });
    // All of them are over 10 MB.
    expect((used.at(-1) ?? 0) - (used[0] ?? 0)).toBeLessThan(5e6);
  });

  it('takes the later view of one that is met twice', async () => {
    const sent = delivery({ status: 'sent', answer: '200' });
    const row = (number: number, state: DetectionState, soar?: SinkDelivery): SummaryRow => ({
      detection: detection({ groupId: groupId(number), state }),
      deliveries: soar ? { soar } : {},
      verdict: null,
    });
    const pages = {
      new: [row(1, 'new'), row(2, 'new'), row(3, 'new', delivery({ answer: '503' }))],
      ongoing: [row(1, 'ongoing'), row(2, 'ongoing', sent), row(3, 'ongoing', sent)],
    };
    const summaries = async function* ({ state }: { readonly state?: DetectionState }) {
      yield pages[state as 'new' | 'ongoing'];
    };
    const { pending: outgoing } = await pendingBatchOf({ summaries }, 'soar', T1);
    expect(outgoing.map((each) => [numberOf(each), each.state])).toEqual([[1, 'ongoing']]);
  });
});
