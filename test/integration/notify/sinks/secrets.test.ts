import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../../../src/app.ts';
import { readConfig } from '../../../../src/config.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, msOf } from '../../../../src/core/kql/timestamp.ts';
import { outboxChangesOf } from '../../../../src/notify/outbox_changes.ts';
import { sinkStates } from '../../../../src/notify/sink_states.ts';
import { openSink } from '../../../../src/notify/sinks/open.ts';
import { send } from '../../../../src/notify/sinks/send.ts';
import { detection, groupId, T1 } from '../../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../../fakes/stores.ts';
import { CONTEXT } from '../../../support/sinks/samples.ts';
import { stateOf } from '../../../support/sinks/states.ts';
import { detectionRows } from '../../../support/storage/detection_rows.ts';

const START = msOf(T1) + HOUR_MS;
const SIGNING = Buffer.from('seeded-signing-secret-of-32-byte').toString('base64');

type Behaviour = number | 'reset' | 'hang' | 'half';
let behaviour: Behaviour;
let server: Server;
let port: number;
let bodies: string[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    bodies.push(await text(request));
    if (behaviour === 'reset') request.socket.resetAndDestroy();
    else if (behaviour === 'half') request.socket.end('HTTP/1.1 2');
    // A receiver that names what it was asked for, where an error might pick it up.
    else if (behaviour !== 'hang')
      response
        .writeHead(behaviour, request.url, { location: `http://${request.headers.host}${request.url}` })
        .end(request.url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** One secret of each kind, each from a setting of its own. */
const env = () => ({
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  HOOK_JSON: `http://127.0.0.1:${port}/seeded-json?sig=seeded-url-secret`,
  HOOK_SLACK: `http://127.0.0.1:${port}/services/T000/B000/seeded-slack-path`,
  HOOK_TEAMS: `http://127.0.0.1:${port}/workflows/seeded-teams?sig=seeded-sig`,
  HOOK_OCSF: `http://127.0.0.1:${port}/seeded-ocsf`,
  HOOK_SPLUNK: `http://127.0.0.1:${port}/seeded-splunk/services/collector/event`,
  OCSF_TOKEN: 'seeded-bearer-token',
  SPLUNK_TOKEN: 'seeded-hec-token',
  SIGNING_SECRET: `whsec_${SIGNING}`,
  SINKS: JSON.stringify([
    { name: 'json', format: 'json', url: { setting: 'HOOK_JSON' }, secret: { setting: 'SIGNING_SECRET' } },
    { name: 'slack', format: 'slack', url: { setting: 'HOOK_SLACK' } },
    { name: 'teams', format: 'teams', url: { setting: 'HOOK_TEAMS' } },
    { name: 'ocsf', format: 'ocsf', url: { setting: 'HOOK_OCSF' }, token: { setting: 'OCSF_TOKEN' } },
    { name: 'splunk', format: 'splunk-hec', url: { setting: 'HOOK_SPLUNK' }, token: { setting: 'SPLUNK_TOKEN' } },
    {
      name: 'sentinel',
      format: 'sentinel',
      endpoint: 'https://seeded-endpoint.invalid',
      ruleId: `dcr-${'0'.repeat(32)}`,
    },
  ]),
});

const needles = () => ['seeded', SIGNING, `:${port}`, '127.0.0.1'];

let stores: MemoryStores;
let now: number;
beforeEach(() => {
  stores = memoryStores();
  now = START;
  bodies = [];
});

/** Everything that the stores and queues hold. */
async function kept(): Promise<string> {
  const names = ['json', 'slack', 'teams', 'ocsf', 'splunk', 'sentinel'];
  const states = await Promise.all(names.map((name) => stateOf(stores, name)));
  const { notify, score, ingest, later } = stores.queues;
  return JSON.stringify([await detectionRows(stores.detections), states, notify, score, ingest, later]);
}

describe('the secrets of all sinks', () => {
  it.each<Behaviour>([200, 202, 302, 400, 403, 410, 429, 500, 'reset', 'hang', 'half'])(
    'are in no row, message, result, error or line that is printed: %s',
    async (answer) => {
      behaviour = answer;
      const printed: string[] = [];
      const keep = (chunk: unknown) => {
        printed.push(String(chunk));
        return true;
      };
      const spies = [
        vi.spyOn(process.stdout, 'write').mockImplementation(keep),
        vi.spyOn(process.stderr, 'write').mockImplementation(keep),
        ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
          vi.spyOn(console, name).mockImplementation(keep),
        ),
      ];
      const config = readConfig(env());
      const sinks = config.sinks.map((sink) => openSink(sink, CONTEXT, (request) => send(request, 300)));
      const app = createApp(config, { stores, clock: () => now, sinks });
      const shown: string[] = [];
      const show = (value: unknown) => shown.push(inspect(value, { depth: null, showHidden: true }), String(value));
      try {
        const states = await sinkStates(stores, sinks, addMs(T1, -HOUR_MS));
        for (let number = 0; number < 3; number++) {
          const opened = detection({ groupId: groupId(number) });
          await stores.detections.insert(opened, outboxChangesOf(opened, {}, states));
        }
        for (const { name } of sinks.filter((sink) => sink.name !== 'sentinel')) {
          for (const wait of [0, HOUR_MS, 25 * HOUR_MS]) {
            now += wait;
            show(await app.notify({ sink: name }).catch((error: unknown) => show(error)));
          }
          show(await app.testSink(name));
          show(await app.previewSink(name));
        }
        show(await app.previewSink('sentinel'));
        show(sinks);
      } finally {
        for (const spy of spies) spy.mockRestore();
      }
      const everything = [...shown, ...printed, await kept()].join('\n');
      // What is checked is not nothing.
      expect(bodies.length).toBeGreaterThan(5);
      expect(everything).toContain('TEST-MESSAGE.example');
      for (const needle of needles()) expect(everything).not.toContain(needle);
      // Nor do the receivers hear of an address, or of what they sign by.
      for (const needle of needles()) expect(bodies.join('\n')).not.toContain(needle);
    },
  );

  it('are in no word of what is wrong with the settings', () => {
    const wrong = {
      ...env(),
      HOOK_SLACK: 'http://seeded.example/',
      SPLUNK_TOKEN: 'seeded token',
      SIGNING_SECRET: 'whsec_seeded',
    };
    let error: unknown;
    try {
      readConfig(wrong);
    } catch (caught) {
      error = caught;
    }
    const shown = inspect(error, { depth: null, showHidden: true }) + String((error as Error).stack);
    expect(shown).toContain('SINKS[1].url must be an https URL');
    expect(shown).toContain('SINKS[4].token must be a token');
    expect(shown).not.toContain('seeded');
    const { sinks, sinkFaults } = readConfig(wrong, 'skip');
    expect(sinks.map(({ name }) => name)).not.toContain('slack');
    expect(sinkFaults.join()).toContain('SINKS[1].url must be an https URL');
    expect(sinkFaults.join()).not.toContain('seeded');
  });
});
