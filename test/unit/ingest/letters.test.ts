import { expect, it } from 'vitest';
import { replayed } from '../../../src/ingest/export_state.ts';
import { Ingest } from '../../../src/ingest/ingest.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { memoryStores } from '../../fakes/stores.ts';

const REF = { container: 'exports', name: 'a.json' };

it('asks for the removal of dead letters only if another worker may have read the segment before', async () => {
  const memory = memoryStores();
  const repeats: boolean[] = [];
  const stores: Stores = {
    ...memory,
    deadLetters: {
      open: (segmentId, options) => {
        repeats.push(options.repeat);
        return memory.deadLetters.open(segmentId, options);
      },
      list: () => memory.deadLetters.list(),
      expire: (before) => memory.deadLetters.expire(before),
    },
  };
  memory.exports.append(REF, '{"a":1}\n');
  const ingest = new Ingest(stores, formatsOf(['defender']), { retentionDays: 4 }, Date.now, () => 'one');
  await ingest.ingest(REF, 60_000);
  const { row, version } = (await memory.exportStates.get(REF)) ?? { row: null, version: '' };
  if (row === null) throw new Error('nothing was read');
  await memory.exportStates.replace(replayed(row), version);
  await ingest.ingest(REF, 60_000);
  expect(repeats).toEqual([false, true]);
});
