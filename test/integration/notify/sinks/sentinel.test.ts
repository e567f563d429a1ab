import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { TokenCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendToSentinel } from '../../../../src/notify/sinks/sentinel.ts';
import { detection, groupId } from '../../../contract/samples.ts';
import { CONTEXT, digest, NOW, one, SINKS } from '../../../support/sinks/samples.ts';

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;
interface Met {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly rows: Record<string, unknown>[];
}

let folder: string;
let server: Server;
let ca: string;
let endpoint: string;
let met: Met[];
let behaviour: Behaviour;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2', '-nodes'];
  await promisify(execFile)('openssl', ['req', '-x509', ...names, '-newkey', 'rsa:2048', '-keyout', key, '-out', cert]);
  ca = await readFile(cert, 'utf8');
  server = createServer({ key: await readFile(key), cert: ca }, async (request, response) => {
    const body = await buffer(request);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    met.push({
      path: request.url ?? '',
      authorization: request.headers.authorization,
      rows: JSON.parse(text.toString()),
    });
    behaviour(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  met = [];
  behaviour = answering(204);
});

const answering =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) =>
    response.writeHead(status, headers).end();

/** Whether the sink trusts the receiver's certificate. */
const tell = (
  {
    credential = CONTEXT.credential(undefined),
    trusts = true,
    timeoutMs = 5000,
    notification = one(detection()),
  } = {} as {
    credential?: TokenCredential;
    trusts?: boolean;
    timeoutMs?: number;
    notification?: ReturnType<typeof one>;
  },
) =>
  sendToSentinel(
    notification,
    { ...SINKS.sentinel, endpoint },
    {},
    credential,
    NOW,
    trusts ? { tlsOptions: { ca } } : {},
    timeoutMs,
  );

describe('sendToSentinel(notification, sink, links, credential, now)', () => {
  it('uploads a row to the stream of the rule, with a token of the identity', async () => {
    expect(await tell()).toEqual({ kind: 'sent', answer: '204' });
    expect(met).toHaveLength(1);
    const [{ path, authorization, rows }] = met as [Met];
    const { ruleId, stream } = SINKS.sentinel;
    expect(decodeURIComponent(path)).toBe(`/dataCollectionRules/${ruleId}/streams/${stream}?api-version=2023-01-01`);
    expect(authorization).toBe('Bearer seeded-access-token');
    expect(rows).toMatchObject([{ DeviceName: 'wks-0417.corp.example', RemoteIP: '203.0.113.77' }]);
  });

  it('uploads several in one call', async () => {
    const several = digest(
      [1, 2, 3].map((number) => detection({ groupId: groupId(number) })),
      0,
    );
    expect(await tell({ notification: several })).toEqual({ kind: 'sent', answer: '204' });
    expect(met.map(({ rows }) => rows.length)).toEqual([3]);
  });

  it.each([400, 401, 403, 404, 413])('fails at %i for good, after one call', async (status) => {
    behaviour = answering(status);
    expect(await tell()).toEqual({ kind: 'permanent', answer: String(status) });
    expect(met).toHaveLength(1);
  });

  it.each([408, 500, 502, 503, 504])('takes %i for passing, after one call', async (status) => {
    behaviour = answering(status);
    expect(await tell()).toEqual({ kind: 'transient', answer: String(status) });
    expect(met).toHaveLength(1);
  });

  it('passes on what 429 asks for', async () => {
    behaviour = answering(429, { 'retry-after': '90' });
    expect(await tell()).toEqual({ kind: 'transient', answer: '429', retryAfterMs: 90_000 });
    expect(met).toHaveLength(1);
  });

  it('follows no redirect', async () => {
    behaviour = answering(307, { location: `${endpoint}/elsewhere` });
    expect(await tell()).toMatchObject({ kind: 'permanent', answer: '307' });
    expect(met).toHaveLength(1);
  });

  it('takes no answer in time, and an identity that hangs, for passing: timeout', async () => {
    behaviour = () => {};
    expect(await tell({ timeoutMs: 200 })).toEqual({ kind: 'transient', answer: 'timeout' });
    const credential = { getToken: () => new Promise<never>(() => {}) };
    expect(await tell({ timeoutMs: 200, credential })).toEqual({ kind: 'transient', answer: 'timeout' });
  });

  it('treats a reset and an untrusted certificate as transient, by their code', async () => {
    behaviour = (request) => request.socket.destroy();
    expect(await tell()).toMatchObject({ kind: 'transient', answer: expect.stringMatching(/^[A-Z_]+$/) });
    met = [];
    expect(await tell({ trusts: false })).toEqual({ kind: 'transient', answer: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(met).toEqual([]);
  });

  it('treats an identity without a token as transient, and does not repeat its message', async () => {
    const credential = {
      getToken: async () => {
        throw Object.assign(new Error('seeded: no identity at seeded-endpoint'), { name: 'AuthenticationError' });
      },
    };
    const answer = await tell({ credential });
    expect(answer).toEqual({ kind: 'transient', answer: 'AuthenticationError' });
  });
});
