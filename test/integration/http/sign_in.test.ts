import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { startUi, type UiServer } from '../../../src/cli/commands/ui_server.ts';
import { readConfig } from '../../../src/config.ts';
import { WRITE_ROLE } from '../../../src/http/sign_in.ts';
import { storageClients } from '../../../src/storage/azure/clients.ts';
import { AzureDetections } from '../../../src/storage/azure/detections.ts';
import { AzureSuppressions } from '../../../src/storage/azure/suppressions.ts';
import { groupId, suppression } from '../../contract/samples.ts';
import { freshAccount } from '../../support/azurite.ts';
import { bundles, REPO } from '../../support/bundle/child.ts';
import { principalHeader } from '../../support/http/principal.ts';
import { storedDetection } from '../../support/web/site.ts';

/** The bundle of the functions behind a host, with settings of its own. */
interface Served {
  readonly url: string;
  readonly functions: readonly {
    readonly name: string;
    readonly route: string;
    readonly methods: readonly string[];
    readonly authLevel: string;
  }[];
}

let value: string;
let bundle: string;
const children: ChildProcess[] = [];
let signed: Served;
let ui: UiServer;

const ON = { SIGN_IN: 'platform', WEBSITE_AUTH_ENABLED: 'True' };
const READER = { 'x-ms-client-principal': principalHeader({ preferred_username: 'ana' }) };
const WRITER = { 'x-ms-client-principal': principalHeader({ preferred_username: 'ana', roles: WRITE_ROLE }) };

beforeAll(async () => {
  bundle = join(await bundles(), 'functions.js');
  value = await freshAccount(inject('azurite'));
  const clients = storageClients({ kind: 'connectionString', value });
  const detections = new AzureDetections(clients);
  for (const seed of [1, 2, 3]) await detections.insert(storedDetection(seed));
  await new AzureSuppressions(clients).insert(suppression({ id: 's-00000001' }));
  signed = await served(ON);
  const app = createApp(readConfig({ AzureWebJobsStorage: value }));
  ui = await startUi(app, { port: 0, name: 'ana', mayWrite: false, onError: console.error });
});
afterAll(async () => {
  await ui?.stop();
  for (const child of children) child.kill();
});

async function served(settings: Readonly<Record<string, string>>): Promise<Served> {
  const child = spawn(process.execPath, ['test/support/local/serve_functions.ts', bundle], {
    cwd: REPO,
    env: { AzureWebJobsStorage: value, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [printed] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
  return JSON.parse(printed.toString()) as Served;
}

const call = (base: string, path: string, method = 'GET', headers: Record<string, string> = {}, body?: string) =>
  fetch(`${base}/api/${path}`, { method, headers, redirect: 'manual', ...(body !== undefined && { body }) });
/** What a caller without a sign-in may send. */
const UNSIGNED: readonly Record<string, string>[] = [
  {},
  { 'x-ms-client-principal': 'eyJ9' },
  { authorization: 'Bearer x' },
  { 'x-ms-client-principal-name': 'ana', 'x-ms-client-principal-id': '1' },
];
/** Every path of a route: with and without its optional parts. */
const pathsOf = (route: string) => [
  route.replaceAll(/\/\{\w+\?\}/g, ''),
  route.replace('{view?}', 'detections').replace('{id?}', groupId(1)),
];

describe("behind the platform's sign-in", () => {
  it('every registered HTTP function refuses every method of an unsigned caller: 401 for programs, the sign-in for people', async () => {
    expect(signed.functions.map(({ name }) => name).toSorted()).toEqual(['detections', 'health', 'suppressions', 'ui']);
    const calls = signed.functions.flatMap(({ name, route, methods }) =>
      pathsOf(route).flatMap((path) =>
        methods.flatMap((method) => UNSIGNED.map((headers) => ({ name, path, method, headers }))),
      ),
    );
    expect(calls).toHaveLength(2 * (2 + 1 + 3 + 2) * UNSIGNED.length);
    for (const { name, path, method, headers } of calls) {
      const answer = await call(signed.url, path, method, headers);
      const leaks = (await answer.text()).includes('wks-');
      const login = `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(`/api/${path}`)}`;
      const expected = name === 'ui' ? [302, login] : [401, null];
      expect([method, path, leaks, answer.status, answer.headers.get('location')]).toEqual([
        method,
        path,
        false,
        ...expected,
      ]);
    }
  });

  it('the pages need no key, and everything else still does', () => {
    expect(Object.fromEntries(signed.functions.map(({ name, authLevel }) => [name, authLevel]))).toEqual({
      detections: 'function',
      health: 'function',
      suppressions: 'function',
      ui: 'anonymous',
    });
  });

  it.each([
    'detections',
    `detections/${groupId(1)}`,
    'detections?view=all&q=device:wks-1002*',
    'fleet',
    'health',
    'suppressions',
    'nothing',
  ])('the function and beaconwatch ui serve the same bytes: %s', async (path) => {
    const there = await call(signed.url, `ui/${path}`, 'GET', READER);
    const here = await fetch(ui.url + path);
    expect(await there.text()).toBe(await here.text());
    expect(there.status).toBe(here.status);
    for (const name of ['content-type', 'content-security-policy', 'cache-control', 'referrer-policy'])
      expect([name, there.headers.get(name)]).toEqual([name, here.headers.get(name)]);
  });

  it('a person with the app role records a verdict by the form, and one without does not', async () => {
    const path = `ui/detections/${groupId(2)}`;
    const page = await call(signed.url, path, 'GET', WRITER);
    const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(await page.text()) ?? [];
    const form = { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };
    const body = `token=${token}&value=true-positive&who=eve`;
    expect((await call(signed.url, path, 'POST', { ...READER, ...form }, body)).status).toBe(403);
    expect(
      (await call(signed.url, path, 'POST', { ...WRITER, ...form, 'sec-fetch-site': 'cross-site' }, body)).status,
    ).toBe(403);
    expect((await call(signed.url, path, 'POST', { ...WRITER, ...form }, body)).status).toBe(303);
    expect(await (await call(signed.url, path, 'GET', READER)).text()).toContain('true-positive, by ana');
  });

  it('a program with the app role adds and removes a suppression by the API', async () => {
    const json = { 'content-type': 'application/json' };
    const body = JSON.stringify({ device: 'wks-1', reason: 'our agent' });
    expect((await call(signed.url, 'suppressions', 'POST', { ...READER, ...json }, body)).status).toBe(403);
    const added = await call(signed.url, 'suppressions', 'POST', { ...WRITER, ...json }, body);
    const { id } = (await added.json()) as { id: string };
    expect(added.status).toBe(201);
    expect((await call(signed.url, `suppressions/${id}`, 'DELETE', READER)).status).toBe(403);
    expect((await call(signed.url, `suppressions/${id}`, 'DELETE', WRITER)).status).toBe(204);
  });
});

describe("where the platform's sign-in is off", () => {
  it('and no setting asks for it: there are no pages, and no header names a caller', async () => {
    const { url, functions } = await served({ WEBSITE_AUTH_ENABLED: 'True' });
    expect(functions.map(({ name }) => name).toSorted()).toEqual(['detections', 'health', 'suppressions']);
    expect((await call(url, 'ui/detections', 'GET', WRITER)).status).toBe(404);
    const body = JSON.stringify({ value: 'acknowledged' });
    const json = { 'content-type': 'application/json' };
    const refused = await call(url, `detections/${groupId(3)}`, 'POST', { ...WRITER, ...json }, body);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('who must be the name')]);
  });

  it.each([{}, { WEBSITE_AUTH_ENABLED: 'False' }])(
    'and SIGN_IN asks for it: nobody is answered (%o)',
    async (platform) => {
      const { url, functions } = await served({ SIGN_IN: 'platform', ...platform });
      expect(functions.map(({ name }) => name).toSorted()).toEqual(['detections', 'health', 'suppressions']);
      for (const { route, methods } of functions)
        for (const path of pathsOf(route))
          for (const method of methods) expect((await call(url, path, method, WRITER)).status).toBe(503);
    },
  );
});
