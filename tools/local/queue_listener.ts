import { type DequeuedMessageItem, type QueueClient, RestError } from '@azure/storage-queue';
import type { HostSettings } from './host_settings.ts';

export interface QueueListenerParts {
  readonly queue: QueueClient;
  /** Receives messages that failed as often as the settings allow. */
  readonly poison: QueueClient;
  readonly settings: HostSettings['queues'];
  /** Runs the function with the decoded message. If it throws, the message is delivered again. */
  readonly handle: (text: string, message: { id: string; dequeueCount: number }) => Promise<unknown>;
}

/** A message in the poison queue, with the last error. */
export interface Poisoned {
  readonly queue: string;
  readonly reason: string;
}

/** Time for which a received message is invisible to others. */
const INVISIBLE_SECONDS = 600;
/** Pause between two polls of an empty queue: the first, and the longest. */
const SHORTEST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 400;

/** The host's queue trigger: receives messages, runs the function, and moves failing messages to the poison queue. */
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

  /** Receives and handles one batch. Returns the pause before the next poll, in ms. */
  async step(): Promise<number> {
    const messages = await this.#receive();
    await Promise.all(messages.map((message) => this.#take(message)));
    this.#pauseMs = messages.length > 0 ? SHORTEST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    return messages.length > 0 ? 0 : this.#pauseMs;
  }

  /** Whether the queue has no message: none waiting, in progress, or invisible until its next try. */
  async isEmpty(): Promise<boolean> {
    try {
      const { approximateMessagesCount } = await this.#parts.queue.getProperties();
      return approximateMessagesCount === 0;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  async #receive(): Promise<readonly DequeuedMessageItem[]> {
    try {
      const options = { numberOfMessages: this.#parts.settings.batchSize, visibilityTimeout: INVISIBLE_SECONDS };
      return (await this.#parts.queue.receiveMessages(options)).receivedMessageItems;
    } catch (error) {
      // The queue is created with its first message.
      if (isNotFound(error)) return [];
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

/** The text of a base64 message; null if it is not base64, which Node would decode without an error. */
function decoded(base64: string): string | null {
  return BASE64.test(base64) ? Buffer.from(base64, 'base64').toString('utf8') : null;
}

function isNotFound(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
