import hostJson from '../../host.json' with { type: 'json' };

/** What the listeners need of host.json. */
export interface HostSettings {
  readonly queues: {
    /** Messages of one queue that are handled at once. */
    readonly batchSize: number;
    /** Deliveries after which a message goes to the poison queue. */
    readonly maxDequeueCount: number;
    /** How long a message that failed is out of sight (ms). */
    readonly visibilityTimeoutMs: number;
  };
  readonly blobs: {
    readonly maxDegreeOfParallelism: number;
    readonly poisonBlobThreshold: number;
  };
}

/** On this machine nobody waits half a minute for the second try. */
const RETRY_SCALE = 1 / 30;

/** host.json as the local host takes it: its limits as they stand, its waiting time scaled down to a thirtieth. */
export function hostSettings(): HostSettings {
  const { queues, blobs } = hostJson.extensions;
  if (queues.messageEncoding !== 'base64') throw new Error('the local host knows messages in base64 only');
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
