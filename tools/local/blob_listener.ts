import { type ContainerClient, RestError } from '@azure/storage-blob';
import type { HostSettings } from './host_settings.ts';

export interface BlobListenerParts {
  readonly container: ContainerClient;
  readonly settings: HostSettings['blobs'];
  /** Runs the function for the blob of this name. If it throws, it runs again. */
  readonly handle: (name: string) => Promise<unknown>;
}

/** A blob whose function failed as often as the poison threshold allows, with the last error. */
export interface PoisonedBlob {
  readonly name: string;
  readonly reason: string;
}

interface Seen {
  readonly etag: string;
  readonly failures: number;
}

const SCAN_EVERY_MS = 1000;

/**
 * The host's blob trigger without events: lists the container every second, and runs the function for every blob whose
 * ETag has changed. An append changes the ETag.
 */
export class BlobListener {
  readonly #parts: BlobListenerParts;
  readonly #seen = new Map<string, Seen>();
  readonly #poisoned: PoisonedBlob[] = [];
  #quietSince: number | null = null;

  constructor(parts: BlobListenerParts) {
    this.#parts = parts;
  }

  get poisoned(): readonly PoisonedBlob[] {
    return this.#poisoned;
  }

  /** Start of the newest pass (performance.now()) if it found no change; null if it found one. */
  get quietSince(): number | null {
    return this.#quietSince;
  }

  /** One pass over the container. Returns the pause before the next, in ms. */
  async step(): Promise<number> {
    const started = performance.now();
    const changed = await this.#changed();
    const waiting = changed.values();
    const worker = async (): Promise<void> => {
      for (const [name, seen] of waiting) await this.#run(name, seen);
    };
    await Promise.all(Array.from({ length: this.#parts.settings.maxDegreeOfParallelism }, worker));
    this.#quietSince = changed.length === 0 ? started : null;
    return SCAN_EVERY_MS;
  }

  async #changed(): Promise<[string, Seen][]> {
    const changed: [string, Seen][] = [];
    try {
      for await (const { name, properties } of this.#parts.container.listBlobsFlat()) {
        const seen = this.#seen.get(name);
        const { etag = '' } = properties;
        if (seen?.etag !== etag) changed.push([name, { etag, failures: 0 }]);
        else if (seen.failures > 0 && seen.failures < this.#parts.settings.poisonBlobThreshold) {
          changed.push([name, seen]);
        }
      }
    } catch (error) {
      // A container that does not exist yet holds nothing.
      if (!(error instanceof RestError) || error.statusCode !== 404) throw error;
    }
    return changed;
  }

  async #run(name: string, { etag, failures }: Seen): Promise<void> {
    try {
      await this.#parts.handle(name);
      this.#seen.set(name, { etag, failures: 0 });
    } catch (error) {
      this.#seen.set(name, { etag, failures: failures + 1 });
      if (failures + 1 < this.#parts.settings.poisonBlobThreshold) return;
      this.#poisoned.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
}
