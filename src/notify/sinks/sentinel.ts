import type { TokenCredential } from '@azure/identity';
import type { LogsIngestionClientOptions } from '@azure/monitor-ingestion';
import { type Notification, SEND_MS, type SinkAnswer } from '../sink.ts';
import type { Links } from './links.ts';
import { answerTo, wordFor } from './send.ts';
import { sentinelRow } from './sentinel_row.ts';
import type { SinkOf } from './settings.ts';

/** One try, and no redirect followed: the next try is the notifier's to decide. */
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
  // Only where there is such a sink: a cold start waits for what is loaded.
  const { LogsIngestionClient } = await import('@azure/monitor-ingestion');
  const client = new LogsIngestionClient(sink.endpoint, credential, { ...ONCE, ...options });
  const rows = detections.map((detection) => sentinelRow(detection, links, now));
  const abortSignal = AbortSignal.timeout(timeoutMs);
  // Not every credential listens to the signal.
  const timeout = new Promise<never>((_, reject) => {
    abortSignal.addEventListener('abort', () => reject(abortSignal.reason), { once: true });
  });
  try {
    await Promise.race([client.upload(sink.ruleId, sink.stream, rows, { abortSignal, maxConcurrency: 1 }), timeout]);
    return { kind: 'sent', answer: '204' };
  } catch (error) {
    return abortSignal.aborted ? { kind: 'passing', answer: 'timeout' } : answerOf(error);
  }
}

/** What a failed upload says, by its status; of one that got no answer, by its code. The message can name the address. */
function answerOf(error: unknown): SinkAnswer {
  const [cause] = errorsOf(error);
  const status = fieldOf(cause, 'statusCode');
  if (typeof status === 'number') return answerTo(status, retryAfterOf(cause));
  const code = fieldOf(cause, 'code');
  return { kind: 'passing', answer: typeof code === 'string' ? code.slice(0, 40) : wordFor(cause) };
}

/** An aggregate holds one error for each call that failed. */
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
