import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { notify } from '../../../src/notify/notify.ts';
import type { DigestLimits, Sink } from '../../../src/notify/sink.ts';
import { openSink } from '../../../src/notify/sinks/open.ts';
import { azureStores } from '../../../src/storage/azure/index.ts';
import { freshClients } from '../../support/azure/stores.ts';
import { tries } from '../../support/effort.ts';
import { load, openMany } from '../../support/notify/load.ts';
import { CONTEXT, SINKS } from '../../support/sinks/samples.ts';
import { detectionRows } from '../../support/storage/detection_rows.ts';

const DIGESTS: DigestLimits = { above: 5, atMost: 1000, listed: 10, waitMs: 0 };
/** `npm run bench:notify` has 100,000 too, with a delay for each request. */
const SIZES = [1000, tries(5000, 100_000)];

describe('notify(), counted on stores that pass the contract', () => {
  it.each(SIZES)('of %i pending sends digests for a tenth of a request for each member', async (count) => {
    const { sent, requests, before, messages } = await load(count, DIGESTS);
    expect(sent).toBe(count);
    expect(messages).toBe(count / 1000);
    expect(requests).toBeLessThanOrEqual(0.1);
    // Each of 5 ms, they take less than ten seconds, one after the other.
    expect(before).toBeLessThan(150 + count / 500);
  });

  it.each(SIZES)('of %i pending sends singles for four requests each', async (count) => {
    // The first batch; the others are like it, and list less.
    const { sent, requests, before, results } = await load(count, null, { batches: 1, mostUntried: 1000 });
    expect(sent).toBe(1000);
    expect(results[0]).toMatchObject({ failed: 0, waiting: 0, leased: 0 });
    expect(requests).toBeLessThanOrEqual(4);
    expect(before).toBeLessThan(150 + count / 500);
  });

  it('has few requests to send for each budget, however short: a batch makes progress', async () => {
    const { sent, results } = await load(100, null, { budgetMs: 0 });
    expect([sent, results.length]).toEqual([100, 100]);
  });
});

describe('notify() on Azurite', () => {
  it('drains what is pending, by itself and in digests, each once', async () => {
    const count = tries(300, 2000);
    const stores = azureStores(await freshClients());
    const ids = new Map<string, number>();
    const server = createServer((request, response) => {
      const id = String(request.headers['webhook-id']);
      ids.set(id, (ids.get(id) ?? 0) + 1);
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const soar = openSink({ ...SINKS.json, minSeverity: 'low', url }, CONTEXT);
    const chat: Sink = {
      ...openSink({ ...SINKS.json, name: 'chat', minSeverity: 'low', url }, CONTEXT),
      digests: DIGESTS,
    };
    await openMany(stores, [soar, chat], count);
    for (const sink of [soar, chat]) {
      let sent = 0;
      let now = Date.now();
      for (let batch = 0; batch < 50 && sent < count; batch++) {
        const result = await notify(stores, sink, () => now);
        expect(result).toMatchObject({ failed: 0, waiting: 0, leased: 0 });
        sent += result.sent;
        now += 10_000;
      }
      expect(sent).toBe(count);
    }
    await new Promise((resolve) => server.close(resolve));
    const digests = [...ids.keys()].filter((id) => id.startsWith('digest|'));
    expect(digests).toHaveLength(Math.ceil(count / 1000));
    expect(ids.size).toBe(count + digests.length);
    expect([...ids.values()].every((times) => times === 1)).toBe(true);
    const rows = await detectionRows(stores.detections);
    expect(rows).toHaveLength(count);
    for (const { deliveries } of rows) {
      expect(deliveries).toMatchObject({ soar: { status: 'sent' }, chat: { status: 'sent', answer: '204' } });
      expect(digests).toContain(deliveries['chat']?.digest);
    }
    expect(await notify(stores, soar, Date.now)).toMatchObject({ sent: 0, againInMs: null });
  });
});
