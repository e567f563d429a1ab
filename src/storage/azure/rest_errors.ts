import { RestError } from '@azure/data-tables';

/** HTTP status of the service's answer; undefined where there was none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

/**
 * The service's error code: `EntityAlreadyExists`. The SDKs keep it in one of three places: transactions and the blob and
 * queue clients on the error, the generated table client in the parsed body.
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

export function isServiceError(error: unknown, status: number, code: string): boolean {
  return statusOf(error) === status && codeOf(error) === code;
}

/**
 * Whether the error concerns one operation of a transaction. The whole answer then has status 202, so that the SDK does not
 * retry: https://github.com/Azure/azure-sdk-for-net/issues/46845.
 */
export function isWithinTransaction(error: unknown): boolean {
  return error instanceof RestError && error.response?.status === 202;
}
