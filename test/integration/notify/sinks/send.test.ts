import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../../../../src/notify/sinks/send.ts';

const servers: Server[] = [];

/** A receiver on this machine; its address, with a secret in it as a webhook's has. */
async function receiver(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?sig=seeded`;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const to = (url: string, timeoutMs?: number) => send({ url, headers: { 'webhook-id': 'one' }, body: '{}' }, timeoutMs);

/** What a receiver here says beside its status. */
const DETAIL = { detail: 'an answer' };

/** Answers with that once it has the whole request. */
function answering(status: number, headers: Record<string, string> = {}): RequestListener {
  return async (request: IncomingMessage, response: ServerResponse) => {
    await buffer(request);
    response.writeHead(status, headers).end('an answer');
  };
}

describe('send(request)', () => {
  it('posts the body and the headers as they are, once', async () => {
    const met: { method?: string | undefined; url?: string | undefined; id: unknown; type: unknown; body: Buffer }[] =
      [];
    const url = await receiver(async (request, response) => {
      const { method, url, headers } = request;
      met.push({ method, url, id: headers['webhook-id'], type: headers['content-type'], body: await buffer(request) });
      response.end();
    });
    const body = '{"a":"\u2028 \u{1f600} \\ud800"}';
    const headers = { 'content-type': 'application/json; charset=utf-8', 'webhook-id': 'a|b|c' };
    expect(await send({ url, headers, body })).toEqual({ kind: 'sent', answer: '200' });
    expect(met).toEqual([
      {
        method: 'POST',
        url: '/hook?sig=seeded',
        id: 'a|b|c',
        type: 'application/json; charset=utf-8',
        body: Buffer.from(body, 'utf8'),
      },
    ]);
  });

  it.each([200, 201, 202, 204, 299])('takes %i for sent', async (status) => {
    expect(await to(await receiver(answering(status)))).toEqual({ kind: 'sent', answer: String(status) });
  });

  it.each([300, 301, 302, 303, 304, 307, 308])('fails at %i for good, and follows it nowhere', async (status) => {
    let followed = 0;
    const elsewhere = await receiver((_, response) => {
      followed++;
      response.end();
    });
    const url = await receiver(answering(status, { location: elsewhere }));
    expect(await to(url)).toMatchObject({ kind: 'permanent', answer: String(status) });
    expect(followed).toBe(0);
  });

  it.each([400, 401, 403, 404, 405, 409, 413, 422, 451])('fails at %i for good', async (status) => {
    expect(await to(await receiver(answering(status)))).toEqual({
      kind: 'permanent',
      answer: String(status),
      ...DETAIL,
    });
  });

  it.each([408, 425, 429, 500, 501, 502, 503, 504, 599])('takes %i for passing', async (status) => {
    expect(await to(await receiver(answering(status)))).toEqual({
      kind: 'transient',
      answer: String(status),
      ...DETAIL,
    });
  });

  it('takes 410 for gone', async () => {
    expect(await to(await receiver(answering(410)))).toEqual({ kind: 'gone', answer: '410', ...DETAIL });
  });

  it('takes a refused connection for passing, by its code', async () => {
    const url = await receiver(answering(200));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await to(url)).toEqual({ kind: 'transient', answer: 'ECONNREFUSED' });
  });

  it('takes a connection that is reset for passing, by its code', async () => {
    const url = await receiver((request) => request.socket.resetAndDestroy());
    const { kind, answer } = await to(url);
    expect(kind).toBe('transient');
    expect(answer).toMatch(/^(ECONNRESET|UND_ERR_SOCKET)$/);
  });

  it.each([
    'SMTP ready\r\n\r\n',
    'HTTP/1.1 99999 x\r\n\r\n',
    'HTTP/1.1 099 x\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\na header: x\r\n\r\n',
  ])('takes an answer that is no HTTP for passing, and says so: %j', async (text) => {
    const url = await receiver((request) => request.socket.end(text));
    expect(await to(url)).toEqual({ kind: 'transient', answer: 'invalid HTTP answer' });
  });

  it('gives the beginning of what a receiver says that does not accept, and of none that does', async () => {
    const saying = (status: number, body: string | Buffer) =>
      receiver(async (request, response) => {
        await buffer(request);
        response.writeHead(status).end(body);
      });
    expect(await to(await saying(400, ' invalid_blocks\n'))).toMatchObject({ detail: 'invalid_blocks' });
    expect(await to(await saying(400, '{"text":"Data channel is missing","code":10}'))).toMatchObject({
      detail: '{"text":"Data channel is missing","code":10}',
    });
    expect((await to(await saying(500, 'x'.repeat(1e6)))) as object).toMatchObject({ detail: 'x'.repeat(1024) });
    for (const [status, body] of [
      [200, 'ok'],
      [403, ''],
      [403, ' \n'],
    ] as const) {
      expect(await to(await saying(status, body))).not.toHaveProperty('detail');
    }
    expect(await to(await saying(400, Buffer.from([0xff, 0x41])))).toMatchObject({ detail: '\ufffdA' });
  });

  it('keeps the text of a receiver, without the parts of the URL and the headers that it repeats', async () => {
    const says = 'no application/json for ?sig=a%2Fb%2Fc of Bearer hush-hush (a/b/c)';
    const url = (await receiver((_, response) => void response.writeHead(400).end(says))).replace(
      'seeded',
      'a%2Fb%2Fc',
    );
    const headers = { 'content-type': 'application/json', authorization: 'Bearer hush-hush' };
    expect(await send({ url, headers, body: '{}' })).toMatchObject({
      detail: 'no application/json for ?sig=… of … (…)',
    });
  });

  it('does not wait for a receiver that says no, and then nothing', async () => {
    const url = await receiver((_, response) => {
      response.writeHead(503).flushHeaders();
    });
    expect(await to(url)).toEqual({ kind: 'transient', answer: '503' });
  });

  it.each([
    [429, '120', 120_000],
    [503, ' 7 ', 7_000],
    [503, '99999999999', 99_999_999_999_000],
    [408, '0', undefined],
    [502, 'soon', undefined],
    [500, '-1', undefined],
  ])('passes on what %i asks for in Retry-After: %s', async (status, header, retryAfterMs) => {
    const answer = await to(await receiver(answering(status, { 'retry-after': header })));
    const wanted = { kind: 'transient', answer: String(status), ...DETAIL };
    expect(answer).toEqual(retryAfterMs === undefined ? wanted : { ...wanted, retryAfterMs });
  });

  it('passes on a date in Retry-After as the time until then', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString();
    const answer = await to(await receiver(answering(503, { 'retry-after': date })));
    expect(answer).toMatchObject({ kind: 'transient', retryAfterMs: expect.any(Number) });
    const { retryAfterMs = 0 } = answer as { retryAfterMs?: number };
    expect(retryAfterMs).toBeGreaterThan(85_000);
    expect(retryAfterMs).toBeLessThanOrEqual(90_000);
  });

  it('takes an answer that breaks off in its head for passing, and goes by the status of one that does in its body', async () => {
    const broken = (text: string) =>
      receiver((request) => {
        request.socket.write(text);
        setTimeout(() => request.socket.destroy(), 20);
      });
    expect(await to(await broken('HTTP/1.1 200 O'))).toMatchObject({ kind: 'transient' });
    const half = await broken('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf an ans');
    expect(await to(half)).toEqual({ kind: 'sent', answer: '200' });
  });

  it('takes no answer in time for passing: timeout', async () => {
    const url = await receiver(() => {});
    expect(await to(url, 50)).toEqual({ kind: 'transient', answer: 'timeout' });
  });

  it('takes a head that comes drop by drop for passing: timeout', async () => {
    const url = await receiver((request) => {
      request.socket.write('HTTP/1.1 200 OK\r\nx-drop: ');
      const drops = setInterval(() => request.socket.write('x'), 10);
      request.socket.on('close', () => clearInterval(drops)).on('error', () => {});
    });
    expect(await to(url, 200)).toEqual({ kind: 'transient', answer: 'timeout' });
  });

  it('takes a port that takes connections and says nothing for passing: timeout', async () => {
    const silent = createSocketServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    expect(await to(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`, 200)).toEqual({
      kind: 'transient',
      answer: 'timeout',
    });
    silent.close();
  });

  it('sends nothing to a receiver with an untrusted certificate: a transient failure, by its code', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'beaconwatch-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=receiver.example', '-days', '2', '-nodes', '-newkey', 'rsa:2048'];
    await promisify(execFile)('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert]);
    let met = 0;
    const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => {
      met++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answer = await to(`https://127.0.0.1:${(server.address() as AddressInfo).port}/hook?sig=seeded`);
    server.close();
    await rm(folder, { recursive: true });
    expect(answer).toEqual({ kind: 'transient', answer: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(met).toBe(0);
  });

  it('goes by the status, not by a body that comes late or without end', async () => {
    const url = await receiver((_, response) => {
      response.writeHead(200).write('x'.repeat(100_000));
    });
    expect(await to(url, 2000)).toEqual({ kind: 'sent', answer: '200' });
  });

  it.each([
    'https://user:seeded-password@receiver.example/hook',
    'https://receiver.example:seeded/hook',
    'seeded',
    'seeded://receiver.example',
  ])('answers without the address where it cannot be used: %s', async (url) => {
    const { kind, answer } = await to(url);
    expect(kind).toBe('transient');
    expect(answer).toMatch(/^[A-Za-z_]+$/);
    expect(answer).not.toContain('seeded');
  });

  it.each([1, 9, 25, 6667, 10080])('says that fetch forbids port %d', async (port) => {
    expect(await to(`http://127.0.0.1:${port}/seeded`)).toEqual({ kind: 'transient', answer: 'forbidden port' });
  });

  it('answers without the address where a header cannot be sent', async () => {
    const url = await receiver(answering(200));
    const { kind, answer } = await send({ url, headers: { 'x-seeded': 'a\r\nb' }, body: '' });
    expect({ kind, answer }).toEqual({ kind: 'transient', answer: 'TypeError' });
  });
});
