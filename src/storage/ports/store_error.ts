export interface StoreErrorDetails {
  /** HTTP status, where the service answered. */
  readonly status?: number | undefined;
  /** The service's code, or that of the network: `ServerBusy`, `ECONNREFUSED`. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A call to storage that failed, with its subject: `HourlyCounts: merge of partition 3 failed (503 ServerBusy)`.
 * The message holds neither telemetry nor a URL; the SDK's own message, which may, is in `cause`.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** `HourlyCounts: merge of partition 3` */
  readonly subject: string;
  readonly status: number | undefined;
  readonly code: string | undefined;

  constructor(subject: string, { status, code, cause }: StoreErrorDetails = {}) {
    const answer = [status, code].filter((part) => part !== undefined).join(' ');
    super(`${subject} failed${answer ? ` (${answer})` : ''}`, { cause });
    this.subject = subject;
    this.status = status;
    this.code = code;
  }
}
