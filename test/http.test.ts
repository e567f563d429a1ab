import { beforeEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { type Detection, detectionIdOf } from '../src/core/detection.ts';
import { detectionsResponse, type HttpAnswer } from '../src/http.ts';
import { delivery, detection, groupId } from './contract/samples.ts';
import { memoryStores } from './fakes/stores.ts';

let app: App;
const asked: string[] = [];

/** Three detections, on two devices, in all states; one of them told. */
const DETECTIONS: readonly Detection[] = [
  detection({ groupId: groupId(1), DeviceName: 'wks-1', state: 'new', average: 50 }),
  detection({ groupId: groupId(2), DeviceName: 'wks-1', state: 'ongoing', average: 70 }),
  detection({ groupId: groupId(3), DeviceName: 'wks&2 ü', state: 'resolved', average: 60 }),
];
const [FIRST, SECOND, THIRD] = DETECTIONS.map(detectionIdOf) as [string, string, string];

beforeEach(async () => {
  const stores = memoryStores();
  for (const each of DETECTIONS) await stores.detections.insert(each);
  const found = await stores.detections.get(FIRST);
  await stores.detections.mark(FIRST, 'soar', delivery({ status: 'sent', answer: '200' }), found?.version ?? '');
  asked.length = 0;
  const { get } = stores.detections;
  stores.detections.get = (id) => {
    asked.push(id);
    return get.call(stores.detections, id);
  };
  app = createApp(readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }), { stores, sinks: [] });
});

const list = (query = '') => detectionsResponse(app, undefined, new URLSearchParams(query));
const show = (id: string) => detectionsResponse(app, id, new URLSearchParams());

function idsOf({ jsonBody }: HttpAnswer): string[] {
  return (jsonBody as { detections: { id: string }[] }).detections.map(({ id }) => id);
}

describe('GET detections', () => {
  it('lists all, in the rule’s order, with what became of their notifications', async () => {
    const response = await list();
    expect(response.status).toBe(200);
    expect(idsOf(response)).toEqual([SECOND, THIRD, FIRST]);
    const { detections } = response.jsonBody as { detections: unknown[] };
    expect(detections[2]).toMatchObject({
      ...DETECTIONS[0],
      id: FIRST,
      deliveries: { soar: { status: 'sent', answer: '200' } },
    });
  });

  it.each([
    ['state=new', [FIRST]],
    ['state=ongoing', [SECOND]],
    ['state=resolved', [THIRD]],
    ['device=wks-1', [SECOND, FIRST]],
    ['device=wks%262+%C3%BC', [THIRD]],
    ['device=wks-1&state=new', [FIRST]],
    ['device=wks-1&state=resolved', []],
    ['device=nobody', []],
    ['code=a-key', [SECOND, THIRD, FIRST]],
    ['code=', [SECOND, THIRD, FIRST]],
    ['state=new&code=a-key', [FIRST]],
  ])('?%s lists %j', async (query, ids) => {
    const response = await list(query);
    expect(response.status).toBe(200);
    expect(idsOf(response)).toEqual(ids);
  });

  it.each([
    'state=',
    'state=New',
    'state=old',
    'device=',
    `device=${'x'.repeat(1025)}`,
    'State=new',
    'limit=10',
    'state=new&sort=asc',
  ])('?%s is 400, and says what is wrong', async (query) => {
    const response = await list(query);
    expect(response.status).toBe(400);
    expect(Object.keys(response.jsonBody as object)).toEqual(['error']);
    const wrong = query.split('&').at(-1)?.split('=')[0] ?? '';
    expect((response.jsonBody as { error: string }).error).toContain(wrong);
  });

  it('does not repeat the key of the function where something else is wrong', async () => {
    expect(JSON.stringify(await list('state=old&code=planted-key'))).not.toContain('planted-key');
  });

  it('takes a device’s name of 1,024', async () => {
    expect((await list(`device=${'x'.repeat(1024)}`)).status).toBe(200);
  });
});

describe('GET detections/{id}', () => {
  it('shows the one', async () => {
    const response = await show(FIRST);
    expect(response.status).toBe(200);
    expect(response.jsonBody).toMatchObject({ ...DETECTIONS[0], id: FIRST, deliveries: { soar: { status: 'sent' } } });
  });

  it('shows it whatever is asked beside it, such as the key', async () => {
    expect(await detectionsResponse(app, FIRST, new URLSearchParams('code=a-key&limit=1'))).toEqual(await show(FIRST));
  });

  it('is 404 of an id that is unknown', async () => {
    const unknown = `${groupId(4)}|seed`;
    const response = await show(unknown);
    expect(response.status).toBe(404);
    expect(response.jsonBody).toEqual({ error: 'there is no detection of this id' });
    expect(asked).toEqual([unknown]);
  });

  it.each([
    '',
    'seed',
    groupId(1),
    `${groupId(1)}|`,
    `${groupId(1)}|seed/..`,
    `${groupId(1)}|Seed`,
    `${groupId(1)}|seed\n`,
    ` ${groupId(1)}|seed`,
    `${groupId(1).slice(1)}|seed`,
    `${groupId(1)}0|seed`,
    `${'G'.repeat(32)}|seed`,
    `${groupId(1)}' or RowKey gt '|seed`,
    '<script>alert(1)</script>',
  ])('is 404 of an id that is none, without asking the table: %j', async (id) => {
    const response = await show(id);
    expect(response).toEqual(await show(`${groupId(4)}|seed`));
    expect(asked).toEqual([`${groupId(4)}|seed`]);
  });
});

it.each<[number, () => Promise<HttpAnswer>]>([
  [200, () => list()],
  [400, () => list('state=old')],
  [200, () => show(FIRST)],
  [404, () => show('none')],
])('an answer (%i) is not to be guessed a page, nor kept', async (status, get) => {
  const response = await get();
  expect(response.status).toBe(status);
  expect(response.headers).toEqual({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
});
