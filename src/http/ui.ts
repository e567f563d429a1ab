import { randomBytes } from 'node:crypto';
import type { HttpAnswer } from './answers.ts';
import type { PageRequest, PagesApp } from './page_answers.ts';
import { pagesResponse } from './pages.ts';
import type { Caller } from './sign_in.ts';

/**
 * The pages for a person whom the sign-in names. The token of the forms also stands in a cookie that only this host can
 * set (`__Host-`), so that no instance has to remember it.
 */
export async function uiResponse(app: PagesApp, request: PageRequest, { name, mayWrite }: Caller): Promise<HttpAnswer> {
  const known = FORM_TOKEN.exec(request.headers.get('cookie') ?? '')?.[1];
  const token = known ?? randomBytes(16).toString('hex');
  const answer = await pagesResponse(app, request, { name: name ?? 'nobody', formToken: mayWrite ? token : null });
  if (!mayWrite || known !== undefined) return answer;
  const cookie = `${COOKIE}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax`;
  return { ...answer, headers: { ...answer.headers, 'set-cookie': cookie } };
}

const COOKIE = '__Host-beaconwatch-form';
const FORM_TOKEN = /(?:^|;\s*)__Host-beaconwatch-form=([0-9a-f]{32})(?:;|$)/;
