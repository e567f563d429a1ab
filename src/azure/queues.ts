import type { QueueServiceClient } from '@azure/storage-queue';
import type { Messages, Queues } from '../ports.ts';
import type { StorageClients } from './clients.ts';
import { QUEUES } from './names.ts';
import { isAnswer } from './rest_errors.ts';
import { about } from './store_error.ts';

/** The queues that the functions listen on; each comes to be with its first message. */
export class AzureQueues implements Queues {
  readonly #queues: QueueServiceClient;

  constructor(clients: StorageClients) {
    this.#queues = clients.queues;
  }

  async send<Q extends keyof Messages>(queue: Q, message: Messages[Q]): Promise<void> {
    const client = this.#queues.getQueueClient(QUEUES[queue]);
    const text = messageText(message);
    await about(`queue ${client.name}: send`, async () => {
      try {
        await client.sendMessage(text);
      } catch (error) {
        if (!isAnswer(error, 404, 'QueueNotFound')) throw error;
        await client.createIfNotExists();
        await client.sendMessage(text);
      }
    });
  }
}

/**
 * JSON in base64. The Functions host expects base64 (host.json, `queues.messageEncoding`) where the SDK sends text as it
 * is; and text as it is would be cut by what XML cannot hold.
 */
export function messageText(message: object): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}
