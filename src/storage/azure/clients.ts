import { TableClient, TableServiceClient, type TableServiceClientOptions } from '@azure/data-tables';
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { BlobServiceClient, type StoragePipelineOptions } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { noteRequest } from '../request_count.ts';
import { deletionVersions } from './deletion_versions.ts';
import { escapeLineSeparators } from './line_separators.ts';
import type { RequestPolicy } from './request_policy.ts';

/** The connection to a storage account, from the settings `<name>` or `<name>__accountName`, … */
export type StorageConnection =
  | { readonly kind: 'connectionString'; readonly value: string }
  | {
      readonly kind: 'identity';
      readonly accountName?: string;
      /** In place of the default URLs of the account; each only where its service is used. */
      readonly blobServiceUri?: string;
      readonly queueServiceUri?: string;
      readonly tableServiceUri?: string;
      /** Client id of a user-assigned identity. */
      readonly clientId?: string;
    };

/** Exponential, from `delayMs` to `maxDelayMs`. */
export interface RetrySettings {
  readonly retries: number;
  readonly delayMs: number;
  readonly maxDelayMs: number;
}

export interface StorageClients {
  readonly blobs: BlobServiceClient;
  readonly queues: QueueServiceClient;
  readonly tables: TableServiceClient;
  table(name: string): TableClient;
  /** The clients' retries, for code that retries on its own. */
  readonly retry: RetrySettings;
}

export interface StorageClientOptions {
  /** For tests. */
  readonly policy?: RequestPolicy;
  readonly retry?: Partial<RetrySettings>;
}

const RETRY: RetrySettings = { retries: 4, delayMs: 500, maxDelayMs: 20_000 };

/** Clients of one storage account, each created at its first use; creating one sends nothing. */
export function storageClients(connection: StorageConnection, options: StorageClientOptions = {}): StorageClients {
  const retry = { ...RETRY, ...options.retry };
  const policies = options.policy ? [options.policy] : [];
  // Blobs and queues count the first try.
  const storage: StorageOptions = {
    retryOptions: {
      maxTries: retry.retries + 1,
      retryDelayInMs: retry.delayMs,
      maxRetryDelayInMs: retry.maxDelayMs,
    },
  };
  const tables: TableServiceClientOptions = {
    retryOptions: {
      maxRetries: retry.retries,
      retryDelayInMs: retry.delayMs,
      maxRetryDelayInMs: retry.maxDelayMs,
    },
    additionalPolicies: [
      { policy: escapeLineSeparators, position: 'perCall' },
      { policy: deletionVersions, position: 'perCall' },
      { policy: countRequest, position: 'perRetry' },
      ...policies.map((policy) => ({ policy, position: 'perRetry' as const })),
    ],
  };
  const account = accountOf(connection);
  let blobs: BlobServiceClient | undefined;
  let queues: QueueServiceClient | undefined;
  let service: TableServiceClient | undefined;
  return {
    get blobs() {
      blobs ??= withPolicies(account.blobs(storage), policies);
      return blobs;
    },
    get queues() {
      queues ??= withPolicies(account.queues(storage), policies);
      return queues;
    },
    get tables() {
      service ??= account.tables(tables);
      return service;
    },
    table: (name) => account.table(name, tables),
    retry,
  };
}

/** Notes each request to Table Storage, each try, for `countRequests`. */
const countRequest: RequestPolicy = {
  name: 'countRequest',
  sendRequest(request, next) {
    noteRequest();
    return next(request);
  },
};

type StorageOptions = Pick<StoragePipelineOptions, 'retryOptions'>;

interface Account {
  blobs(options: StorageOptions): BlobServiceClient;
  queues(options: StorageOptions): QueueServiceClient;
  tables(options: TableServiceClientOptions): TableServiceClient;
  table(name: string, options: TableServiceClientOptions): TableClient;
}

function accountOf(connection: StorageConnection): Account {
  if (connection.kind === 'connectionString') {
    const { value } = connection;
    const allowInsecureConnection = /(^|;)\s*TableEndpoint\s*=\s*http:/i.test(value);
    return {
      blobs: (options) => BlobServiceClient.fromConnectionString(value, options),
      queues: (options) => QueueServiceClient.fromConnectionString(value, options),
      tables: (options) => TableServiceClient.fromConnectionString(value, { ...options, allowInsecureConnection }),
      table: (name, options) => TableClient.fromConnectionString(value, name, { ...options, allowInsecureConnection }),
    };
  }
  const { accountName, blobServiceUri, queueServiceUri, tableServiceUri } = connection;
  const credential = credentialOf(connection.clientId);
  const urlOf = (service: string, uri: string | undefined): string => {
    if (uri !== undefined) return uri;
    if (accountName !== undefined) return `https://${accountName}.${service}.core.windows.net`;
    throw new RangeError(`the connection names neither an accountName nor a ${service}ServiceUri`);
  };
  return {
    blobs: (options) => new BlobServiceClient(urlOf('blob', blobServiceUri), credential, options),
    queues: (options) => new QueueServiceClient(urlOf('queue', queueServiceUri), credential, options),
    tables: (options) => new TableServiceClient(urlOf('table', tableServiceUri), credential, options),
    table: (name, options) => new TableClient(urlOf('table', tableServiceUri), name, credential, options),
  };
}

/**
 * On Azure only the app's identity: DefaultAzureCredential would first try credentials of a developer. The host of App
 * Service and Functions sets IDENTITY_ENDPOINT.
 */
export function credentialOf(clientId: string | undefined): TokenCredential {
  if (clientId !== undefined) return new ManagedIdentityCredential({ clientId });
  return process.env['IDENTITY_ENDPOINT'] === undefined
    ? new DefaultAzureCredential()
    : new ManagedIdentityCredential();
}

interface CorePipeline {
  addPolicy(policy: RequestPolicy, options: { afterPhase: 'Sign' }): void;
}

/**
 * The clients of blobs and queues have no `additionalPolicies`, and their older policies have another interface. So the
 * policy goes into the pipeline that all clients of one service share: a private field. Throws where it is missing.
 */
function withPolicies<T extends object>(client: T, policies: readonly RequestPolicy[]): T {
  if (policies.length === 0) return client;
  const core = (client as { pipeline?: { _corePipeline?: CorePipeline } }).pipeline?._corePipeline;
  if (!core) throw new Error('this version of the storage SDK keeps its pipeline elsewhere');
  for (const policy of policies) core.addPolicy(policy, { afterPhase: 'Sign' });
  return client;
}
