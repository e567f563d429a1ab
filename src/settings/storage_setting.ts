import type { StorageConnection } from '../storage/azure/clients.ts';
import type { Env } from './read_settings.ts';
import { SettingsError } from './settings_error.ts';

/** The services of an account. An account with exports alone needs blobs, and queues for the blob trigger. */
export type Service = 'blob' | 'queue' | 'table';

const ACCOUNT_NAME = /^[a-z0-9]{3,24}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Reads the connection `name`: a connection string under the name itself, or an identity-based one under
 * `name__accountName`, or `name__blobServiceUri`, `name__queueServiceUri` and `name__tableServiceUri`, with
 * `name__clientId` for a user-assigned identity. Returns `byDefault` where none of them is set. Throws a SettingsError,
 * which never contains a secret.
 */
export function readStorage(
  name: string,
  services: readonly Service[],
  env: Env,
  byDefault?: StorageConnection,
): StorageConnection {
  const value = env[name];
  if (value !== undefined) return { kind: 'connectionString', value: connectionString(name, services, value) };
  const part = (key: string) => env[`${name}__${key}`];
  const accountName = part('accountName');
  const clientId = part('clientId');
  const uris = services.map(
    (service) => [`${service}ServiceUri`, part(`${service}ServiceUri`) ?? part('serviceUri')] as const,
  );
  const given = uris.filter(([, uri]) => uri !== undefined);
  if (accountName === undefined && given.length === 0) {
    if (byDefault) return byDefault;
    throw new SettingsError([`${name} must be a connection string, or ${name}__accountName the name of an account`]);
  }
  const faults = [
    ...(accountName !== undefined && !ACCOUNT_NAME.test(accountName)
      ? [`${name}__accountName must be the name of a storage account: 3 to 24 lower-case letters and digits`]
      : []),
    ...uris
      .filter(([, uri]) => accountName === undefined && uri === undefined)
      .map(([key]) => `${name}__${key} must be set as well, or ${name}__accountName`),
    ...given.filter(([, uri]) => !isHttps(uri)).map(([key]) => `${name}__${key} must be an https URL`),
  ];
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    kind: 'identity',
    ...Object.fromEntries(given),
    ...(accountName === undefined ? {} : { accountName }),
    ...(clientId === undefined ? {} : { clientId }),
  };
}

/** Checks a connection string: an account with its key, or endpoints with a shared access signature. */
function connectionString(name: string, services: readonly Service[], value: string): string {
  if (value === 'UseDevelopmentStorage=true') return value;
  const parts = new Map<string, string>();
  for (const pair of value.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0) parts.set(pair.slice(0, equals).trim(), pair.slice(equals + 1));
  }
  const fault = parts.has('AccountKey') ? faultOfKey(parts, services) : faultOfSignature(parts, services);
  if (fault !== null) throw new SettingsError([`${name} must be a storage connection string: ${fault}`]);
  for (const service of ['Blob', 'Queue', 'Table']) {
    const endpoint = parts.get(`${service}Endpoint`);
    if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
      throw new SettingsError([`${name} must be a storage connection string: its ${service}Endpoint is not a URL`]);
    }
  }
  return value;
}

function faultOfKey(parts: ReadonlyMap<string, string>, services: readonly Service[]): string | null {
  if (!/^https?$/.test(parts.get('DefaultEndpointsProtocol') ?? '')) return 'DefaultEndpointsProtocol=https is missing';
  if (!/^[a-z0-9]+$/.test(parts.get('AccountName') ?? '')) return 'AccountName is missing or invalid';
  if (!BASE64.test(parts.get('AccountKey') ?? '')) return 'AccountKey is not base64';
  const hasSuffix = /^[A-Za-z0-9.-]+$/.test(parts.get('EndpointSuffix') ?? '');
  return hasSuffix || missingEndpoints(parts, services).length === 0
    ? null
    : 'EndpointSuffix=core.windows.net is missing';
}

function faultOfSignature(parts: ReadonlyMap<string, string>, services: readonly Service[]): string | null {
  if (!parts.get('SharedAccessSignature')) return 'it has neither AccountKey nor SharedAccessSignature';
  const missing = missingEndpoints(parts, services);
  return missing.length === 0 ? null : `${missing.join(' and ')} must be set with SharedAccessSignature`;
}

function missingEndpoints(parts: ReadonlyMap<string, string>, services: readonly Service[]): string[] {
  const keys = services.map((service) => `${service.charAt(0).toUpperCase()}${service.slice(1)}Endpoint`);
  return keys.filter((key) => !parts.get(key));
}

function isHttps(uri: string | undefined): boolean {
  return uri !== undefined && URL.parse(uri)?.protocol === 'https:';
}
