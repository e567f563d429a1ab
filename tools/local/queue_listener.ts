import { type DequeuedMessageItem, type QueueClient, RestError } from '@azure/storage-queue';
import type { HostSettings } from './host_settings.ts';

export interface QueueListenerParts {
  readonly queue: QueueClient;
  /** Takes what failed for good. */
  readonly poison: QueueClient;
  readonly settings: HostSettings['queues'];
  /** Runs the function with the decoded message; what it throws has the message delivered again. */
  readonly handle: (text: string, message: { id: string; dequeueCount: number }) => Promise<unknown>;
}

/** A message that went to the poison queue, and why. */
export interface Poisoned {
  readonly queue: string;
  readonly reason: string;
}

/** How long a message in hand is nobody else's. */
const IN_HAND_SECONDS = 600;
/** Between two looks at a queue without messages: at first, and at most. */
const SHORTEST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 400;

/** What the host's queue trigger does: takes messages, has them handled, and moves to the poison queue what fails. */
export class QueueListener {
  readonly #parts: QueueListenerParts;
  readonly #poisoned: Poisoned[] = [];
  #pauseMs = SHORTEST_PAUSE_MS;

  constructor(parts: QueueListenerParts) {
    this.#parts = parts;
  }

  get poisoned(): readonly Poisoned[] {
    return this.#poisoned;
  }

  /** Takes and handles as many messages as the batch size says; how long to wait before the next look (ms). */
  async step(): Promise<number> {
    const messages = await this.#receive();
    await Promise.all(messages.map((message) => this.#take(message)));
    this.#pauseMs = messages.length > 0 ? SHORTEST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    return messages.length > 0 ? 0 : this.#pauseMs;
  }

  /** Whether there is nothing on the queue: nothing waiting, in hand, or out of sight until its next try. */
  async isEmpty(): Promise<boolean> {
    try {
      const { approximateMessagesCount } = await this.#parts.queue.getProperties();
      return approximateMessagesCount === 0;
    } catch (error) {
      if (isNotThere(error)) return true;
      throw error;
    }
  }

  async #receive(): Promise<readonly DequeuedMessageItem[]> {
    try {
      const options = { numberOfMessages: this.#parts.settings.batchSize, visibilityTimeout: IN_HAND_SECONDS };
      return (await this.#parts.queue.receiveMessages(options)).receivedMessageItems;
    } catch (error) {
      // It comes to be with its first message.
      if (isNotThere(error)) return [];
      throw error;
    }
  }

  async #take(message: DequeuedMessageItem): Promise<void> {
    const { queue, settings, handle } = this.#parts;
    const { messageId, popReceipt, dequeueCount } = message;
    const text = decoded(message.messageText);
    if (text === null) return await this.#poison(message, 'the message is not base64');
    try {
      await handle(text, { id: messageId, dequeueCount });
    } catch (error) {
      if (dequeueCount >= settings.maxDequeueCount) return await this.#poison(message, reasonOf(error));
      const seconds = Math.ceil(settings.visibilityTimeoutMs / 1000);
      await queue.updateMessage(messageId, popReceipt, message.messageText, seconds);
      return;
    }
    await queue.deleteMessage(messageId, popReceipt);
  }

  async #poison({ messageId, popReceipt, messageText }: DequeuedMessageItem, reason: string): Promise<void> {
    const { queue, poison } = this.#parts;
    await poison.createIfNotExists();
    await poison.sendMessage(messageText);
    await queue.deleteMessage(messageId, popReceipt);
    this.#poisoned.push({ queue: queue.name, reason });
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The text of a message in base64; null where it is none, which Node would read as something all the same. */
function decoded(base64: string): string | null {
  return BASE64.test(base64) ? Buffer.from(base64, 'base64').toString('utf8') : null;
}

function isNotThere(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
