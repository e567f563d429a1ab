/**
 * Runs the whole system on this machine over a hostile tenant, with a sink that takes everything, one that says no, and
 * one that is not there, and one that is wrong; with foreign messages in the queues, and foreign requests. Prints the log as JSON: what each
 * invocation logged, and what it threw, as the host would log it. `node hostile_run.ts <bundle>`
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { DEFAULT_CONTAINER } from '../../../src/config.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { QUEUES } from '../../../src/storage/azure/names.ts';
import { shiftClock } from '../../../tools/local/clock.ts';
import { LocalSystem } from '../../../tools/local/system.ts';
import { FOREIGN_EXPORT, hostileExport } from './hostile_tenant.ts';

const invocations: { readonly function: string; readonly logs: readonly string[]; readonly error?: string }[] = [];
const ending = new AbortController();
const DELIVERY_LAG_MS = 45 * 60_000;

const server = createServer((request, response) => response.writeHead(request.url === '/ok' ? 200 : 400).end());
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const sink = (name: string, url: string) => ({ name, format: 'json', minSeverity: 'low', url: { setting: url } });

shiftClock(-HOUR_MS);
const system = await LocalSystem.start({
  containers: [DEFAULT_CONTAINER],
  bundle: pathToFileURL(process.argv[2] as string),
  environment: {
    BASELINE_HOURS: '0',
    SINKS: JSON.stringify([
      sink('takes', 'URL_TAKES'),
      sink('refuses', 'URL_REFUSES'),
      sink('absent', 'URL_ABSENT'),
      sink('wrong', 'URL_WRONG'),
    ]),
    URL_TAKES: `${base}/ok`,
    URL_REFUSES: `${base}/no?sig=planted-hook-secret`,
    // No https: that sink is left out.
    URL_WRONG: 'http://planted-hook-secret.example/',
    // Port 1: nobody listens.
    URL_ABSENT: 'http://127.0.0.1:1/planted-hook-secret',
    EXPORT_CONTAINERS: `${DEFAULT_CONTAINER},not-there-yet`,
  },
  onInvocation: ({ function: name, logs, error }) =>
    invocations.push({
      function: name,
      logs,
      ...(error !== undefined && {
        error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
      }),
    }),
  onProgress: () => {},
  signal: ending.signal,
  onFailure: (error) => ending.abort(error),
});
try {
  const container = BlobServiceClient.fromConnectionString(system.connectionString).getContainerClient(
    DEFAULT_CONTAINER,
  );
  await container.createIfNotExists();
  const put = async (name: string, text: string) => {
    const blob = container.getAppendBlobClient(name);
    await blob.create();
    for (let at = 0; at < text.length; at += 1 << 20) {
      const piece = Buffer.from(text.slice(at, at + (1 << 20)));
      await blob.appendBlock(piece, piece.length);
    }
  };
  const asOf = Math.floor((Date.now() - DELIVERY_LAG_MS) / HOUR_MS) * HOUR_MS;
  await put('tenantId=1/y=2026/PT1H.json', hostileExport(asOf));
  await put('tenantId=1/y=2026/foreign.json', FOREIGN_EXPORT);
  await system.blobsSeen();
  await system.fire('sweepExports');
  await system.drained('ingest');
  await system.fire('scoreWindows');
  await system.drained('score');
  // The hour before opened the detection, this one decides about it.
  shiftClock(HOUR_MS);
  await system.fire('scoreWindows');
  await system.drained('score');
  const queues = QueueServiceClient.fromConnectionString(system.connectionString);
  // One for each sink; then what the absent one has left to come later.
  while (invocations.filter((each) => each.function === 'notifyDetection').length < 3) await setTimeout(100);
  await queues.getQueueClient(QUEUES.notify).clearMessages();
  for (const queue of Object.values(QUEUES)) {
    await queues.getQueueClient(queue).createIfNotExists();
    for (const text of ['{"container":7,"planted-device-7f3a":"planted-process-91b2"}', '"planted-device-7f3a"']) {
      await queues.getQueueClient(queue).sendMessage(Buffer.from(text).toString('base64'));
    }
  }
  await system.drained('ingest', 'score', 'notify');
  // Takes what ended in the poison queues, and says how much.
  await system.fire('sweepExports');
  for (const path of ['?device=planted-device-7f3a', '?planted-device-7f3a=1', '/planted-device-7f3a', '']) {
    await (await fetch(`${system.httpUrl}/api/detections${path}`)).text();
  }
  const body = JSON.stringify({
    verdict: 'planted-device-7f3a',
    note: 'planted-process-91b2',
    who: 'planted-account-d1e9',
  });
  const headers = { 'content-type': 'application/json' };
  for (const id of ['planted-device-7f3a', `${'0'.repeat(32)}`]) {
    await (await fetch(`${system.httpUrl}/api/detections/${id}`, { method: 'POST', headers, body })).text();
  }
  await (await fetch(`${system.httpUrl}/api/health?planted-device-7f3a`)).text();
} finally {
  await system.stop();
  server.close();
}
process.stdout.write(JSON.stringify(invocations));
