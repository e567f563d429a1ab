import { describe, expect, it } from 'vitest';
import { uiResponse } from '../../../src/http/ui.ts';
import { groupId } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { siteApp, storedDetection } from '../../support/web/site.ts';

const stores = memoryStores();
const FORM = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };

async function answerTo(headers: Record<string, string>, mayWrite: boolean, form: string | null = null) {
  async function* body() {
    yield Buffer.from(form ?? '');
  }
  const request = {
    method: form === null ? 'GET' : 'POST',
    params: { view: 'detections', id: groupId(1) },
    query: [],
    headers: { get: (name: string) => headers[name] ?? null },
    body: form === null ? null : body(),
    path: `/api/ui/detections/${groupId(1)}`,
  };
  return await uiResponse(siteApp(stores), request, { name: 'ana@corp.example', mayWrite });
}

describe('uiResponse', () => {
  it('gives who may write a token in a cookie of this host and in the form, and takes the form with both', async () => {
    await stores.detections.insert(storedDetection(1));
    const first = await answerTo({}, true);
    const [, token = ''] =
      /^__Host-beaconwatch-form=([0-9a-f]{32}); Path=\/; Secure; HttpOnly; SameSite=Lax$/.exec(
        first.headers['set-cookie'] ?? '',
      ) ?? [];
    expect(first.body).toContain(`name="token" value="${token}"`);
    const cookie = `a=b; __Host-beaconwatch-form=${token}; c=d`;
    const again = await answerTo({ cookie }, true);
    expect([again.headers['set-cookie'], again.body]).toEqual([undefined, first.body]);
    const post = (headers: Record<string, string>, sent: string) =>
      answerTo({ ...FORM, ...headers }, true, `token=${sent}&value=acknowledged`);
    expect((await post({ cookie }, '0'.repeat(32))).status).toBe(403);
    expect((await post({}, token)).status).toBe(403);
    expect((await answerTo({ ...FORM, cookie }, false, `token=${token}&value=acknowledged`)).status).toBe(403);
    expect((await stores.detections.get(groupId(1)))?.row.verdict).toBeNull();
    expect((await post({ cookie }, token)).status).toBe(303);
    expect((await stores.detections.get(groupId(1)))?.row.verdict).toMatchObject({ who: 'ana@corp.example' });
  });

  it('takes no token from a cookie with a longer name: another host of the domain can set that one', async () => {
    const planted = '0'.repeat(32);
    for (const cookie of [`x__Host-beaconwatch-form=${planted}`, `a=b; x-__Host-beaconwatch-form=${planted}`]) {
      const { headers, body } = await answerTo({ cookie }, true);
      expect(headers['set-cookie']).toMatch(/^__Host-beaconwatch-form=/);
      expect(body).not.toContain(planted);
    }
  });

  it('gives who only reads neither', async () => {
    const { headers, body } = await answerTo({}, false);
    expect([headers['set-cookie'], body.includes('name="token"')]).toEqual([undefined, false]);
  });
});
