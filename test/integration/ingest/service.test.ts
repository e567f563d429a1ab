import { expect, inject, it } from 'vitest';
import { DAY_MS } from '../../../src/core/kql/timespan.ts';
import { storageClients } from '../../../src/storage/azure/clients.ts';
import { azureStores } from '../../../src/storage/azure/index.ts';
import { AsTheService } from '../../support/azure/service.ts';
import { freshAccount } from '../../support/azurite.ts';
import { azureGround } from '../../support/ingest/grounds.ts';
import { type Left, play, START } from '../../support/ingest/happenings.ts';
import { event, lines, REF, report, World } from '../../support/ingest/world.ts';

const RETRY = { retries: 6, delayMs: 1, maxDelayMs: 2 };

it('ingest leaves the same where the service answers as it does on Azure, and is busy now and then', {
  timeout: 60_000,
}, async () => {
  const onAzurite = async (service?: AsTheService): Promise<Left> => {
    let now = START;
    const clock = (): number => now;
    const options = { retry: RETRY, ...(service && { policy: service }) };
    const ground = azureGround(await freshAccount(inject('azurite')), clock, options);
    return await play({ ground, clock, setNow: (ms) => (now = ms), happenings: 7 }, (call) => call.run());
  };
  const service = new AsTheService({ troubleEvery: 5 });
  expect(await onAzurite(service)).toEqual(await onAzurite());
  expect([...service.answers.keys()].sort()).toEqual([
    'OperationTimedOut after',
    'OperationTimedOut before',
    'ServerBusy',
    'empty last page',
    'empty page',
  ]);
});

it('ingest keeps as dead letters what is too large for a row, and writes the rest', async () => {
  const service = new AsTheService();
  const connection = { kind: 'connectionString', value: await freshAccount(inject('azurite')) } as const;
  const stores = azureStores(storageClients(connection, { policy: service, retry: RETRY }));
  const clients = storageClients(connection);
  const world = new World();
  const huge = event('08:00:00', { process: 'x'.repeat(32 * 1024 + 1) });
  const text = lines(event('08:00:00'), huge, report(1), event('08:01:00'));
  await clients.blobs.getContainerClient(REF.container).create();
  const blob = clients.blobs.getContainerClient(REF.container).getAppendBlobClient(REF.name);
  await blob.create();
  await blob.appendBlock(text, Buffer.byteLength(text));
  world.now = Date.UTC(2026, 10, 20) + DAY_MS;
  expect(await world.ingest({ stores })).toMatchObject({ end: 'up-to-date', rows: 3 });
  const letters = await Array.fromAsync(stores.deadLetters.list());
  expect(letters.map(({ reason, code, offset }) => [reason, code, offset])).toEqual([
    ['refused-row', 'PropertyValueTooLarge', lines(event('08:00:00')).length],
  ]);
  expect(service.answers.get('PropertyValueTooLarge')).toBeGreaterThan(0);
});
