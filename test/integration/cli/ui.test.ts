import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { storageClients } from '../../../src/storage/azure/clients.ts';
import { AzureDetections } from '../../../src/storage/azure/detections.ts';
import { groupId } from '../../contract/samples.ts';
import { freshAccount } from '../../support/azurite.ts';
import { bundles } from '../../support/bundle/child.ts';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { storedDetection } from '../../support/web/site.ts';

let value: string;
let program: string;

beforeAll(async () => {
  program = join(await bundles(), 'beaconwatch.js');
  value = await freshAccount(inject('azurite'));
  await new AzureDetections(storageClients({ kind: 'connectionString', value })).insert(storedDetection(1));
});

/** Starts `beaconwatch ui` and waits for its address. */
async function started(...options: string[]): Promise<{ child: ChildProcess; url: string; said: () => string }> {
  const child = spawn(process.execPath, [program, 'ui', '--now', '2026-11-29T07:15:00Z', ...options], {
    env: { AzureWebJobsStorage: value, USER: 'ana' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [printed] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { child, url: printed.toString().trim(), said: () => said };
}

describe('beaconwatch ui', () => {
  it('prints its address alone, serves the pages of the account, and stops with Ctrl-C', async () => {
    const { child, url, said } = await started();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/$/);
    const list = await (await fetch(url)).text();
    expect(list).toContain('Open beacons: 1');
    expect(list).toContain('ana, reads only');
    expect((await fetch(`${url}detections/${groupId(1)}`)).status).toBe(200);
    expect(await (await fetch(`${url}health`)).text()).toContain('last run');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(said()).toContain('The pages only read.');
  });

  it('writes with --write, as the person who is named', async () => {
    const { child, url, said } = await started('--write', '--who', 'eve');
    const path = `${url}detections/${groupId(1)}`;
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(await (await fetch(path)).text()) ?? [];
    const body = new URLSearchParams({ token, value: 'false-positive', note: 'our agent' });
    await fetch(path, { method: 'POST', body, headers: { 'sec-fetch-site': 'same-origin' } });
    expect(await (await fetch(path)).text()).toContain('false-positive, by eve');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(said()).toContain('written as eve');
  });

  it('fails before it prints an address where the storage does not answer, and with a wrong port', async () => {
    const env = {
      AzureWebJobsStorage: value.replace(/TableEndpoint=http:\/\/127\.0\.0\.1:\d+/, 'TableEndpoint=http://127.0.0.1:1'),
    };
    const silent = await beaconwatch(['ui'], { env });
    expect([silent.code, silent.stdout]).toEqual([1, '']);
    expect(silent.stderr).toContain('Check the settings AzureWebJobsStorage');
    const port = await beaconwatch(['ui', '--port', '0x50'], { env });
    expect([port.code, port.stderr]).toEqual([2, '--port must be a number from 1 to 65535, got "0x50"\n']);
  });
});
