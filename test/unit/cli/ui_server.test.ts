import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startUi, type UiServer } from '../../../src/cli/commands/ui_server.ts';
import { groupId } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { siteApp, storedDetection } from '../../support/web/site.ts';

let stores: MemoryStores;
let server: UiServer;
const errors: unknown[] = [];

beforeEach(async () => {
  stores = memoryStores();
  await stores.detections.insert(storedDetection(1));
  server = await start(false);
  errors.length = 0;
});
afterEach(() => server.stop());

const start = (mayWrite: boolean, port = 0) =>
  startUi(siteApp(stores), { port, name: 'ana', mayWrite, onError: (error) => errors.push(error) });

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** One request as any program can send it, with headers that a browser would not let a page set. */
async function send(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  const sent = request({ hostname, port, path, method, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  const parts = (await Array.fromAsync(response)) as Buffer[];
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() };
}

describe('startUi', () => {
  it('serves the pages under an address with a token of 128 bits, a new one each time', async () => {
    const other = await start(false);
    await other.stop();
    const [, token = ''] = new URL(server.url).pathname.split('/');
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(new URL(other.url).pathname).not.toContain(token);
    const page = await (await fetch(server.url)).text();
    expect(page).toContain('Open beacons: 1');
    expect(page).toContain('ana, reads only');
    // No link names the token: it leaves the machine with no copied page.
    expect(page).not.toContain(token);
  });

  it.each([
    ['no token', (path: string) => path.replace(/^\/[0-9a-f]{32}/, ''), 403],
    ['a part of the token', (path: string) => path.replace(/^(\/[0-9a-f]{31})[0-9a-f]/, '$1'), 403],
    ['another token', (path: string) => path.replace(/^\/[0-9a-f]{32}/, `/${'0'.repeat(32)}`), 403],
    ['one level too many', (path: string) => `${path}${groupId(1)}/x`, 404],
    ['a path that leads out', (path: string) => `${path.replace('detections/', '')}../../etc/passwd`, 403],
  ])('refuses %s without a word about the data', async (_what, change, status) => {
    const answer = await send(change(`${new URL(server.url).pathname}detections/`));
    expect([answer.status, answer.body.includes('wks-')]).toEqual([status, false]);
    expect(answer.headers['content-type']).toContain('text/plain');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1.evil.example', 'localhost:1'])(
    'refuses the host %s: a name of somebody else may lead to this machine',
    async (host) => {
      const { pathname } = new URL(server.url);
      expect((await send(`${pathname}detections`, { host })).status).toBe(403);
    },
  );

  it('answers to localhost with its port', async () => {
    const { pathname, port } = new URL(server.url);
    expect((await send(`${pathname}detections`, { host: `localhost:${port}` })).status).toBe(200);
  });

  it('answers HEAD without a body, and no other method', async () => {
    const { pathname } = new URL(server.url);
    const head = await send(`${pathname}detections`, {}, 'HEAD');
    expect([head.status, head.body, Number(head.headers['content-length']) > 1000]).toEqual([200, '', true]);
    expect((await send(`${pathname}detections`, {}, 'DELETE')).status).toBe(405);
  });

  it('writes only with --write, by its own forms', async () => {
    const path = `detections/${groupId(1)}`;
    const form = async (token: string) =>
      await fetch(server.url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ token, value: 'acknowledged' }),
      });
    expect((await form('')).status).toBe(403);
    await server.stop();
    server = await start(true);
    const page = await (await fetch(server.url + path)).text();
    const [, token = ''] = /name="token" value="([0-9a-f]{32})"/.exec(page) ?? [];
    expect((await form('0'.repeat(32))).status).toBe(403);
    expect((await form(token)).status).toBe(303);
    expect((await stores.detections.get(groupId(1)))?.row.verdict).toMatchObject({ value: 'acknowledged', who: 'ana' });
  });

  it('says which port is taken', async () => {
    await expect(start(false, Number(new URL(server.url).port))).rejects.toThrow(/^port \d+ is taken: name another/);
  });

  it('reports a bug of ours to the terminal, and not to the browser', async () => {
    stores.detections.summaries = () => {
      throw new TypeError('a bug');
    };
    const answer = await fetch(`${server.url}detections`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('a bug')]);
    expect(errors).toEqual([expect.objectContaining({ message: 'a bug' })]);
  });
});
