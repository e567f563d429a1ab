import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../src/http/answers.ts';
import { type Audience, guarded } from '../../../src/http/guard.ts';
import type { Caller } from '../../../src/http/sign_in.ts';
import { principalHeader } from '../../support/http/principal.ts';

const PERSON = principalHeader({ preferred_username: 'ana@corp.example' });

async function answerTo(
  signIn: 'off' | 'on' | 'missing',
  audience: Audience,
  header: string | null,
  address = '/api/ui/detections?view=all&q=a%26b',
): Promise<HttpAnswer & { caller: Caller | null }> {
  let caller: Caller | null = null;
  const url = new URL(address, 'https://host.example');
  const answer = await guarded(signIn, audience, async (_request, given) => {
    caller = given;
    return { status: 200, headers: {}, body: 'data' };
  })({
    method: 'GET',
    params: {},
    query: url.searchParams,
    headers: { get: (name) => (name === 'x-ms-client-principal' ? header : null) },
    body: null,
    path: url.pathname,
  });
  return { ...answer, caller };
}

describe('guarded', () => {
  it('lets the caller in whom the sign-in names', async () => {
    for (const audience of ['people', 'programs'] as const)
      expect(await answerTo('on', audience, PERSON)).toMatchObject({
        status: 200,
        caller: { name: 'ana@corp.example', mayWrite: false },
      });
  });

  it('answers 401 to an unsigned program', async () => {
    const { status, headers, body, caller } = await answerTo('on', 'programs', null);
    expect([status, headers['www-authenticate'], caller]).toEqual([401, 'Bearer', null]);
    expect(JSON.parse(body)).toMatchObject({
      status: 401,
      detail: 'the request needs a token of this tenant for this app',
    });
  });

  it('leads an unsigned person to the sign-in, and from there to the same page of this host', async () => {
    const { status, headers, body, caller } = await answerTo('on', 'people', null);
    expect([status, body, caller]).toEqual([302, '', null]);
    const { pathname, searchParams } = new URL(headers['location'] ?? '', 'https://host.example');
    expect(pathname).toBe('/.auth/login/aad');
    expect(searchParams.get('post_login_redirect_uri')).toBe('/api/ui/detections?view=all&q=a%26b');
    const outside = await answerTo('on', 'people', null, 'https://host.example//evil.example/x');
    const back = new URL(outside.headers['location'] ?? '', 'https://host.example').searchParams;
    expect(back.get('post_login_redirect_uri')).toBe('/evil.example/x');
  });

  it.each(['off', 'missing'] as const)('believes no header where the sign-in is %s', async (signIn) => {
    for (const audience of ['people', 'programs'] as const) {
      const { caller } = await answerTo(signIn, audience, PERSON);
      expect(caller?.name ?? null).toBeNull();
    }
  });

  it('lets a key alone open what is for programs, without a sign-in', async () => {
    expect((await answerTo('off', 'programs', null)).caller).toEqual({ name: null, mayWrite: true });
    const { status, body } = await answerTo('off', 'people', null);
    expect([status, JSON.parse(body).detail]).toEqual([503, expect.stringContaining('set it to platform')]);
  });

  it('answers nobody where the sign-in that the settings promise is not there', async () => {
    for (const audience of ['people', 'programs'] as const) {
      const { status, body, caller } = await answerTo('missing', audience, PERSON);
      expect([status, caller]).toEqual([503, null]);
      expect(JSON.parse(body).detail).toContain('set SIGN_IN to off');
    }
  });
});
