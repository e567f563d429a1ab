import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { storageClients } from '../../../../src/storage/azure/clients.ts';
import { azureStores } from '../../../../src/storage/azure/index.ts';
import { contribution, delivery, detection, FACTS, groupId, P3 } from '../../../contract/samples.ts';
import { freshAccount } from '../../../support/azurite.ts';
import { build, REPO } from '../../../support/bundle/child.ts';
import { faultsOfAnswer } from '../../../support/http/published.ts';

let folder: string;
let child: ChildProcess;
let url: string;

/** The bundle as it is deployed, on the emulator, behind the local host. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-api-'));
  await build(folder);
  const AzureWebJobsStorage = await freshAccount(inject('azurite'));
  const stores = azureStores(storageClients({ kind: 'connectionString', value: AzureWebJobsStorage }));
  for (let number = 1; number <= 7; number++) {
    const each = detection({ groupId: groupId(number), average: 50 + number, devices: number % 3 });
    const version = await stores.detections.insert(each);
    await stores.detections.mark(`${each.groupId}|kql-rule`, 'soar', delivery(), version ?? '');
  }
  await stores.hourlyCounts.merge(P3, [contribution({ facts: FACTS })]);
  const env = { PATH: process.env['PATH'] ?? '', AzureWebJobsStorage };
  child = spawn(process.execPath, ['test/support/local/api.ts', join(folder, 'functions.js')], { cwd: REPO, env });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  url = `${String(line).trim()}/api`;
}, 60_000);
afterAll(async () => {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, 'exit');
  await rm(folder, { recursive: true, force: true });
});

/** Asks, and holds the answer against what is published. */
async function ask(path: string, template: string, said?: object) {
  const method = said === undefined ? 'get' : 'post';
  const response = await fetch(`${url}${path}`, {
    method,
    ...(said && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(said) }),
  });
  const body = await response.text();
  const { status, headers } = response;
  expect(faultsOfAnswer(method, template, { status, type: headers.get('content-type') ?? '', body })).toEqual([]);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  return { status, json: JSON.parse(body) };
}

describe('the HTTP functions, as they are deployed', () => {
  const pathOf = (number: number) => `/detections/${encodeURIComponent(`${groupId(number)}|kql-rule`)}`;

  it('list by pages, in order', async () => {
    const met: number[] = [];
    let more: string | null = '';
    while (more !== null) {
      const { json } = await ask(`/detections?sort=prevalence&limit=3${more}`, '/detections');
      met.push(...json.detections.map((each: { average: number }) => each.average - 50));
      more = json.continuation && `&continuation=${json.continuation}`;
    }
    expect(met).toEqual([6, 3, 7, 4, 1, 5, 2]);
    expect((await ask('/detections?sort=best', '/detections')).status).toBe(400);
  });

  it('show one, and keep what is said of it', async () => {
    const { json } = await ask(pathOf(1), '/detections/{id}');
    expect(json).toMatchObject({ average: 51, verdict: null, deliveries: { soar: { status: 'sending' } } });
    expect(json.latestReports).toHaveLength(1);
    const said = { verdict: 'true-positive', note: 'isolated \u{1f600}', who: 'ana' };
    const posted = await ask(pathOf(1), '/detections/{id}', said);
    expect(posted).toMatchObject({ status: 200, json: { verdict: said } });
    expect((await ask(pathOf(1), '/detections/{id}')).json.verdict).toMatchObject(said);
    expect((await ask(pathOf(1), '/detections/{id}', { verdict: 'no' })).status).toBe(400);
    expect((await ask(pathOf(8), '/detections/{id}', said)).status).toBe(404);
    expect((await ask(pathOf(8), '/detections/{id}')).status).toBe(404);
    const { total } = (await ask('/detections?verdict=true-positive', '/detections')).json;
    expect(total).toBe(1);
  });

  it('say how the system is', async () => {
    const { status, json } = await ask('/health', '/health');
    expect(status).toBe(200);
    expect(json.problems.join('\n')).toContain('No scoring run in two days');
  });
});
