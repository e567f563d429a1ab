import { randomUUID } from 'node:crypto';
import type { Config } from './config.ts';
import type { Sink } from './notify/sink.ts';
import { openSink } from './notify/sinks/open.ts';
import { health } from './operations/health.ts';
import { KnownBlob } from './reading/stored_known.ts';
import { OwnersBlob } from './reading/stored_owners.ts';
import { credentialOf, type StorageClientOptions, storageClients } from './storage/azure/clients.ts';
import { azureStores } from './storage/azure/index.ts';
import type { Clock } from './storage/ports/clock.ts';
import type { Stores } from './storage/ports/stores.ts';
import { analystUseCases } from './use_cases/analyst.ts';
import { notifyingUseCases } from './use_cases/notifying.ts';
import { readingUseCases } from './use_cases/reading.ts';
import { scoringUseCases } from './use_cases/scoring.ts';

/** The use cases, over the stores that the settings name. */
export type App = ReturnType<typeof createApp>;

export interface AppParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly sinks: readonly Sink[];
}

/** Builds the app from the settings. Nothing is sent before a use case is called. */
export function createApp(config: Config, given: Partial<AppParts> = {}) {
  const stores = given.stores ?? storesOf(config);
  const clock = given.clock ?? Date.now;
  const owners = new OwnersBlob(stores.context);
  const known = new KnownBlob(stores.context);
  const context = {
    links: config.links,
    digestAbove: config.digestAbove,
    credential: credentialOf,
    owners: () => owners.owners(),
  };
  const sinks = given.sinks ?? config.sinks.map((sink) => openSink(sink, context));
  const sinkNames: readonly string[] = sinks.map(({ name }) => name);
  const parts = { config, stores, clock, sinks, owners, known };
  const { groupsPerDevice, sinkFaults } = config;
  return {
    config,
    /** Names of the configured sinks. */
    sinkNames,
    /** Milliseconds since the epoch. */
    now: clock,
    ...readingUseCases(parts, randomUUID),
    ...scoringUseCases(parts),
    ...notifyingUseCases(parts),
    ...analystUseCases(parts),
    health: () =>
      health(stores, config, sinkNames, clock, {
        ...{ sinkFaults, groupsPerDevice },
        owners: () => owners.get(),
        known: () => known.get(),
      }),
  };
}

/** The stores on Azure that the settings name. */
export function storesOf(config: Config, options: StorageClientOptions = {}): Stores {
  const state = storageClients(config.storage, options);
  const exports = config.exportStorage === config.storage ? state : storageClients(config.exportStorage, options);
  return azureStores(state, exports, config.blobTrigger === 'off' ? null : exports);
}
