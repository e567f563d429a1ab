import { app as functions, type HttpMethod, type HttpRequest } from '@azure/functions';
import type { HttpAnswer } from '../src/http/answers.ts';
import { type Audience, guarded } from '../src/http/guard.ts';
import type { PageRequest } from '../src/http/page_answers.ts';
import type { Caller } from '../src/http/sign_in.ts';
import { app } from './beaconwatch.ts';
import { answering } from './log.ts';

interface HttpFunction {
  readonly methods: HttpMethod[];
  readonly route: string;
  /** Programs also need a function key. People have none: their functions are there only behind the platform's sign-in. */
  readonly audience: Audience;
  readonly handler: (request: PageRequest, caller: Caller) => Promise<HttpAnswer>;
}

/** Registers an HTTP function. There is no other way to one, so that each is behind the same check. */
export function registerHttp(name: string, { methods, route, audience, handler }: HttpFunction): void {
  const { signIn } = app.config;
  if (audience === 'people' && signIn !== 'on') return;
  const answer = guarded(signIn, audience, handler);
  functions.http(name, {
    methods,
    route,
    authLevel: audience === 'people' ? 'anonymous' : 'function',
    handler: answering((request) => answer(pageRequestOf(request))),
  });
}

function pageRequestOf(request: HttpRequest): PageRequest {
  const { method, params, query, headers, body, url } = request;
  const path = new URL(url).pathname;
  // An optional part of a route that is absent can be empty text.
  const named = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''));
  return { method, params: named, query, headers, body, path };
}
