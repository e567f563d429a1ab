import { SEND_MS, type SinkAnswer } from '../sink.ts';
import type { SinkRequest } from './request.ts';
import { retryAfterMs } from './retry_after.ts';

/** Client errors that are transient. */
const TRANSIENT = new Set([408, 425, 429]);

/**
 * Sends once. Never throws, and never follows a redirect, since that would send the message to an address that no setting
 * names. The answer is the status. Of a body only the beginning is read, and only if the receiver did not accept.
 */
export async function send(request: SinkRequest, timeoutMs = SEND_MS): Promise<SinkAnswer> {
  const { url, headers, body } = request;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const answer = answerTo(response.status, response.headers.get('retry-after'));
    if (answer.kind === 'sent') {
      await response.body?.cancel().catch(() => {});
      return answer;
    }
    const detail = withoutSecrets(await beginningOf(response), request);
    return detail === '' ? answer : { ...answer, detail };
  } catch (error) {
    return { kind: 'transient', answer: errorCodeOf(error) };
  }
}

const MAX_DETAIL_BYTES = 1024;
const DETAIL_MS = 500;

/** The first chunk of a body, at most so many bytes; '' where none comes soon. The body is over then. */
async function beginningOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  if (reader === undefined) return '';
  const late = setTimeout(() => void reader.cancel().catch(() => {}), DETAIL_MS);
  const chunk = await reader.read().catch(() => undefined);
  clearTimeout(late);
  await reader.cancel().catch(() => {});
  return new TextDecoder().decode(chunk?.value?.subarray(0, MAX_DETAIL_BYTES)).trim();
}

/** The text without what we sent to find and convince the receiver, which it may repeat: parts of the URL and the headers. */
function withoutSecrets(text: string, { url, headers }: SinkRequest): string {
  const { host, hostname, port, pathname, search, searchParams } = new URL(url);
  const parts = [url, host, hostname, port, ...pathname.split('/'), ...search.split(/[?&=]/), ...searchParams.values()];
  const sent = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() !== 'content-type')
    .flatMap(([, value]) => [value, ...value.split(/[ ,]/)]);
  return [...parts, ...sent]
    .filter((part) => part.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length)
    .reduce((left, part) => left.replaceAll(part, '…'), text);
}

/** Shorter parts are words and numbers that name nothing: `v1`, `api`. */
const MIN_SECRET_LENGTH = 4;

/** The outcome by HTTP status; `retryAfter` is the header of that name, null where there is none. */
export function answerTo(status: number, retryAfter: string | null): SinkAnswer {
  const answer = String(status);
  if (status >= 200 && status < 300) return { kind: 'sent', answer };
  if (status === 410) return { kind: 'gone', answer };
  if (!TRANSIENT.has(status) && status < 500) return { kind: 'permanent', answer };
  const askedMs = retryAfterMs(retryAfter, Date.now());
  return { kind: 'transient', answer, ...(askedMs > 0 && { retryAfterMs: askedMs }) };
}

/** The code of an error: the message of a network error can name the address. */
export function errorCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  if (error.name === 'TimeoutError') return 'timeout';
  const { cause } = error;
  // For ports that the Fetch standard forbids, such as 9 and 25, the error has no code.
  if (cause instanceof Error && cause.message === 'bad port') return 'forbidden port';
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  // The HTTP parser's errors have no code; of some statuses it has none but that of an assertion.
  if (cause instanceof Error && (cause.name === 'HTTPParserError' || code === 'ERR_ASSERTION'))
    return 'invalid HTTP answer';
  return typeof code === 'string' ? code : error.name;
}
