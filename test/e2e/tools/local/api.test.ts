import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { storageClients } from '../../../../src/storage/azure/clients.ts';
import { azureStores } from '../../../../src/storage/azure/index.ts';
import { contribution, delivery, detection, FACTS, groupId } from '../../../contract/samples.ts';
import { freshAccount } from '../../../support/azurite.ts';
import { bundles, REPO } from '../../../support/bundle/child.ts';
import { faultsOfAnswer } from '../../../support/http/published.ts';
import { storeRows } from '../../../support/storage/counts.ts';

let child: ChildProcess;
let url: string;

/** The bundle of the functions, on the emulator, behind the local host. */
beforeAll(async () => {
  const AzureWebJobsStorage = await freshAccount(inject('azurite'));
  const stores = azureStores(storageClients({ kind: 'connectionString', value: AzureWebJobsStorage }));
  for (let number = 1; number <= 7; number++) {
    const each = detection({ groupId: groupId(number), average: 50 + number, devices: number % 3 });
    const version = await stores.detections.insert(each);
    await stores.detections.mark(each.groupId, { sink: 'soar', delivery: delivery() }, version ?? '');
  }
  await storeRows(stores.hourlyCounts, [contribution({ facts: FACTS })]);
  const env = { PATH: process.env['PATH'] ?? '', AzureWebJobsStorage };
  child = spawn(process.execPath, ['test/support/local/api.ts', join(await bundles(), 'functions.js')], {
    cwd: REPO,
    env,
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  url = `${String(line).trim()}/api`;
});
afterAll(async () => {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, 'exit');
});

/** Sends a request, and checks the answer against the published schema. */
async function ask(path: string, template: string, posted?: object) {
  const method = posted === undefined ? 'get' : 'post';
  const response = await fetch(`${url}${path}`, {
    method,
    ...(posted && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(posted) }),
  });
  const body = await response.text();
  const { status, headers } = response;
  expect(faultsOfAnswer(method, template, { status, type: headers.get('content-type') ?? '', body })).toEqual([]);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  return { status, json: JSON.parse(body) };
}

describe('the HTTP functions, as deployed', () => {
  const pathOf = (number: number) => `/detections/${encodeURIComponent(groupId(number))}`;

  it('list by pages, in order', async () => {
    const listed: number[] = [];
    let more: string | null = '';
    while (more !== null) {
      const { json } = await ask(`/detections?sort=prevalence&limit=3${more}`, '/detections');
      listed.push(
        ...json.detections.map(
          (each: { assessments: { 'kql-rule': { average: number } } }) => each.assessments['kql-rule'].average - 50,
        ),
      );
      more = json.continuation && `&continuation=${json.continuation}`;
    }
    expect(listed).toEqual([6, 3, 7, 4, 1, 5, 2]);
    expect((await ask('/detections?sort=best', '/detections')).status).toBe(400);
  });

  it('show one, and record a verdict', async () => {
    const { json } = await ask(pathOf(1), '/detections/{id}');
    expect(json).toMatchObject({
      assessments: { 'kql-rule': { average: 51 } },
      verdict: null,
      deliveries: { soar: { status: 'sent' } },
    });
    expect(json.latestReports).toHaveLength(1);
    const verdict = { value: 'true-positive', note: 'isolated \u{1f600}', who: 'ana' };
    const posted = await ask(pathOf(1), '/detections/{id}', verdict);
    expect(posted).toMatchObject({ status: 200, json: { verdict } });
    expect((await ask(pathOf(1), '/detections/{id}')).json.verdict).toMatchObject(verdict);
    expect((await ask(pathOf(1), '/detections/{id}', { value: 'no' })).status).toBe(400);
    expect((await ask(pathOf(8), '/detections/{id}', verdict)).status).toBe(404);
    expect((await ask(pathOf(8), '/detections/{id}')).status).toBe(404);
    const { total } = (await ask('/detections?verdict=true-positive', '/detections')).json;
    expect(total).toBe(1);
  });

  it('report the health of the system', async () => {
    const { status, json } = await ask('/health', '/health');
    expect(status).toBe(200);
    expect(json.problems.join('\n')).toContain('No scoring run for two days');
  });
});
