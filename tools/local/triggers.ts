import type { RpcHttp } from './core_module.ts';
import type { TriggerInput } from './functions_host.ts';

/** The host's input for a queue trigger: the decoded message as text. */
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

/** The host's input for a blob trigger by reference (`sdkBinding`): the place of the blob, without its content. */
export function blobInput(connection: string, container: string, name: string): TriggerInput {
  const content = Buffer.from(JSON.stringify({ Connection: connection, ContainerName: container, BlobName: name }));
  return {
    data: {
      modelBindingData: { source: 'AzureStorageBlobs', version: '1.0', contentType: 'application/json', content },
    },
    metadata: { BlobTrigger: { string: `${container}/${name}` } },
  };
}

/** The host's input for a timer trigger. */
export function timerInput(): TriggerInput {
  const json = JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false });
  return { data: { json } };
}

/** The host's input for an HTTP trigger. */
export function httpInput(request: RpcHttp): TriggerInput {
  return { data: { http: request } };
}
