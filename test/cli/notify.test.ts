import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ended } from '../bundle/child.ts';
import { secretOf, TOKEN } from '../sinks/samples.ts';
import { verify } from '../sinks/standard_webhooks.ts';
import { builtCommand } from './command.ts';

const command = builtCommand();

let server: Server;
let port: number;
let status: number;
let met: { readonly headers: Record<string, string>; readonly body: string }[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    met.push({ headers: request.headers as Record<string, string>, body: await text(request) });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  met = [];
  status = 202;
});

function beaconwatch(...args: string[]): Promise<Ended> {
  const url = `http://127.0.0.1:${port}/planted?sig=planted`;
  const SINKS = JSON.stringify([
    { name: 'soar', format: 'json', url: { setting: 'HOOK' }, secret: { setting: 'SIGNING' } },
    { name: 'chat', format: 'slack', url: { setting: 'HOOK' } },
    { name: 'teams', format: 'teams', url: { setting: 'HOOK' } },
    { name: 'lake', format: 'ocsf', url: { setting: 'HOOK' }, token: { setting: 'TOKEN' } },
    { name: 'splunk', format: 'splunk-hec', url: { setting: 'HOOK' }, token: { setting: 'TOKEN' } },
    { name: 'sentinel', format: 'sentinel', endpoint: 'https://planted.invalid', ruleId: `dcr-${'0'.repeat(32)}` },
  ]);
  const settings = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', SINKS, HOOK: url, SIGNING: secretOf(7), TOKEN };
  return command(['notify', ...args], settings);
}

/** No word of a secret, on either side. */
function isDiscreet({ stdout, stderr }: Ended): void {
  for (const needle of ['planted', String(port), '127.0.0.1', secretOf(7).slice(6)]) {
    expect(stdout + stderr).not.toContain(needle);
  }
}

describe('beaconwatch notify', () => {
  it.each(['soar', 'chat', 'teams', 'lake', 'splunk'])(
    '--test %s sends a message that says what it is',
    async (name) => {
      const ended = await beaconwatch('--test', name);
      expect(ended).toEqual({ code: 0, stdout: `${name}: 202 (taken)\n`, stderr: '' });
      expect(met).toHaveLength(1);
      expect(met[0]?.body).toContain('TEST MESSAGE');
      expect(met[0]?.body).toContain('nothing was detected');
    },
  );

  it('--test signs as it would sign a notification', async () => {
    await beaconwatch('--test', 'soar');
    const [{ headers, body }] = met as [(typeof met)[0]];
    expect(verify(secretOf(7), headers, Buffer.from(body), Date.now())).toBe('accepted');
  });

  it.each([
    [503, 'not now'],
    [403, 'refused'],
    [410, 'gone'],
    [302, 'refused'],
  ])('--test fails where the answer is %i, and says what that means', async (answer, word) => {
    status = answer;
    const ended = await beaconwatch('--test', 'chat');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(new RegExp(`^chat: ${answer} \\(${word}`));
    expect(ended.stderr).toBe('chat did not take the test message\n');
    expect(met).toHaveLength(1);
    isDiscreet(ended);
  });

  it.each(['soar', 'chat', 'teams', 'lake', 'splunk', 'sentinel'])(
    '--preview %s prints the body as JSON, without a secret, and sends nothing',
    async (name) => {
      const ended = await beaconwatch('--preview', name);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.stringify(JSON.parse(ended.stdout))).toContain('TEST MESSAGE');
      isDiscreet(ended);
      expect(met).toEqual([]);
    },
  );

  it.each([[[]], [['--test', 'nobody']], [['--preview', 'nobody']], [['--test', 'chat', '--preview', 'chat']]])(
    '%j is wrong usage',
    async (args) => {
      const ended = await beaconwatch(...args);
      expect(ended.code).toBe(2);
      isDiscreet(ended);
      expect(met).toEqual([]);
    },
  );
});
