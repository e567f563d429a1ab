import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../../src/core/kql/timespan.ts';
import { openSink } from '../../../../src/notify/sinks/open.ts';
import { detection } from '../../../contract/samples.ts';
import { CONTEXT, one, SINKS, secretOf } from '../../../support/sinks/samples.ts';
import { verify } from '../../../support/sinks/standard_webhooks.ts';

const [OLD, FRESH, OTHER] = [secretOf(7), secretOf(8, 24), secretOf(9, 64)];

let server: Server;
let url: string;
let met: { readonly headers: IncomingHttpHeaders; readonly body: Buffer } | undefined;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    met = { headers: request.headers, body: await buffer(request) };
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** What arrives at a receiver of a sink with these secrets, sent now; and how the receiver's own secret likes it. */
async function sent(secret: string | string[]) {
  const sink = openSink({ ...SINKS.json, url, secret }, CONTEXT);
  const hostile = detection({ DeviceName: 'é \u{1f600} \u202e "\\', InitiatingProcessFileName: '\ud800' });
  expect(await sink.send(one(hostile), Date.now())).toEqual({ kind: 'sent', answer: '204' });
  const { headers, body } = met as NonNullable<typeof met>;
  const seen = headers as Record<string, string | undefined>;
  return {
    body,
    headers: seen,
    by: (own: string, changes: { headers?: Record<string, string>; body?: Buffer; now?: number } = {}) =>
      verify(own, { ...seen, ...changes.headers }, changes.body ?? body, changes.now ?? Date.now()),
  };
}

describe('the receiver of these tests', () => {
  it('takes the example of the specification’s own test suite, and not another body', () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const at = 1_614_265_330_000;
    expect(verify(secret, headers, Buffer.from('{"test": 2432232314}'), at)).toBe('accepted');
    expect(verify(secret, headers, Buffer.from('{"test": 2432232315}'), at)).toBe('wrong-signature');
  });
});

describe('a receiver written from the Standard Webhooks specification', () => {
  it('accepts what a json sink sends', async () => {
    expect((await sent(OLD)).by(OLD)).toBe('accepted');
  });

  it('rejects a changed body: one byte, one more, none', async () => {
    const { by, body } = await sent(OLD);
    const flipped = Buffer.from(body);
    flipped[10] = (flipped[10] ?? 0) ^ 1;
    for (const changed of [flipped, Buffer.concat([body, Buffer.from(' ')]), Buffer.alloc(0)]) {
      expect(by(OLD, { body: changed })).toBe('wrong-signature');
    }
  });

  it('rejects an old timestamp, one of the future, and one that is not the signed one', async () => {
    const { by, headers } = await sent(OLD);
    expect(by(OLD, { now: Date.now() + 6 * MINUTE_MS })).toBe('old-timestamp');
    expect(by(OLD, { now: Date.now() - 6 * MINUTE_MS })).toBe('future-timestamp');
    expect(by(OLD, { now: Date.now() + 4 * MINUTE_MS })).toBe('accepted');
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(by(OLD, { headers: { 'webhook-timestamp': later } })).toBe('wrong-signature');
  });

  it('rejects a wrong secret, another id, and no signature', async () => {
    const { by } = await sent(OLD);
    expect(by(OTHER)).toBe('wrong-signature');
    expect(by(OLD, { headers: { 'webhook-id': 'another' } })).toBe('wrong-signature');
    expect(by(OLD, { headers: { 'webhook-signature': '' } })).toBe('no-headers');
    const { secret: _none, ...unsigned } = SINKS.json;
    await openSink({ ...unsigned, url }, CONTEXT).send(one(detection()), Date.now());
    expect(verify(OLD, met?.headers as Record<string, string>, met?.body as Buffer, Date.now())).toBe('no-headers');
  });

  it('accepts by either secret while they are rotated, and by the new one alone after', async () => {
    const rotating = await sent([FRESH, OLD]);
    expect([rotating.by(OLD), rotating.by(FRESH), rotating.by(OTHER)]).toEqual([
      'accepted',
      'accepted',
      'wrong-signature',
    ]);
    const after = await sent(FRESH);
    expect([after.by(OLD), after.by(FRESH)]).toEqual(['wrong-signature', 'accepted']);
  });
});
