import type { QueueClient, QueueServiceClient } from '@azure/storage-queue';
import type { Messages, Queues } from '../ports/queues.ts';
import type { StorageClients } from './clients.ts';
import { BLOB_TRIGGER_POISON, QUEUES } from './names.ts';
import { isServiceError, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

/** Messages per request, and requests per queue: a flood of poison messages does not delay a sweep. */
const MESSAGES_PER_TAKE = 32;
const MAX_TAKES = 20;
/** A message expires after a week; a delay must end before. */
const MAX_DELAY_SECONDS = 6 * 86_400;

/** The queues of the functions; each is created with its first message. */
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
    await withSubject(`queue ${client.name}: send`, async () => {
      try {
        await client.sendMessage(text, options);
      } catch (error) {
        if (!isServiceError(error, 404, 'QueueNotFound')) throw error;
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
      const messages = await withSubject(`queue ${client.name}: take`, () => takeAll(client));
      if (messages > 0) taken[client.name] = messages;
    }
    return taken;
  }

  #poisonQueues(): QueueClient[] {
    const ours = Object.values(QUEUES).map((name) => this.#queues.getQueueClient(`${name}-poison`));
    return this.#triggers ? [...ours, this.#triggers.getQueueClient(BLOB_TRIGGER_POISON)] : ours;
  }
}

/** null where the queue does not exist. */
async function lengthOf(client: QueueClient): Promise<number | null> {
  const found = await withSubject(`queue ${client.name}: length`, () => unlessAbsent(client, client.getProperties()));
  return found && (found.approximateMessagesCount ?? 0);
}

async function takeAll(client: QueueClient): Promise<number> {
  let taken = 0;
  for (let take = 0; take < MAX_TAKES; take++) {
    const found = await unlessAbsent(client, client.receiveMessages({ numberOfMessages: MESSAGES_PER_TAKE }));
    const messages = found?.receivedMessageItems ?? [];
    for (const { messageId, popReceipt } of messages)
      await unlessAbsent(client, client.deleteMessage(messageId, popReceipt));
    taken += messages.length;
    if (messages.length < MESSAGES_PER_TAKE) break;
  }
  return taken;
}

/**
 * null where the queue or message is absent. Also where the blob trigger's poison queue is forbidden: with a reader's role
 * on the exports there is no trigger. Elsewhere 403 is an error: a forbidden queue is not an empty one.
 */
async function unlessAbsent<T>({ name }: QueueClient, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404 || (statusOf(error) === 403 && name === BLOB_TRIGGER_POISON)) return null;
    throw error;
  }
}

/**
 * JSON in base64. The Functions host expects base64 (host.json, `queues.messageEncoding`), but the SDK sends plain text,
 * which may hold characters that XML does not allow.
 */
export function messageText(message: object): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}
