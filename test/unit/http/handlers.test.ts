import { beforeEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import type { Detection } from '../../../src/core/detections/detection.ts';
import type { ApiRequest, HttpAnswer } from '../../../src/http/answers.ts';
import { MAX_BODY_BYTES } from '../../../src/http/body.ts';
import { detectionsResponse, healthResponse } from '../../../src/http/handlers.ts';
import { type Caller, KEY_HOLDER } from '../../../src/http/sign_in.ts';
import { BadRowError, badRow } from '../../../src/storage/ports/bad_row.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { contribution, delivery, detection, FACTS, groupId, traffic } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { summaryOf } from '../../support/detections.ts';
import { faultsOfAnswer } from '../../support/http/published.ts';
import { mmdbOf } from '../../support/reading/mmdb.ts';
import { storeRows } from '../../support/storage/counts.ts';

let stores: MemoryStores;
let app: App;
const asked: string[] = [];

/** Three detections, on two devices, in all states; a sink was notified of one. */
const DETECTIONS: readonly Detection[] = [
  detection({ groupId: groupId(1), DeviceName: 'wks-1', state: 'new', average: 50, traffic: traffic() }),
  detection({ groupId: groupId(2), DeviceName: 'wks-1', state: 'ongoing', average: 70 }),
  detection({ groupId: groupId(3), DeviceName: 'wks&2 ü\u202e', state: 'resolved', average: 60, interval: null }),
];
const [FIRST, SECOND, THIRD] = DETECTIONS.map(({ groupId }) => groupId) as [string, string, string];
const UNKNOWN = groupId(4);

/** Delivered in a digest, at the second attempt. */
const SENT = delivery({
  ...{ status: 'sent', answer: '200', digest: 'digest|0a1b' },
  ...{
    firstAt: Date.UTC(2026, 10, 20, 12),
    at: Date.UTC(2026, 10, 20, 12, 46, 1, 5),
  },
});
const SENT_IN_ISO = {
  firstAt: '2026-11-20T12:00:00.0000000Z',
  at: '2026-11-20T12:46:01.0050000Z',
};

beforeEach(async () => {
  stores = memoryStores();
  for (const each of DETECTIONS) await stores.detections.insert(each);
  const found = await stores.detections.get(FIRST);
  await stores.detections.mark(FIRST, { sink: 'soar', delivery: SENT }, found?.version ?? '');
  await storeRows(stores.hourlyCounts, [
    contribution({ facts: FACTS }),
    contribution({ contribution: 'ff'.repeat(8) }),
  ]);
  asked.length = 0;
  const { get } = stores.detections;
  stores.detections.get = (id) => {
    asked.push(id);
    return get.call(stores.detections, id);
  };
  const soar = {
    name: 'soar',
    fingerprint: '',
    digests: null,
    send: async () => ({ kind: 'sent', answer: '200' }) as const,
  };
  const config = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
  app = createApp(config, { stores, sinks: [soar], clock: () => 1_795_450_841_123 });
});

async function answerTo(
  method: 'GET' | 'POST',
  id: string | undefined,
  search = '',
  body: string | Uint8Array | null = null,
  type: string | null = 'application/json',
  caller: Caller = KEY_HOLDER,
): Promise<HttpAnswer & { json: Record<string, unknown> }> {
  async function* parts() {
    const bytes = Buffer.from(body ?? '');
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }
  const request: ApiRequest = {
    method,
    params: id === undefined ? {} : { id },
    query: new URLSearchParams(search),
    headers: { get: (name) => (name === 'content-type' ? type : null) },
    body: body === null ? null : parts(),
  };
  const answer = await detectionsResponse(app, request, caller);
  const path = id === undefined ? '/detections' : '/detections/{id}';
  const { status, headers } = answer;
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  // The document does not describe a method that is not allowed.
  if (status !== 405) {
    const described = { status, type: headers['content-type'] ?? '', body: answer.body };
    expect(faultsOfAnswer(method === 'GET' ? 'get' : 'post', path, described)).toEqual([]);
  }
  return { ...answer, json: JSON.parse(answer.body) };
}

const list = (search = '') => answerTo('GET', undefined, search);
const show = (id: string) => answerTo('GET', id);
const post = (id: string | undefined, json: unknown) => answerTo('POST', id, '', JSON.stringify(json));
const idsOf = ({ json }: { json: Record<string, unknown> }) =>
  (json['detections'] as { id: string }[]).map(({ id }) => id);

const STATE = 'state must be one of new, ongoing, resolved, active';
const LIMIT = 'limit must be a whole number from 1 to 1000';
const CONTINUATION = 'continuation must be the continuation of the previous page, with the same sort';

describe('GET detections', () => {
  it('lists all detections by id, with their deliveries', async () => {
    const response = await list();
    expect(response.status).toBe(200);
    expect(idsOf(response)).toEqual([FIRST, SECOND, THIRD]);
    expect(response.json).toMatchObject({ total: 3, continuation: null });
    const summary = summaryOf(DETECTIONS[0] as Detection);
    expect((response.json['detections'] as unknown[])[0]).toEqual({
      ...summary,
      id: FIRST,
      deliveries: { soar: { ...SENT, ...SENT_IN_ISO } },
      verdict: null,
    });
  });

  it.each([
    ['detector=kql-rule', [FIRST, SECOND, THIRD]],
    ['detector=regularity', []],
    ['state=new', [FIRST]],
    ['state=active', [FIRST, SECOND]],
    ['state=resolved', [THIRD]],
    ['device=WKS-1', [FIRST, SECOND]],
    ['device=WKS*', [FIRST, SECOND, THIRD]],
    ['device=*-1&sort=average', [SECOND, FIRST]],
    ['device=wks%262+%C3%BC%E2%80%AE', [THIRD]],
    ['device=wks-1&state=new', [FIRST]],
    ['device=nobody', []],
    ['remote=203.0.113.0/24&sort=average', [SECOND, THIRD, FIRST]],
    ['remote=198.51.100.0/24', []],
    ['suppressed=false&verdict=none&severity=high&source=defender&since=2026-01-01T00:00:00Z', [FIRST, SECOND, THIRD]],
    ['suppressed=true', []],
    ['limit=2', [FIRST, SECOND]],
    ['code=a-key', [FIRST, SECOND, THIRD]],
    ['state=new&code=a-key', [FIRST]],
  ])('?%s lists %j', async (query, ids) => {
    const response = await list(query);
    expect(response.status).toBe(200);
    expect(idsOf(response)).toEqual(ids);
  });

  it.each([
    ['newest', [SECOND, THIRD, FIRST]],
    ['key', [FIRST, SECOND, THIRD]],
  ])('gives page after page by its continuation, sorted by %s', async (sort, ids) => {
    const met: string[] = [];
    let search = `limit=1&sort=${sort}`;
    for (let page = 0; page < 3; page++) {
      const { json } = await list(search);
      met.push(...idsOf({ json }));
      search = `limit=1&sort=${sort}&continuation=${json['continuation']}`;
      expect(json['continuation'] === null).toBe(page === 2);
    }
    expect(met).toEqual(ids);
  });

  it('is 400 where the store refuses the position of a continuation', async () => {
    stores.detections.summaryPage = async () => null;
    const continuation = Buffer.from('["key","3","x"]').toString('base64url');
    const { status, json } = await list(`continuation=${continuation}`);
    expect([status, json['detail']]).toEqual([400, 'continuation must be the continuation of the previous page']);
  });

  it('is 400 for a sort of more detections than the bound, and says what to do', async () => {
    const [row] = (await Array.fromAsync(stores.detections.summaries({}, []))).flat();
    stores.detections.summaries = async function* () {
      for (let n = 0; n < 11; n++) yield Array.from({ length: 1000 }, () => row as NonNullable<typeof row>);
    };
    const { status, json } = await list('sort=average');
    expect(status).toBe(400);
    expect(json['detail']).toMatch(
      /sorts at most 10,000 detections, and more fit the filter: narrow it, or use sort=key/,
    );
  });

  it.each([
    ['state=', STATE],
    ['state=New', STATE],
    ['device=', 'device must be a name of 1 to 1024 characters'],
    [`device=${'x'.repeat(1025)}`, 'device must be a name of 1 to 1024 characters'],
    ['State=new', 'State is unknown'],
    ['a%E2%80%AEb=new', 'a\\u202eb is unknown'],
    [`${'x'.repeat(61)}=`, `${'x'.repeat(59)}… is unknown`],
    ['remote=example.com', 'remote must be an address or CIDR, IPv4 or IPv6'],
    [`remote=${'1'.repeat(65)}`, 'remote must be an address or CIDR, IPv4 or IPv6'],
    ['severity=critical', 'severity must be one of low, medium, high'],
    ['source=mine', 'source must be one of defender, defender-raw, sysmon, wfp, zeek'],
    ['suppressed=yes', 'suppressed must be one of true, false'],
    ['verdict=maybe', 'verdict must be one of acknowledged, true-positive, benign-positive, false-positive, none'],
    ['since=yesterday', 'since must be an ISO 8601 instant such as 2026-11-20T12:00:00Z'],
    ['sort=asc', 'sort must be one of key, severity, average, prevalence, spread, newest'],
    ['limit=0', LIMIT],
    ['limit=1001', LIMIT],
    ['limit=0.5', LIMIT],
    ['limit=x', LIMIT],
    ['limit=1e400', LIMIT],
    ['limit=x&state=x&x=x', `${STATE}; ${LIMIT}; x is unknown`],
    ['continuation=x', CONTINUATION],
    ['state=new&sort=average&state=resolved', 'state must be given only once'],
    [`continuation=${Buffer.from('["average",1,2,"x"]').toString('base64url')}`, CONTINUATION],
    [`sort=newest&continuation=${Buffer.from(`["average",1,2,"${FIRST}"]`).toString('base64url')}`, CONTINUATION],
    [`continuation=${'A'.repeat(1001)}`, CONTINUATION],
    [`continuation=${Buffer.from('["key","3"]').toString('base64url')}`, CONTINUATION],
    [`continuation=${Buffer.from('["key","",""]').toString('base64url')}`, CONTINUATION],
    [`sort=average&continuation=${Buffer.from('["key","3","4"]').toString('base64url')}`, CONTINUATION],
    ['limit=0x10', LIMIT],
    ['limit=5.0', LIMIT],
    ['device=*', 'device must be one name; * is any text, and needs another character beside it'],
  ])('?%s is 400 and names the fault', async (query, detail) => {
    const { status, json } = await list(query);
    expect(status).toBe(400);
    expect(json['detail']).toBe(detail);
  });

  it('bounds the text on many faults', async () => {
    const many = Array.from({ length: 100 }, (_, n) => `unknown${n}=`).join('&');
    expect((await list(many)).json['detail']).toMatch(/^unknown0 is unknown; .{478}…$/);
  });

  it('repeats neither a value nor the function key in an error', async () => {
    const { body } = await list('state=seeded-value&remote=seeded-too&code=seeded-key');
    expect(body).not.toContain('seeded');
  });
});

describe('GET detections/{id}', () => {
  it('shows one detection, with its reports and queries', async () => {
    const { status, json } = await show(FIRST);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...DETECTIONS[0],
      id: FIRST,
      deliveries: { soar: { status: 'sent', ...SENT_IN_ISO } },
    });
    expect(json['latestReports']).toEqual([
      expect.objectContaining({ count: 60 }),
      expect.objectContaining({ count: 60 }),
    ]);
    expect((json['queries'] as Record<string, string>)['defender']).toContain('DeviceNetworkEvents');
  });

  it('names the owner of the address where the account has a database of them', async () => {
    expect((await show(FIRST)).json['owner']).toBeNull();
    const { RemoteIP } = DETECTIONS[0] as Detection;
    const named = { autonomous_system_number: 64_496, autonomous_system_organization: 'Example Hosting' };
    await stores.context.put('owners.mmdb', mmdbOf({ [`${RemoteIP}/32`]: named }));
    // It is read once for the life of the app.
    app = createApp(readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }), { stores, sinks: [] });
    expect((await show(FIRST)).json['owner']).toEqual({ asn: 64_496, organisation: 'Example Hosting', country: '' });
  });

  it('escapes unsafe characters; the JSON value stays the same', async () => {
    const { body, json } = await show(THIRD);
    expect(body).toContain('wks&2 ü\\u202e');
    expect(json['DeviceName']).toBe('wks&2 ü\u202e');
  });

  it('is 404 for an unknown id', async () => {
    const { status, json } = await show(UNKNOWN);
    expect(json).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is no detection with this id',
    });
    expect([status, asked]).toEqual([404, [UNKNOWN]]);
  });
});

const NO_IDS = [
  '',
  'kql-rule',
  `${groupId(1)}|`,
  `${groupId(1)}|kql-rule`,
  `${groupId(1)}/..`,
  groupId(1).slice(1),
  `${groupId(1)}\n`,
  ` ${groupId(1)}`,
  `${groupId(1)}0`,
  'G'.repeat(32),
  `${groupId(1)}' or RowKey gt '`,
  '<script>alert(1)</script>',
];

describe.each(['GET', 'POST'] as const)('%s detections/{id}', (method) => {
  it.each(NO_IDS)('is 404 for a malformed id without a request to the table: %j', async (id) => {
    const { status, body } = await answerTo(method, id, '', JSON.stringify(VERDICT));
    expect([status, asked]).toEqual([404, []]);
    expect(body).toBe((await show(UNKNOWN)).body);
  });
});

describe.each(['GET', 'POST'] as const)('%s detections/{id}', (method) => {
  it('is 500 for a row that cannot be read, and names table, keys and column', async () => {
    stores.detections.get = (id) =>
      Promise.reject(new BadRowError(badRow('Detections', id.slice(0, 1), id, 'Average must be a number')));
    const { status, json } = await answerTo(method, FIRST, '', JSON.stringify(VERDICT));
    expect(status).toBe(500);
    expect(json['detail']).toBe(
      `Detections: the row with PartitionKey "3" and RowKey "${FIRST}" cannot be read: Average must be a number. ` +
        'Repair or remove the row.',
    );
  });
});

const VERDICT = { value: 'false-positive', note: 'the updater of Example', who: 'ana' };

describe('POST detections/{id}', () => {
  const stored = async (id = FIRST) => (await stores.detections.get(id))?.row.verdict;

  it('stores the verdict and its time, and answers with the detection', async () => {
    const { status, json } = await post(FIRST, VERDICT);
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: FIRST, verdict: { ...VERDICT, at: '2026-11-23T16:20:41.1230000Z' } });
    expect(await stored()).toEqual({ ...VERDICT, at: 1_795_450_841_123 });
    expect(idsOf(await list('verdict=false-positive'))).toEqual([FIRST]);
  });

  it('needs no note', async () => {
    await post(FIRST, { value: 'acknowledged', who: 'ben' });
    expect(await stored()).toMatchObject({ value: 'acknowledged', note: '', who: 'ben' });
  });

  it('is 404 for a detection that does not exist', async () => {
    expect((await post(UNKNOWN, VERDICT)).status).toBe(404);
    expect(await stores.detections.get(UNKNOWN)).toBeNull();
  });

  it('is 405 without an id', async () => {
    const { status, headers } = await post(undefined, VERDICT);
    expect([status, headers['allow']]).toEqual([405, 'GET']);
  });

  const VALUE = 'value must be one of acknowledged, true-positive, benign-positive, false-positive';
  const NOTE = 'note must be a string of at most 1000 characters';
  const WHO = 'who must be the name of a person, of 1 to 200 characters';
  it.each<[object | null, string]>([
    [null, 'the body must be a JSON object'],
    [[], 'the body must be a JSON object'],
    [{}, `${VALUE}; ${WHO}`],
    [{ ...VERDICT, value: 'seeded' }, VALUE],
    [{ ...VERDICT, note: 'seeded'.repeat(200) }, NOTE],
    [{ ...VERDICT, note: 7 }, NOTE],
    [{ ...VERDICT, who: '' }, WHO],
    [{ ...VERDICT, who: ' ' }, WHO],
    [{ ...VERDICT, who: 'x'.repeat(201) }, WHO],
    [{ ...VERDICT, at: 1 }, 'at is unknown'],
    [JSON.parse('{"value":"acknowledged","who":"a","__proto__":{"note":"x"}}'), '__proto__ is unknown'],
  ])('of %j is 400, names the fault, repeats no value, and stores nothing', async (json, detail) => {
    const response = await post(FIRST, json);
    expect(response.status).toBe(400);
    expect(response.json['detail']).toBe(detail);
    expect(response.body).not.toContain('seeded');
    expect(await stored()).toBeNull();
  });

  it.each([
    ['seeded {', 'application/json', 400],
    ['', 'application/json', 400],
    [Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400],
    [JSON.stringify(VERDICT), null, 415],
    [JSON.stringify(VERDICT), 'text/plain', 415],
    [JSON.stringify(VERDICT), 'application/x-www-form-urlencoded', 415],
    [JSON.stringify({ ...VERDICT, note: 'x'.repeat(MAX_BODY_BYTES) }), 'application/json', 413],
  ] as const)('of the body %.20j as %s is %d', async (body, type, status) => {
    const response = await answerTo('POST', FIRST, '', body, type);
    expect(response.status).toBe(status);
    expect(response.body).not.toContain('seeded');
    expect(await stored()).toBeNull();
  });

  it('accepts a content type with a charset', async () => {
    const response = await answerTo('POST', FIRST, '', JSON.stringify(VERDICT), 'Application/JSON; charset=utf-8');
    expect(response.status).toBe(200);
  });

  it('stops reading a body that is too large', async () => {
    let read = 0;
    async function* endless() {
      for (; read < 1_000; read++) yield new Uint8Array(1024);
    }
    const request = { method: 'POST', params: { id: FIRST }, query: [], headers: { get: () => 'application/json' } };
    expect((await detectionsResponse(app, { ...request, body: endless() }, KEY_HOLDER)).status).toBe(413);
    expect(read).toBeLessThan(20);
  });
});

describe('POST detections/{id} behind a sign-in', () => {
  const postAs = (caller: Caller, json: unknown) =>
    answerTo('POST', FIRST, '', JSON.stringify(json), 'application/json', caller);
  const ANA: Caller = { name: 'ana@corp.example', mayWrite: true };

  it('records it in the name of the sign-in, and refuses another one', async () => {
    const { who: _who, ...verdict } = VERDICT;
    expect((await postAs(ANA, verdict)).status).toBe(200);
    expect((await stores.detections.get(FIRST))?.row.verdict).toMatchObject({ who: 'ana@corp.example' });
    const named = await postAs(ANA, VERDICT);
    expect([named.status, named.json['detail']]).toEqual([400, 'who must be absent: the sign-in names the person']);
  });

  it('refuses a caller without the app role', async () => {
    const { status, json } = await postAs({ ...ANA, mayWrite: false }, { value: 'acknowledged' });
    expect([status, json['detail']]).toEqual([403, 'writing needs the app role Beaconwatch.Write']);
    expect((await stores.detections.get(FIRST))?.row.verdict).toBeNull();
  });

  it('needs a name with a key alone', async () => {
    expect((await postAs(KEY_HOLDER, { value: 'acknowledged' })).json['detail']).toContain('who must be the name');
  });
});

describe('GET health', () => {
  it('is 200 and names the problems, as docs/openapi.json describes', async () => {
    stores.queues.poison['score-poison'] = 2;
    const { status, headers, body } = await healthResponse(app);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(faultsOfAnswer('get', '/health', { status, type: headers['content-type'] ?? '', body })).toEqual([]);
    const { problems, queues } = JSON.parse(body);
    expect(problems.join('\n')).toMatch(/2 messages in score-poison/);
    expect(queues).toEqual({ 'score-poison': 2 });
  });

  it('is 503 with a body that says why where storage answers nothing, and 200 where it answers a part', async () => {
    const refuse = (): never => {
      throw new StoreError('x', { code: 'ECONNREFUSED' });
    };
    const down = new Proxy({}, { get: () => refuse });
    const parts = {
      exports: down,
      exportStates: down,
      runs: down,
      sinks: down,
      suppressions: down,
      queues: down,
      hourlyCounts: down,
    };
    const config = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
    const without = (stores: object) => createApp(config, { stores: stores as Stores, sinks: [] });
    const { status, headers, body } = await healthResponse(without(parts));
    expect(status).toBe(503);
    expect(faultsOfAnswer('get', '/health', { status, type: headers['content-type'] ?? '', body })).toEqual([]);
    const found = JSON.parse(body);
    expect(found).toMatchObject({ lastRun: null, unread: null, deadLetters: null, queues: null });
    expect(found.problems).toContainEqual(
      expect.stringContaining('The table Runs cannot be read: x failed (ECONNREFUSED)'),
    );
    expect(found.problems).toHaveLength(9);
    expect((await healthResponse(without({ ...parts, queues: stores.queues }))).status).toBe(200);
  });
});
