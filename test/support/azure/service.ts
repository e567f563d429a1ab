import type { RequestPolicy } from '../../../src/storage/azure/request_policy.ts';
import { failedTransaction, type Response, response } from './policies.ts';

type Request = Parameters<RequestPolicy['sendRequest']>[0];
type Next = Parameters<RequestPolicy['sendRequest']>[1];

export interface ServiceOptions {
  /** Every so many requests one is turned away: busy, or out of time before or after it took effect. 0 for none. */
  readonly troubleEvery?: number;
}

const MAX_PROPERTY_BYTES = 64 * 1024;
const MAX_ENTITY_BYTES = 1024 * 1024;
/** The token behind the last page of a query. */
const END = 'end';

/**
 * What stands in front of the emulator, so that it answers as the service would where it does not:
 *
 * - `EntityTooLarge` over 1 MiB and `PropertyValueTooLarge` over 64 KiB, as UTF-16 counts, with the index in the message;
 * - pages without anything in them and with a token, at the start of a query or a listing, and at the end of one, as at
 *   the border of a partition;
 * - 416 for a range that begins where the blob ends;
 * - 503 `ServerBusy` with `Retry-After`, and 500 `OperationTimedOut`, where it may or may not have taken effect.
 *
 * https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes and query-timeout-and-pagination
 */
export class AsTheService implements RequestPolicy {
  readonly name = 'asTheService';
  /** How often it answered in place of the emulator, by what. */
  readonly answers = new Map<string, number>();
  readonly #troubleEvery: number;
  #requests = 0;
  /** First pages, by the token of the empty page before them. */
  readonly #held = new Map<string, Response>();

  constructor({ troubleEvery = 0 }: ServiceOptions = {}) {
    this.#troubleEvery = troubleEvery;
  }

  sendRequest = async (request: Request, next: Next): Promise<Response> => {
    return (await this.#trouble(request, next)) ?? this.#tooLarge(request) ?? (await this.#paged(request, next));
  };

  async #trouble(request: Request, next: Next): Promise<Response | null> {
    if (this.#troubleEvery === 0 || ++this.#requests % this.#troubleEvery !== 0) return null;
    const turn = (this.#requests / this.#troubleEvery) % 3;
    if (turn === 0) return this.#count('ServerBusy', failure(request, 503, 'ServerBusy'));
    if (turn === 1) return this.#count('OperationTimedOut before', failure(request, 500, 'OperationTimedOut'));
    const answer = await next(request);
    (answer.readableStreamBody as { destroy?: () => void } | undefined)?.destroy?.();
    return this.#count('OperationTimedOut after', failure(request, 500, 'OperationTimedOut'));
  }

  #tooLarge(request: Request): Response | null {
    if (request.method !== 'POST' || !request.url.includes('$batch')) return null;
    const entities = String(request.body)
      .split('\r\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const [index, entity] of entities.entries()) {
      const code = faultOf(entity);
      if (code === null) continue;
      return this.#count(code, failedTransaction(request, 400, code, `${index}:It is larger than allowed.`));
    }
    return null;
  }

  async #paged(request: Request, next: Next): Promise<Response> {
    const url = new URL(request.url);
    const isListing = request.method === 'GET' && url.searchParams.get('comp') === 'list';
    const isQuery = request.method === 'GET' && /\/[A-Za-z0-9]+\(\)$/.test(decodeURIComponent(url.pathname));
    if (!isListing && !isQuery) return await this.#atEnd(request, await next(request));
    const token = url.searchParams.get(isListing ? 'marker' : 'NextPartitionKey') ?? '';
    const page = isListing ? emptyListing : emptyQuery;
    if (token === END) return this.#count('empty last page', page(request, ''));
    const held = this.#held.get(token);
    if (held) return { ...held, request };
    const answer = await next(request);
    // Whether there is such a table or container only the emulator knows.
    if (answer.status !== 200) return answer;
    if (isQuery && !answer.headers.has('x-ms-continuation-nextpartitionkey')) {
      answer.headers.set('x-ms-continuation-nextpartitionkey', END);
      answer.headers.set('x-ms-continuation-nextrowkey', END);
    }
    if (token !== '') return answer;
    const begin = `begin${this.#held.size}`;
    this.#held.set(begin, answer);
    return this.#count('empty page', page(request, begin));
  }

  /** The emulator answers 200 and nothing. */
  async #atEnd(request: Request, answer: Response): Promise<Response> {
    const isEmpty = answer.status < 300 && answer.headers.get('content-length') === '0';
    if (request.method !== 'GET' || !request.headers.has('x-ms-range') || !isEmpty) return answer;
    return this.#count('InvalidRange', failure(request, 416, 'InvalidRange'));
  }

  #count(what: string, answer: Response): Response {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
    return answer;
  }
}

function failure(request: Request, status: number, code: string): Response {
  return response(request, status, { 'retry-after': '0', 'x-ms-error-code': code }, '');
}

function faultOf(entity: Record<string, unknown>): string | null {
  let size = 0;
  for (const [name, value] of Object.entries(entity)) {
    const bytes = typeof value === 'string' ? 2 * value.length : 8;
    if (bytes > MAX_PROPERTY_BYTES) return 'PropertyValueTooLarge';
    size += 2 * name.length + bytes;
  }
  return size > MAX_ENTITY_BYTES ? 'EntityTooLarge' : null;
}

function emptyQuery(request: Request, token: string): Response {
  const next = { 'x-ms-continuation-nextpartitionkey': token, 'x-ms-continuation-nextrowkey': token };
  const headers = { 'content-type': 'application/json', ...(token !== '' && next) };
  return response(request, 200, headers, '{"value":[]}');
}

function emptyListing(request: Request, token: string): Response {
  const text = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs/><NextMarker>${token}</NextMarker></EnumerationResults>`;
  return response(request, 200, { 'content-type': 'application/xml' }, text);
}
