import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestPolicy } from './request_policy.ts';

const scope = new AsyncLocalStorage<readonly string[]>();

/** Sends a transaction of deletions, the first of the row that had the first version, and so on. */
export function underVersions<T>(versions: readonly string[], send: () => Promise<T>): Promise<T> {
  return scope.run(versions, send);
}

/** The SDK deletes under any version in a transaction. Within `underVersions`, each deletion names its own. */
export const deletionVersions: RequestPolicy = {
  name: 'deletionVersions',
  sendRequest(request, next) {
    const versions = scope.getStore();
    if (versions !== undefined && typeof request.body === 'string') {
      request.body = withVersions(request.body, versions);
    }
    return next(request);
  },
};

const ANY_VERSION = /^if-match: \*(?=\r$)/gim;

/** Throws where the deletions are not as many as the versions: then another SDK writes them in another way. */
function withVersions(body: string, versions: readonly string[]): string {
  let deletions = 0;
  const text = body.replaceAll(ANY_VERSION, () => `If-Match: ${versions[deletions++]}`);
  if (deletions !== versions.length) throw new Error('this version of the table SDK writes deletions in another way');
  return text;
}
