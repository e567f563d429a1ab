import hostJson from '../../host.json' with { type: 'json' };

/** The settings of host.json that the listeners use. */
export interface HostSettings {
  readonly queues: {
    /** Messages of one queue that are handled in parallel. */
    readonly batchSize: number;
    /** Deliveries after which a message goes to the poison queue. */
    readonly maxDequeueCount: number;
    /** Time until a failed message is visible again, in ms. */
    readonly visibilityTimeoutMs: number;
  };
  readonly blobs: {
    readonly maxDegreeOfParallelism: number;
    readonly poisonBlobThreshold: number;
  };
}

/** Factor for the pause before a retry: a local run should not wait half a minute. */
const RETRY_SCALE = 1 / 30;

/** host.json for the local host: the same limits, and a thirtieth of the pause before a retry. */
export function hostSettings(): HostSettings {
  const { queues, blobs } = hostJson.extensions;
  if (queues.messageEncoding !== 'base64') throw new Error('the local host supports base64 messages only');
  return {
    queues: {
      batchSize: queues.batchSize,
      maxDequeueCount: queues.maxDequeueCount,
      visibilityTimeoutMs: durationMs(queues.visibilityTimeout) * RETRY_SCALE,
    },
    blobs,
  };
}

/** `durationMs('00:00:30')` is 30000. */
function durationMs(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
