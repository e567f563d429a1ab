import type { TokenCredential } from '@azure/identity';
import type { LogsIngestionClientOptions } from '@azure/monitor-ingestion';
import { type Notification, SEND_MS, type SinkAnswer } from '../sink.ts';
import type { Links } from './links.ts';
import { answerTo, errorCodeOf } from './send.ts';
import { sentinelRow } from './sentinel_row.ts';
import type { SinkOf } from './settings.ts';

/** One try without redirects: the notifier decides about the next try. */
const ONCE: LogsIngestionClientOptions = { retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } };

/** Writes a row for each detection into a custom table, by the Logs Ingestion API. Never throws. */
export async function sendToSentinel(
  { detections }: Notification,
  sink: SinkOf<'sentinel'>,
  links: Links,
  credential: TokenCredential,
  now: Date,
  options: LogsIngestionClientOptions = {},
  timeoutMs = SEND_MS,
): Promise<SinkAnswer> {
  // Loaded only where there is such a sink, since loading delays a cold start.
  const { LogsIngestionClient } = await import('@azure/monitor-ingestion');
  const client = new LogsIngestionClient(sink.endpoint, credential, { ...ONCE, ...options });
  const rows = detections.map((detection) => sentinelRow(detection, links, now));
  const abortSignal = AbortSignal.timeout(timeoutMs);
  // Not every credential observes the signal.
  const timeout = new Promise<never>((_, reject) => {
    abortSignal.addEventListener('abort', () => reject(abortSignal.reason), { once: true });
  });
  try {
    await Promise.race([client.upload(sink.ruleId, sink.stream, rows, { abortSignal, maxConcurrency: 1 }), timeout]);
    return { kind: 'sent', answer: '204' };
  } catch (error) {
    return abortSignal.aborted ? { kind: 'transient', answer: 'timeout' } : answerOf(error);
  }
}

/** The outcome of a failed upload by its status, or without an answer by its code: the message can name the address. */
function answerOf(error: unknown): SinkAnswer {
  const [cause] = errorsOf(error);
  const status = fieldOf(cause, 'statusCode');
  if (typeof status === 'number') return answerTo(status, retryAfterOf(cause));
  const code = fieldOf(cause, 'code');
  return { kind: 'transient', answer: typeof code === 'string' ? code.slice(0, 40) : errorCodeOf(cause) };
}

/** The errors of an upload: an aggregate has one for each failed call. */
function errorsOf(error: unknown): unknown[] {
  const errors = fieldOf(error, 'errors');
  if (!Array.isArray(errors) || errors.length === 0) return [error];
  return errors.map((each) => fieldOf(each, 'cause') ?? each);
}

function retryAfterOf(error: unknown): string | null {
  const headers = fieldOf(fieldOf(error, 'response'), 'headers') as
    | { get?(name: string): string | undefined }
    | undefined;
  return headers?.get?.('retry-after') ?? null;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? value[name as keyof typeof value] : undefined;
}
