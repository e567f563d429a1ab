import { RestError } from '@azure/data-tables';
import { codeOf, statusOf } from './rest_errors.ts';

/**
 * Codes, with status 400, for a row that the table service never accepts. Any other 400 concerns the request, not the row: https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
 */
const REFUSED = new Set([
  'EntityTooLarge',
  'InvalidInput',
  'InvalidValueType',
  'KeyValueTooLarge',
  'OutOfRangeInput',
  'PropertiesNeedValue',
  'PropertyNameInvalid',
  'PropertyNameTooLong',
  'PropertyValueTooLarge',
  'TooManyProperties',
]);

export function isRefusal(error: unknown): boolean {
  return statusOf(error) === 400 && REFUSED.has(codeOf(error) ?? '');
}

/** The transaction, with all its rows, is over 4 MiB. */
export function isTooLarge(error: unknown): boolean {
  return statusOf(error) === 413;
}

/** The operation that made a transaction fail: its message begins with the index, `12:The property value …`. */
export function blamedRow(error: unknown): number | null {
  const index = error instanceof RestError ? /^(\d{1,3}):/.exec(error.message)?.[1] : undefined;
  return index === undefined ? null : Number(index);
}
