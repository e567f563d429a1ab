import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { messageText } from '../../../../src/storage/azure/queues.ts';
import { hostSettings } from '../../../../tools/local/host_settings.ts';
import { QueueListener } from '../../../../tools/local/queue_listener.ts';
import { freshAccount } from '../../../support/azurite.ts';

let service: QueueServiceClient;
beforeAll(async () => {
  service = QueueServiceClient.fromConnectionString(await freshAccount(inject('azurite')));
});

interface Delivery {
  readonly text: string;
  readonly dequeueCount: number;
}

let queues = 0;

/** A listener on a queue that holds these messages; failed ones come back at once. */
async function listening(messages: readonly string[], handle: (delivery: Delivery) => void = () => {}) {
  const name = `queue${queues++}`;
  const queue = service.getQueueClient(name);
  const poison = service.getQueueClient(`${name}-poison`);
  await queue.create();
  for (const message of messages) await queue.sendMessage(message);
  const deliveries: Delivery[] = [];
  const listener = new QueueListener({
    queue,
    poison,
    settings: { ...hostSettings().queues, visibilityTimeoutMs: 0 },
    handle: async (text, { dequeueCount }) => {
      deliveries.push({ text, dequeueCount });
      handle({ text, dequeueCount });
    },
  });
  return { listener, queue, poison, deliveries };
}

async function textsOf(queue: QueueClient): Promise<string[]> {
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 32 });
  return peekedMessageItems.map(({ messageText }) => messageText);
}

const MESSAGE = messageText({ container: 'exports', name: 'å/✓.json' });

describe('QueueListener', () => {
  it('hands over what our queues send, decoded, one at a time, and takes it off the queue', async () => {
    const { listener, deliveries } = await listening([MESSAGE, MESSAGE]);
    expect(await listener.isEmpty()).toBe(false);
    expect(await listener.step()).toBe(0);
    expect(deliveries).toEqual([{ text: '{"container":"exports","name":"å/✓.json"}', dequeueCount: 1 }]);
    expect(await listener.isEmpty()).toBe(false);
    await listener.step();
    expect(await listener.isEmpty()).toBe(true);
    expect(deliveries).toHaveLength(2);
  });

  it('delivers what failed again, and moves it to the poison queue after the fifth time', async () => {
    const { listener, poison, deliveries } = await listening([MESSAGE], () => {
      throw new Error('as planned');
    });
    for (let time = 1; time <= 4; time++) await listener.step();
    expect(listener.poisoned).toEqual([]);
    await listener.step();
    expect(deliveries.map(({ dequeueCount }) => dequeueCount)).toEqual([1, 2, 3, 4, 5]);
    expect(listener.poisoned).toEqual([{ queue: expect.stringMatching(/^queue\d+$/), reason: 'as planned' }]);
    expect(await textsOf(poison)).toEqual([MESSAGE]);
    expect(await listener.isEmpty()).toBe(true);
    await listener.step();
    expect(deliveries).toHaveLength(5);
  });

  it('gives up no message that goes through at last', async () => {
    const { listener, deliveries } = await listening([MESSAGE], ({ dequeueCount }) => {
      if (dequeueCount < 5) throw new Error('as planned');
    });
    for (let time = 1; time <= 5; time++) await listener.step();
    expect(deliveries).toHaveLength(5);
    expect(listener.poisoned).toEqual([]);
    expect(await listener.isEmpty()).toBe(true);
  });

  it.each(['{"container":"exports"}', 'YWJj*', 'YWJ', 'plain text'])(
    'moves %j, which is not base64, to the poison queue unchanged, without a call of the function',
    async (text) => {
      const { listener, poison, deliveries } = await listening([text, MESSAGE]);
      await listener.step();
      expect(deliveries).toEqual([]);
      expect(listener.poisoned).toMatchObject([{ reason: 'the message is not base64' }]);
      expect(await textsOf(poison)).toEqual([text]);
      await listener.step();
      expect(deliveries).toHaveLength(1);
    },
  );

  it('takes a queue that is not there for an empty one, and looks less and less often', async () => {
    const queue = service.getQueueClient('not-there-yet');
    const poison = service.getQueueClient('not-there-yet-poison');
    const listener = new QueueListener({ queue, poison, settings: hostSettings().queues, handle: async () => {} });
    expect(await listener.isEmpty()).toBe(true);
    expect([await listener.step(), await listener.step(), await listener.step()]).toEqual([50, 100, 200]);
    await queue.create();
    await queue.sendMessage(MESSAGE);
    expect(await listener.step()).toBe(0);
  });
});

describe('hostSettings()', () => {
  it('is host.json, with a failed message back after a second in place of half a minute', () => {
    expect(hostSettings()).toEqual({
      queues: expect.objectContaining({ batchSize: 1, maxDequeueCount: 5, visibilityTimeoutMs: 1000 }),
      blobs: expect.objectContaining({ maxDegreeOfParallelism: 1, poisonBlobThreshold: 5 }),
    });
  });
});
