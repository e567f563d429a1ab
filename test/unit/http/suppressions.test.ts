import { beforeEach, describe, expect, it } from 'vitest';
import { type Caller, KEY_HOLDER } from '../../../src/http/sign_in.ts';
import { suppressionsResponse } from '../../../src/http/suppressions.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { faultsOfAnswer } from '../../support/http/published.ts';
import { siteApp } from '../../support/web/site.ts';

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores();
});

const ANA: Caller = { name: 'ana@corp.example', mayWrite: true };
const ENTRY = { process: 'updater.exe', remote: '203.0.113.7', reason: 'our agent' };

async function answerTo(method: 'GET' | 'POST' | 'DELETE', id: string | undefined, json?: unknown, caller = ANA) {
  async function* body() {
    yield Buffer.from(JSON.stringify(json));
  }
  const answer = await suppressionsResponse(
    siteApp(stores),
    {
      method,
      params: id === undefined ? {} : { id },
      query: [],
      headers: { get: () => 'application/json' },
      body: json === undefined ? null : body(),
    },
    caller,
  );
  const { status, headers } = answer;
  if (status !== 405 && status !== 204) {
    const path = id === undefined ? '/suppressions' : '/suppressions/{id}';
    const described = { status, type: headers['content-type'] ?? '', body: answer.body };
    expect(faultsOfAnswer(method.toLowerCase() as 'get', path, described)).toEqual([]);
  }
  return { ...answer, json: answer.body === '' ? null : JSON.parse(answer.body) };
}

describe('suppressions', () => {
  it('are added in the name of the caller, listed and removed', async () => {
    const added = await answerTo('POST', undefined, ENTRY);
    expect([added.status, added.json]).toEqual([
      201,
      expect.objectContaining({ owner: 'ana@corp.example', remote: '203.0.113.7', expired: false }),
    ]);
    expect(added.json.expires).toBe('2027-02-27T07:15:00.0000000Z');
    expect((await answerTo('GET', undefined)).json).toEqual({ suppressions: [added.json] });
    expect((await answerTo('DELETE', added.json.id)).status).toBe(204);
    expect((await answerTo('DELETE', added.json.id)).status).toBe(404);
    expect((await answerTo('GET', undefined)).json).toEqual({ suppressions: [] });
  });

  it('have an owner in the body with a key alone, and only then', async () => {
    expect((await answerTo('POST', undefined, { ...ENTRY, owner: 'ben' }, KEY_HOLDER)).json.owner).toBe('ben');
    expect((await answerTo('POST', undefined, ENTRY, KEY_HOLDER)).json.detail).toContain('owner must be the name');
    expect((await answerTo('POST', undefined, { ...ENTRY, owner: 'ben' })).json.detail).toContain(
      'owner must be absent',
    );
  });

  it('are not written without the app role', async () => {
    const reader = { ...ANA, mayWrite: false };
    expect((await answerTo('POST', undefined, ENTRY, reader)).status).toBe(403);
    const { json } = await answerTo('POST', undefined, ENTRY);
    expect((await answerTo('DELETE', json.id, undefined, reader)).status).toBe(403);
    expect((await answerTo('GET', undefined, undefined, reader)).json.suppressions).toHaveLength(1);
  });

  it('that are too wide need force', async () => {
    const wide = { process: 'rundll32.exe', reason: 'why' };
    const refused = await answerTo('POST', undefined, wide);
    expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('set force to true')]);
    expect((await answerTo('POST', undefined, { ...wide, force: true })).status).toBe(201);
  });

  it.each([
    [{}, 'reason must be a text of 1 to 1000 characters'],
    [{ reason: 'why' }, 'an entry must name at least one of device, process, remote, hash, source and detector'],
    [{ ...ENTRY, days: 0 }, 'days must be a whole number from 1 to 366'],
    [{ ...ENTRY, source: 'x' }, 'source must be one of defender'],
    [{ ...ENTRY, detector: 'x' }, 'detector must be one of kql-rule, regularity'],
    [{ ...ENTRY, remote: '0.0.0.0/0' }, 'remote must be no wider than /8'],
    [{ ...ENTRY, id: 's-1' }, 'id is unknown'],
    [[], 'the body must be a JSON object'],
  ])('%o is refused', async (json, detail) => {
    const answer = await answerTo('POST', undefined, json);
    expect([answer.status, answer.json.detail]).toEqual([400, expect.stringContaining(detail)]);
  });

  it('answer 405 to other methods', async () => {
    expect((await answerTo('DELETE', undefined)).headers['allow']).toBe('GET, POST');
    expect((await answerTo('GET', 's-1')).headers['allow']).toBe('DELETE');
  });
});
