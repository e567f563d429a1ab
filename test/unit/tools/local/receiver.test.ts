import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHAT_PATH, type Receiver, startReceiver } from '../../../../tools/local/receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver(SECRET);
});
afterAll(() => receiver.stop());

async function post(id: string, body: string, secret: string, at = new Date()): Promise<number> {
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  return (await fetch(receiver.url, { method: 'POST', headers, body })).status;
}

it('startReceiver(secret) counts what is signed with it, by id, and refuses all else', async () => {
  expect(await post('one', '{"a":1}', SECRET)).toBe(204);
  expect(await post('one', '{"a":1}', SECRET)).toBe(204);
  expect(await post('two', '', SECRET)).toBe(204);
  expect(await post('three', '{}', `whsec_${Buffer.alloc(32, 8).toString('base64')}`)).toBe(401);
  expect(await post('four', '{}', SECRET, new Date(Date.now() - 3_600_000))).toBe(401);
  expect((await fetch(receiver.url, { method: 'POST', body: '{}' })).status).toBe(401);
  expect(receiver.received).toEqual({ verified: 3, refused: 3, ids: new Set(['one', 'two']), chat: [] });
});

it('keeps the texts of the messages to its chat, which are not signed', async () => {
  const body = JSON.stringify({ text: '36 beacons', blocks: [] });
  expect((await fetch(`${receiver.url}${CHAT_PATH}`, { method: 'POST', body })).status).toBe(200);
  expect(receiver.received.chat).toEqual(['36 beacons']);
});
