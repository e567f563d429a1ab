import { describe, expect, it } from 'vitest';
import { storageClients } from '../../../../src/storage/azure/clients.ts';
import { AzureQueues } from '../../../../src/storage/azure/queues.ts';
import { answering, response } from '../../../support/azure/policies.ts';

const VALUE = 'UseDevelopmentStorage=true';

/** Queues of which the named ones are forbidden; each other one is absent. */
function queuesWithout(forbidden: readonly string[]): AzureQueues {
  const policy = answering((request) => {
    const name = new URL(request.url).pathname.split('/')[2] ?? '';
    const [status, code] = forbidden.includes(name)
      ? ([403, 'AuthorizationPermissionMismatch'] as const)
      : ([404, 'QueueNotFound'] as const);
    return response(request, status, { 'x-ms-error-code': code }, '');
  });
  return new AzureQueues(storageClients({ kind: 'connectionString', value: VALUE }, { policy, retry: { retries: 0 } }));
}

describe('a forbidden queue', () => {
  const TRIGGER = 'webjobs-blobtrigger-poison';

  it("counts as absent where it is the blob trigger's: with a reader's role on the exports there is no trigger", async () => {
    expect(await queuesWithout([TRIGGER]).lengths()).toEqual({});
    expect(await queuesWithout([TRIGGER]).takePoison()).toEqual({});
  });

  it.each(['ingest', 'score', 'notify', 'score-poison'])('is an error where it is ours: %s', async (name) => {
    const message = /^queue [a-z-]+: length failed \(403 AuthorizationPermissionMismatch\)$/;
    await expect(queuesWithout([name]).lengths()).rejects.toThrow(message);
  });

  it('is no empty one: the sweep queues nothing again', async () => {
    await expect(queuesWithout(['ingest']).waiting('ingest')).rejects.toThrow('403');
    await expect(queuesWithout(['ingest-poison']).takePoison()).rejects.toThrow(
      'queue ingest-poison: take failed (403',
    );
  });
});
