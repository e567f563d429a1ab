import { RestError } from '@azure/data-tables';

/** HTTP status of what the service answered; undefined where it was no answer, or none came. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

/**
 * The service's word for what went wrong: `EntityAlreadyExists`. The SDKs leave it in one of three places: transactions
 * and the blob and queue clients on the error, the generated table client in the body that it has parsed.
 */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof RestError)) return undefined;
  const details = error.details as { odataError?: { code?: string }; errorCode?: string } | undefined;
  return (
    error.code ??
    details?.odataError?.code ??
    details?.errorCode ??
    error.response?.headers.get('x-ms-error-code') ??
    undefined
  );
}

export function isAnswer(error: unknown, status: number, code: string): boolean {
  return statusOf(error) === status && codeOf(error) === code;
}

/**
 * Whether the service answered for one operation of a transaction. The answer to the whole is 202 then, so that the
 * SDK's own retries pass by: https://github.com/Azure/azure-sdk-for-net/issues/46845.
 */
export function isWithinTransaction(error: unknown): boolean {
  return error instanceof RestError && error.response?.status === 202;
}
