import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { storesOf } from '../../../src/app.ts';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import { outboxChangesOf } from '../../../src/notify/outbox_changes.ts';
import { knownSinks } from '../../../src/notify/sink_states.ts';
import { detection, groupId, T1 } from '../../contract/samples.ts';
import { freshAccount } from '../../support/azurite.ts';
import { beaconwatch as command, type Ended } from '../../support/cli/beaconwatch.ts';
import { mmdbOf } from '../../support/reading/mmdb.ts';
import { secretOf, TOKEN } from '../../support/sinks/samples.ts';
import { verify } from '../../support/sinks/standard_webhooks.ts';
import { putState, stateOf } from '../../support/sinks/states.ts';
import { writeDetection } from '../../support/sinks/write_detection.ts';
import { System } from '../../support/system/system.ts';

let server: Server;
let port: number;
let status: number;
let says = '';
let received: { readonly headers: Record<string, string>; readonly body: string }[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    received.push({ headers: request.headers as Record<string, string>, body: await text(request) });
    response.writeHead(status).end(says);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  received = [];
  status = 202;
  says = '';
});

function beaconwatch(...args: string[]): Promise<Ended> {
  const url = `http://127.0.0.1:${port}/canary?sig=canary`;
  const SINKS = JSON.stringify([
    { name: 'soar', format: 'json', url: { setting: 'HOOK' }, secret: { setting: 'SIGNING' } },
    { name: 'chat', format: 'slack', url: { setting: 'HOOK' } },
    { name: 'teams', format: 'teams', url: { setting: 'HOOK' } },
    { name: 'lake', format: 'ocsf', url: { setting: 'HOOK' }, token: { setting: 'TOKEN' } },
    { name: 'splunk', format: 'splunk-hec', url: { setting: 'HOOK' }, token: { setting: 'TOKEN' } },
    { name: 'sentinel', format: 'sentinel', endpoint: 'https://canary.invalid', ruleId: `dcr-${'0'.repeat(32)}` },
  ]);
  const settings = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', SINKS, HOOK: url, SIGNING: secretOf(7), TOKEN };
  return command(['notify', ...args], { env: settings });
}

/** Neither stream holds a secret. */
function expectNoSecret({ stdout, stderr }: Ended): void {
  for (const secret of ['canary', String(port), '127.0.0.1', secretOf(7).slice(6)]) {
    expect(stdout + stderr).not.toContain(secret);
  }
}

describe('beaconwatch notify', () => {
  it.each(['soar', 'chat', 'teams', 'lake', 'splunk'])(
    '--test %s sends a message that is marked as a test',
    async (name) => {
      const ended = await beaconwatch('--test', name);
      expect(ended).toEqual({ code: 0, stdout: `${name}: 202 (accepted)\n`, stderr: '' });
      expect(received).toHaveLength(1);
      expect(received[0]?.body).toContain('TEST MESSAGE');
      expect(received[0]?.body).toContain('nothing was detected');
    },
  );

  it('--test signs as it would sign a notification', async () => {
    await beaconwatch('--test', 'soar');
    const [{ headers, body }] = received as [(typeof received)[0]];
    expect(verify(secretOf(7), headers, Buffer.from(body), Date.now())).toBe('accepted');
  });

  it.each([
    [503, 'transient'],
    [403, 'rejected'],
    [410, 'gone'],
    [302, 'rejected'],
  ])('--test fails for the answer %i, and prints its effect', async (answer, word) => {
    status = answer;
    const ended = await beaconwatch('--test', 'chat');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(new RegExp(`^chat: ${answer} \\(${word}`));
    expect(ended.stderr).toBe('chat did not accept the test message\n');
    expect(received).toHaveLength(1);
    expectNoSecret(ended);
  });

  it('--test prints what the receiver says, escaped and cut', async () => {
    status = 400;
    says = `invalid_blocks \u001b[2J\u202e ${'x'.repeat(900)}`;
    const { code, stdout } = await beaconwatch('--test', 'chat');
    expect(code).toBe(1);
    const [, line = ''] = stdout.split('\n');
    expect(line).toMatch(/^The receiver says: invalid_blocks /);
    expect(line).not.toContain('\u001b');
    expect(line).not.toContain('\u202e');
    expect(line.length).toBeLessThan(400);
  });

  it.each(['soar', 'chat', 'teams', 'lake', 'splunk', 'sentinel'])(
    '--preview %s prints the body as JSON, without a secret, and sends nothing',
    async (name) => {
      const ended = await beaconwatch('--preview', name);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.stringify(JSON.parse(ended.stdout))).toContain('TEST MESSAGE');
      expectNoSecret(ended);
      expect(received).toEqual([]);
    },
  );

  it.each([
    [[]],
    [['--test', 'nobody']],
    [['--preview', 'nobody']],
    [['--test', 'chat', '--preview', 'chat']],
    [['--test', 'chat', '--retry']],
    [['--test', 'chat', '--dry-run']],
    [['--preview', 'chat', '--sink', 'chat']],
    [['--dry-run']],
    [['--digest']],
    [['--detection', 'abcd']],
    [['--preview', 'chat', '--digest', '--detection', 'abcd']],
    [['--preview', 'chat', '--detection', 'x']],
  ])('%j is wrong usage', async (args) => {
    const ended = await beaconwatch(...args);
    expect(ended.code).toBe(2);
    expectNoSecret(ended);
    expect(received).toEqual([]);
  });

  it('lists the sinks if the name is unknown', async () => {
    expect((await beaconwatch('--preview', 'nobody')).stderr).toBe(
      'SINKS has no sink nobody; it has soar, chat, teams, lake, splunk, sentinel\n',
    );
  });
});

describe('beaconwatch notify --preview of what is stored', () => {
  async function stored() {
    const connectionString = await freshAccount(inject('azurite'));
    const sinks = [{ name: 'chat', format: 'slack', url: `http://127.0.0.1:${port}/canary` }];
    const SINKS = JSON.stringify(sinks);
    const { app } = new System(connectionString, msOf(T1) + 3_600_000, { SINKS });
    const stores = storesOf(app.config);
    const preview = (...args: string[]) =>
      command(['notify', '--preview', 'chat', ...args], { env: { AzureWebJobsStorage: connectionString, SINKS } });
    return { stores, preview };
  }

  it('prints the message of a detection, and a digest of those that the sink takes', async () => {
    const { stores, preview } = await stored();
    expect(await preview('--digest')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no active detection'),
    });
    const [first, low, hidden] = [1, 2, 3].map((n) => groupId(n)) as [string, string, string];
    await writeDetection(stores, detection({ DeviceName: 'wks-1' }));
    await writeDetection(stores, detection({ groupId: low, DeviceName: 'wks-2', severity: 'low' }));
    await writeDetection(stores, detection({ groupId: hidden, DeviceName: 'wks-3', suppressedBy: 's-1' }));
    const one = await preview('--detection', first);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(one.stdout).text).toBe('HIGH: new beacon, every 60 s, 1 of 200 devices');
    // The suppressed one is no neighbour.
    expect(one.stdout).toContain('1 to this address from 1 other device');
    const digest = await preview('--digest');
    expect(digest.stdout).not.toContain('Also open');
    expect(JSON.parse(digest.stdout).text).toBe('HIGH: 1 new or changed beacon');
    expect(digest.stdout).toContain('wks-1');
    expect(digest.stdout).not.toMatch(/wks-[23]/);
    expect(one.stdout).not.toContain('Owner of the address');
    const owner = { autonomous_system_number: 64_496, autonomous_system_organization: 'Example Hosting' };
    await stores.context.put('owners.mmdb', mmdbOf({ '203.0.113.0/24': owner }));
    expect((await preview('--detection', first)).stdout).toContain('AS64496 Example Hosting');
    expect(await preview('--detection', groupId(9))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no detection'),
    });
    expect(received).toEqual([]);
  });
});

describe('beaconwatch notify --retry', () => {
  /** The functions with one sink, and a detection that the sink has rejected. */
  async function refused() {
    const connectionString = await freshAccount(inject('azurite'));
    const SINKS = JSON.stringify([
      { name: 'soar', format: 'json', minSeverity: 'low', url: `http://127.0.0.1:${port}/canary` },
    ]);
    const system = new System(connectionString, msOf(T1) + 3_600_000, { SINKS });
    const stores = storesOf(system.app.config);
    await system.app.scorePartition({ partition: '3', asOf: T1 });
    const opened = detection({ episode: T1, asOf: T1, state: 'new', suppressedBy: '' });
    const sinks = (await knownSinks(stores)).map((sink) => ({ ...sink, waitMs: 0 }));
    await stores.detections.insert(opened, outboxChangesOf(opened, {}, sinks));
    status = 403;
    expect(await system.app.notify({ sink: 'soar' })).toMatchObject({ failed: 1 });
    status = 200;
    // The shell has no SINKS.
    const retry = (...args: string[]) =>
      command(['notify', '--retry', ...args], { env: { AzureWebJobsStorage: connectionString } });
    return { system, stores, retry };
  }

  it('resends failed notifications once, under the same id; --dry-run only counts them', async () => {
    const { system, retry } = await refused();
    const dry = await retry('--dry-run');
    expect(dry).toEqual({ code: 0, stdout: 'soar: 1 notification failed\n', stderr: 'Nothing was changed.\n' });
    expect(await system.app.notify({ sink: 'soar' })).toMatchObject({ sent: 0 });
    const done = { code: 0, stderr: 'The functions send within two minutes.\n' };
    expect(await retry('--sink', 'soar')).toEqual({ ...done, stdout: 'soar: 1 notification pending again\n' });
    // The clock of the command is that of the wall.
    system.now = Date.now() + 60_000;
    expect(await system.app.notify({ sink: 'soar' })).toMatchObject({ sent: 1 });
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([
      received[0]?.headers['webhook-id'],
      received[0]?.headers['webhook-id'],
    ]);
    const again = await retry();
    expect(again).toEqual({
      code: 0,
      stdout: 'soar: 0 notifications pending again\n',
      stderr: 'Nothing was changed.\n',
    });
  });

  it('refuses a sink that the functions do not know, and marks a disabled one', async () => {
    const { stores, retry } = await refused();
    const unknown = await retry('--sink', 'nobody');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('the functions had no sink nobody in their settings at their last run');
    const state = await stateOf(stores, 'soar');
    if (state) await putState(stores, { ...state, disabledAt: 7 });
    const ended = await retry('--dry-run');
    expect(ended.stdout).toContain('soar: 1 notification failed; the sink answered 410 (gone)');
    // It does not promise to send either.
    expect(await retry()).toMatchObject({ code: 0, stderr: '' });
  });
});
