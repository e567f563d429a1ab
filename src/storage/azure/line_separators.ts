import type { RequestPolicy } from './request_policy.ts';

/**
 * Escapes U+2028 and U+2029. Bodies of table requests contain them only within JSON strings, where the escape means the
 * same. A server that splits a transaction into lines may read them as line ends, as Azurite does: it answers 500, and
 * the row would be retried for ever.
 */
export const escapeLineSeparators: RequestPolicy = {
  name: 'escapeLineSeparators',
  sendRequest(request, next) {
    if (typeof request.body === 'string') {
      request.body = request.body.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
    }
    return next(request);
  },
};
