import type { RequestPolicy } from '../../../src/storage/azure/request_policy.ts';

type Request = Parameters<RequestPolicy['sendRequest']>[0];
export type Response = Awaited<ReturnType<RequestPolicy['sendRequest']>>;

/** Requests as they leave, `POST $batch`, the newest last; `take` gives those since it was last called. */
export class RequestLog {
  #seen: string[] = [];

  readonly policy: RequestPolicy = {
    name: 'RequestLog',
    sendRequest: (request, next) => {
      this.#seen.push(describe(request));
      return next(request);
    },
  };

  take(): string[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }
}

function describe({ method, url }: Request): string {
  const { pathname, searchParams } = new URL(url);
  const path = pathname
    .split('/')
    .slice(2)
    .join('/')
    .replace(/\(.*\)/, '()');
  const marks = ['restype', 'comp'].filter((name) => searchParams.has(name)).map((name) => searchParams.get(name));
  return [method, path, ...marks].join(' ');
}

/** Answers in place of the service where `answer` gives something. */
export function answering(answer: (request: Request) => Promise<Response | null> | Response | null): RequestPolicy {
  return {
    name: 'answering',
    sendRequest: async (request, next) => (await answer(request)) ?? next(request),
  };
}

/** What the table service answers to a transaction one of whose operations fails: 202 around, the failure within. */
export function failedTransaction(request: Request, status: number, code: string, message: string): Response {
  const body = JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: message } } });
  const lines = [
    '--batchresponse_1',
    'Content-Type: multipart/mixed; boundary=changesetresponse_1',
    '',
    '--changesetresponse_1',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    `HTTP/1.1 ${status} ${code}`,
    'Content-Type: application/json;odata=minimalmetadata;charset=utf-8',
    '',
    body,
    '--changesetresponse_1--',
    '--batchresponse_1--',
  ];
  return response(request, 202, { 'content-type': 'multipart/mixed; boundary=batchresponse_1' }, lines.join('\r\n'));
}

export function response(
  request: Request,
  status: number,
  headers: Readonly<Record<string, string>>,
  bodyAsText: string,
): Response {
  const answer = request.headers.constructor as new (raw: Readonly<Record<string, string>>) => Request['headers'];
  return { request, status, headers: new answer(headers), bodyAsText };
}
