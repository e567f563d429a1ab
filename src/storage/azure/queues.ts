import type { QueueClient, QueueServiceClient } from '@azure/storage-queue';
import type { Messages, Queues } from '../ports/queues.ts';
import type { StorageClients } from './clients.ts';
import { BLOB_TRIGGER_POISON, QUEUES } from './names.ts';
import { isAnswer, statusOf } from './rest_errors.ts';
import { about } from './store_error.ts';

/** Taken off at once, and at most so often in a row: a flood of poison does not hold up a sweep. */
const TAKEN_AT_ONCE = 32;
const TAKES = 20;
/** A message lives for a week, and a delay must end before. */
const MAX_DELAY_SECONDS = 6 * 86_400;

/** The queues that the functions listen on; each comes to be with its first message. */
export class AzureQueues implements Queues {
  readonly #queues: QueueServiceClient;
  /** The queues of the account that holds the exports, where the host keeps the blob trigger's; null without a trigger. */
  readonly #triggers: QueueServiceClient | null;

  constructor(clients: StorageClients, triggers: StorageClients | null = clients) {
    this.#queues = clients.queues;
    this.#triggers = triggers === null ? null : triggers.queues;
  }

  async send<Q extends keyof Messages>(queue: Q, message: Messages[Q], delayMs = 0): Promise<void> {
    const client = this.#queues.getQueueClient(QUEUES[queue]);
    const text = messageText(message);
    const options = delayMs > 0 ? { visibilityTimeout: Math.min(Math.ceil(delayMs / 1000), MAX_DELAY_SECONDS) } : {};
    await about(`queue ${client.name}: send`, async () => {
      try {
        await client.sendMessage(text, options);
      } catch (error) {
        if (!isAnswer(error, 404, 'QueueNotFound')) throw error;
        await client.createIfNotExists();
        await client.sendMessage(text, options);
      }
    });
  }

  async waiting(queue: keyof Messages): Promise<number> {
    return (await lengthOf(this.#queues.getQueueClient(QUEUES[queue]))) ?? 0;
  }

  async lengths(): Promise<Record<string, number>> {
    const lengths: Record<string, number> = {};
    const ours = Object.values(QUEUES).map((name) => this.#queues.getQueueClient(name));
    for (const client of [...ours, ...this.#poisonQueues()]) {
      const length = await lengthOf(client);
      if (length !== null) lengths[client.name] = length;
    }
    return lengths;
  }

  async takePoison(): Promise<Record<string, number>> {
    const taken: Record<string, number> = {};
    for (const client of this.#poisonQueues()) {
      const messages = await about(`queue ${client.name}: take`, () => takeAll(client));
      if (messages > 0) taken[client.name] = messages;
    }
    return taken;
  }

  #poisonQueues(): QueueClient[] {
    const ours = Object.values(QUEUES).map((name) => this.#queues.getQueueClient(`${name}-poison`));
    return this.#triggers ? [...ours, this.#triggers.getQueueClient(BLOB_TRIGGER_POISON)] : ours;
  }
}

/** Null where there is no such queue. */
async function lengthOf(client: QueueClient): Promise<number | null> {
  const found = await about(`queue ${client.name}: length`, () => unlessAbsent(client.getProperties()));
  return found && (found.approximateMessagesCount ?? 0);
}

async function takeAll(client: QueueClient): Promise<number> {
  let taken = 0;
  for (let take = 0; take < TAKES; take++) {
    const found = await unlessAbsent(client.receiveMessages({ numberOfMessages: TAKEN_AT_ONCE }));
    const messages = found?.receivedMessageItems ?? [];
    for (const { messageId, popReceipt } of messages) await unlessAbsent(client.deleteMessage(messageId, popReceipt));
    taken += messages.length;
    if (messages.length < TAKEN_AT_ONCE) break;
  }
  return taken;
}

/** Null where there is no such queue or message, or none that we may see: with the reader's role on the exports there is no trigger. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 403) return null;
    throw error;
  }
}

/**
 * JSON in base64. The Functions host expects base64 (host.json, `queues.messageEncoding`) where the SDK sends text as it
 * is; and text as it is would be cut by what XML cannot hold.
 */
export function messageText(message: object): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}
