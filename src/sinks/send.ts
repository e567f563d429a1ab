import type { SinkAnswer } from '../ports.ts';
import type { SinkRequest } from './request.ts';

/** What a receiver gets to answer in. */
const TIMEOUT_MS = 15_000;
/** Statuses that say: not now. */
const PASSING = new Set([408, 425, 429]);

/** Sends once. Never throws, and never follows a redirect: that would hand the message to an address nobody set. */
export async function send(request: SinkRequest, timeoutMs = TIMEOUT_MS): Promise<SinkAnswer> {
  const { url, headers, body } = request;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await response.body?.cancel();
    return answerTo(response.status);
  } catch (error) {
    return { kind: 'passing', answer: wordFor(error) };
  }
}

function answerTo(status: number): SinkAnswer {
  const answer = String(status);
  if (status >= 200 && status < 300) return { kind: 'sent', answer };
  if (status === 410) return { kind: 'gone', answer };
  return { kind: PASSING.has(status) || status >= 500 ? 'passing' : 'permanent', answer };
}

/** What failed, by its code: the message of a network error can name the address. */
function wordFor(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  if (error.name === 'TimeoutError') return 'timeout';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error.name;
}
