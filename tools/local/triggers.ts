import type { RpcHttp } from './core_module.ts';
import type { TriggerInput } from './functions_host.ts';

/** What the host hands to a function that a queue triggers: the message as text, decoded. */
export function queueInput(queue: string, text: string, { id, dequeueCount }: { id: string; dequeueCount: number }) {
  return {
    data: { string: text },
    metadata: {
      QueueTrigger: { string: text },
      Id: { string: id },
      DequeueCount: { json: String(dequeueCount) },
      QueueName: { string: queue },
    },
  } satisfies TriggerInput;
}

/** What the host hands to a function that a blob triggers by reference (`sdkBinding`): where it is, not what it holds. */
export function blobInput(connection: string, container: string, name: string): TriggerInput {
  const content = Buffer.from(JSON.stringify({ Connection: connection, ContainerName: container, BlobName: name }));
  return {
    data: {
      modelBindingData: { source: 'AzureStorageBlobs', version: '1.0', contentType: 'application/json', content },
    },
    metadata: { BlobTrigger: { string: `${container}/${name}` } },
  };
}

/** What the host hands to a function that a timer triggers. */
export function timerInput(): TriggerInput {
  const json = JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false });
  return { data: { json } };
}

/** What the host hands to a function that a request triggers. */
export function httpInput(request: RpcHttp): TriggerInput {
  return { data: { http: request } };
}
