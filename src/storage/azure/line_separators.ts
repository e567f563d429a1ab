import type { RequestPolicy } from './clients.ts';

/**
 * Writes U+2028 and U+2029 as escapes. The bodies of table requests hold them only within JSON strings, where that is
 * the same; but a reader that looks at a transaction line by line may take them for line ends, as Azurite does: it
 * answers 500, and a row that can never be written would be sent for ever.
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
