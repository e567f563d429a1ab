import type { Config } from '../config.ts';
import { GUARDED, type HttpAnswer, problemAnswer } from './answers.ts';
import type { PageRequest } from './page_answers.ts';
import { type Caller, KEY_HOLDER, PRINCIPAL_HEADER, principalOf } from './sign_in.ts';

/** Whom a function answers: an unsigned person is led to the sign-in, an unsigned program receives 401. */
export type Audience = 'people' | 'programs';

type Handler = (request: PageRequest, caller: Caller) => Promise<HttpAnswer>;

/**
 * The check in front of every HTTP function. The platform has one answer for unsigned callers of an app, and people and
 * programs need different ones: so the platform lets them through, and this decides. Without the platform's sign-in nobody
 * reads the header that names the caller, since anybody could send it.
 */
export function guarded(
  signIn: Config['signIn'],
  audience: Audience,
  handler: Handler,
): (request: PageRequest) => Promise<HttpAnswer> {
  return async (request) => {
    switch (signIn) {
      case 'off':
        // The function asks for a key. Pages have none, and are not there.
        return audience === 'programs' ? await handler(request, KEY_HOLDER) : problemAnswer(503, NO_PAGES);
      case 'missing':
        return problemAnswer(503, NO_SIGN_IN);
      case 'on': {
        const caller = principalOf(request.headers.get(PRINCIPAL_HEADER));
        if (caller !== null) return await handler(request, caller);
        return audience === 'people'
          ? signInOf(request)
          : problemAnswer(401, UNSIGNED, { 'www-authenticate': 'Bearer' });
      }
    }
  };
}

const UNSIGNED = 'the request needs a token of this tenant for this app';
const NO_PAGES = 'the pages need a sign-in, and the setting SIGN_IN is off: set it to platform, or run beaconwatch ui';
const NO_SIGN_IN =
  "the setting SIGN_IN is platform, but the platform's sign-in is off (WEBSITE_AUTH_ENABLED is not true): " +
  'switch the sign-in on, or set SIGN_IN to off';

/** The platform's sign-in, which comes back to the same page. A form that was sent is lost: its page says so by itself. */
function signInOf({ path, query }: PageRequest): HttpAnswer {
  const search = new URLSearchParams([...query].map(([name, value]): [string, string] => [name, value])).toString();
  const page = `/${path.replace(/^\/+/, '')}${search === '' ? '' : `?${search}`}`;
  const location = `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(page)}`;
  return { status: 302, headers: { location, ...GUARDED }, body: '' };
}
