import { type Env, SettingsError } from './settings.ts';

/** How a storage account is reached, as the Functions host reads the same settings. */
export type StorageSetting =
  | { readonly kind: 'connectionString'; readonly value: string }
  | {
      readonly kind: 'identity';
      readonly accountName?: string;
      readonly blobServiceUri?: string;
      readonly queueServiceUri?: string;
      readonly tableServiceUri?: string;
      readonly clientId?: string;
    };

const URIS = ['blobServiceUri', 'queueServiceUri', 'tableServiceUri'] as const;

/**
 * Reads the connection `name`: a connection string under the name itself, or an identity-based one under
 * `name__accountName`, or `name__blobServiceUri` and its sisters, with `name__clientId` for a user-assigned identity.
 * `byDefault` is taken where nothing of it is set. Throws a SettingsError.
 */
export function readStorage(name: string, env: Env, byDefault?: StorageSetting): StorageSetting {
  const value = env[name];
  if (value !== undefined) return { kind: 'connectionString', value: connectionString(name, value) };
  const part = (key: string) => env[`${name}__${key}`];
  const accountName = part('accountName');
  const uris = Object.fromEntries(URIS.map((key) => [key, part(key) ?? part('serviceUri')]).filter(([, uri]) => uri));
  const clientId = part('clientId');
  if (accountName === undefined && Object.keys(uris).length === 0) {
    if (byDefault) return byDefault;
    throw new SettingsError([`${name} must be a connection string, or ${name}__accountName the name of an account`]);
  }
  const faults = Object.entries(uris)
    .filter(([, uri]) => URL.parse(uri as string)?.protocol !== 'https:')
    .map(([key]) => `${name}__${key} must be an https URL`);
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    kind: 'identity',
    ...uris,
    ...(accountName === undefined ? {} : { accountName }),
    ...(clientId === undefined ? {} : { clientId }),
  };
}

/** The text is a secret: what is wrong with it is said without it. */
function connectionString(name: string, value: string): string {
  if (value === 'UseDevelopmentStorage=true') return value;
  const keys = new Set(value.split(';').map((pair) => pair.split('=', 1)[0]?.trim()));
  const isWhole = keys.has('AccountName')
    ? keys.has('AccountKey') || keys.has('SharedAccessSignature')
    : keys.has('SharedAccessSignature');
  if (!isWhole) throw new SettingsError([`${name} must be a storage connection string (AccountName=…;AccountKey=…)`]);
  return value;
}
