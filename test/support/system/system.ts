import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppendBlobClient } from '@azure/storage-blob';
import { Webhook } from 'standardwebhooks';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import type { DetectionQuery } from '../../../src/detections/query_detections.ts';
import { storageClients } from '../../../src/storage/azure/clients.ts';
import type { ExportRef } from '../../../src/storage/ports/exports.ts';

export const SECRET = `whsec_${Buffer.from('a secret of the tests, 24+ bytes').toString('base64')}`;

/** Every detection of a small tenant. */
export const ALL: DetectionQuery = { filter: {}, sort: 'average', limit: 1000, after: null };

/** A webhook that came in, its signature verified. */
export interface Received {
  readonly id: string;
  readonly body: { readonly type: string; readonly data: Record<string, unknown> };
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it answers with, from now on. */
  status: number;
  close(): Promise<void>;
}

/** A real HTTP receiver that takes what is rightly signed, and answers 401 to the rest. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const webhook = new Webhook(SECRET);
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const id = String(request.headers['webhook-id']);
    // By hand, since the library refuses what is not of this moment, and the clock is the test's.
    const at = new Date(Number(request.headers['webhook-timestamp']) * 1000);
    const isSigned = webhook.sign(id, at, text) === request.headers['webhook-signature'];
    if (isSigned && receiver.status === 200) received.push({ id, body: JSON.parse(text) });
    response.writeHead(isSigned ? receiver.status : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?sig=planted-url-secret`,
    received,
    status: 200,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return receiver;
}

/** The system on an account of the emulator, with the queues' messages handed over by the test. */
export class System {
  readonly app: App;
  readonly clients;
  /** The clock of the app (ms since the epoch). */
  now: number;

  constructor(connectionString: string, now: number, env: Record<string, string> = {}) {
    this.now = now;
    const config = readConfig({ AzureWebJobsStorage: connectionString, ...env });
    this.app = createApp(config, { clock: () => this.now });
    this.clients = storageClients({ kind: 'connectionString', value: connectionString });
  }

  /** Puts bytes behind an export, in one append. */
  async append(ref: ExportRef, bytes: Buffer): Promise<void> {
    const container = this.clients.blobs.getContainerClient(ref.container);
    await container.createIfNotExists();
    const blob: AppendBlobClient = container.getAppendBlobClient(ref.name);
    await blob.createIfNotExists();
    for (let at = 0; at < bytes.length; at += 4 * 1024 * 1024) {
      const piece = bytes.subarray(at, at + 4 * 1024 * 1024);
      await blob.appendBlock(piece, piece.length);
    }
  }

  /** Hands over every message of every queue, until none is left; each `times` times. How many were there. */
  async drain(times = 1): Promise<number> {
    let handled = 0;
    for (;;) {
      const before = handled;
      handled += await this.#drainQueue('ingest', (message) => this.app.ingest(message), times);
      handled += await this.#drainQueue('score', (message) => this.app.scorePartition(message), times);
      handled += await this.#drainQueue('notify', (message) => this.app.notify(message), times);
      if (handled === before) return handled;
    }
  }

  async #drainQueue(name: string, handle: (message: unknown) => Promise<unknown>, times: number): Promise<number> {
    const queue = this.clients.queues.getQueueClient(name);
    if (!(await queue.exists())) return 0;
    let handled = 0;
    for (;;) {
      const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 300 });
      if (receivedMessageItems.length === 0) return handled;
      for (const item of receivedMessageItems) {
        const message: unknown = JSON.parse(Buffer.from(item.messageText, 'base64').toString());
        for (let time = 0; time < times; time++) await handle(message);
        await queue.deleteMessage(item.messageId, item.popReceipt);
        handled++;
      }
    }
  }

  /**
   * Everything that the tables hold, but for what every write changes (ETag, Timestamp). `HourlyCounts`: the rows of all days,
   * without the entries that announce them.
   */
  async dump(...tables: readonly string[]): Promise<Record<string, unknown[]>> {
    const dump: Record<string, unknown[]> = {};
    for (const table of tables) {
      const rows: unknown[] = [];
      for (const name of table === 'HourlyCounts' ? await this.#countTables() : [table]) {
        for await (const entity of this.clients.table(name).listEntities()) {
          const { etag: _etag, timestamp: _timestamp, ...row } = entity;
          if (table !== 'HourlyCounts' || !row.rowKey?.startsWith('touched|')) rows.push(row);
        }
      }
      dump[table] = rows;
    }
    return dump;
  }

  async #countTables(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.clients.tables.listTables()) {
      if (name?.startsWith('HourlyCounts')) names.push(name);
    }
    return names.sort();
  }
}
