import { codeOf, statusOf } from './rest_errors.ts';

/**
 * A call to storage that failed, with what it was about: `HourlyCounts: merge of partition 3 failed (503 ServerBusy)`.
 * The message holds neither telemetry nor a URL; the SDK's own words, which may, are in `cause`.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The service's code, or that of the network: `ServerBusy`, `ECONNREFUSED`. */
  readonly code: string | undefined;

  constructor(subject: string, cause: unknown) {
    const status = statusOf(cause);
    const code = codeOf(cause) ?? networkCodeOf(cause);
    const answer = [status, code].filter((part) => part !== undefined).join(' ');
    super(`${subject} failed${answer ? ` (${answer})` : ''}`, { cause });
    this.status = status;
    this.code = code;
  }
}

/** `ECONNRESET`, of a connection that broke while its answer was read. */
function networkCodeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Runs calls of the SDK: what they throw becomes a StoreError on the subject. */
export async function about<T>(subject: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError(subject, error);
  }
}
