import { escapeJson } from '../core/text/escape.ts';
import type { Bodied } from './body.ts';
import type { Problem } from './schemas/problem.ts';

/** The parts of a request that the handlers use. */
export interface ApiRequest extends Bodied {
  readonly method: string;
  /** Of the route, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Iterable<readonly [string, string]>;
}

/** The answer of an HTTP function. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of every answer: the body holds text of attackers, and a browser must not guess that it is a page. */
export const GUARDED = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An error of the API, as RFC 9457 has it. */
export function problemAnswer(
  status: keyof typeof TITLES,
  detail: string,
  headers: Record<string, string> = {},
): HttpAnswer {
  const body: Problem = { type: 'about:blank', title: TITLES[status], status, detail };
  return jsonAnswer(status, body, { 'content-type': 'application/problem+json', ...headers });
}

export function jsonAnswer(status: number, json: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...GUARDED, ...headers },
    body: escapeJson(JSON.stringify(json)),
  };
}
