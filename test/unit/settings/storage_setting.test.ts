import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { SettingsError } from '../../../src/settings/settings_error.ts';
import { readStorage, type Service } from '../../../src/settings/storage_setting.ts';
import { type StorageConnection, storageClients } from '../../../src/storage/azure/clients.ts';

const ALL: readonly Service[] = ['blob', 'queue', 'table'];
const NAME = 'AzureWebJobsStorage';

const KEY = Buffer.alloc(64, 'planted').toString('base64');
const WITH_KEY = `DefaultEndpointsProtocol=https;AccountName=acct1;AccountKey=${KEY};EndpointSuffix=core.windows.net`;
const SIGNATURE = 'SharedAccessSignature=sv=2024-11-04&ss=bqt&sig=planted%3D';
const BLOB = 'BlobEndpoint=https://acct1.blob.core.windows.net/';
const QUEUE = 'QueueEndpoint=https://acct1.queue.core.windows.net/';
const TABLE = 'TableEndpoint=https://acct1.table.core.windows.net/';
const EMULATOR = [
  `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${KEY}`,
  'BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1',
  'QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1',
  'TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;',
].join(';');

const read = (env: Record<string, string>, services = ALL, byDefault?: StorageConnection) =>
  readStorage(NAME, services, Object.freeze(env), byDefault);

/** What is wrong with it, said without what is planted, wherever one looks in the error. */
function faultsOf(env: Record<string, string>, services = ALL): readonly string[] {
  try {
    read(env, services);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    const shown = inspect(error, { depth: null, showHidden: true }) + String((error as Error).stack);
    for (const secret of ['planted', KEY, KEY.slice(0, 40), 'acct1']) expect(shown).not.toContain(secret);
    const { faults } = error as SettingsError;
    for (const fault of faults) expect(fault.startsWith(NAME)).toBe(true);
    return faults;
  }
  throw new Error('taken');
}

/** Whether the SDKs open these services of it. */
function isTakenBySdk(setting: StorageConnection, services: readonly Service[]): boolean {
  const clients = storageClients(setting);
  const open: Record<Service, () => unknown> = {
    blob: () => new URL(clients.blobs.getContainerClient('exports').url),
    queue: () => new URL(clients.queues.getQueueClient('ingest').url),
    table: () => new URL(clients.table('Runs').url),
  };
  try {
    for (const service of services) open[service]();
    return true;
  } catch {
    return false;
  }
}

describe('readStorage(name, services, env) of a connection string', () => {
  it.each<[string, string, readonly Service[]]>([
    ['the emulator', 'UseDevelopmentStorage=true', ALL],
    ['an emulator elsewhere', EMULATOR, ALL],
    ['an account with its key', WITH_KEY, ALL],
    ['the same with a semicolon behind', `${WITH_KEY};`, ALL],
    ['the same in another order', WITH_KEY.split(';').reverse().join(';'), ALL],
    ['another cloud', WITH_KEY.replace('core.windows.net', 'core.chinacloudapi.cn'), ALL],
    ['a key and endpoints', `${WITH_KEY};${BLOB};${QUEUE};${TABLE}`, ALL],
    ['a signature', `${BLOB};${QUEUE};${TABLE};${SIGNATURE}`, ALL],
    ['a signature first', `${SIGNATURE};${TABLE};${QUEUE};${BLOB};`, ALL],
    ['a signature for blobs alone, where only blobs are read', `${BLOB};${SIGNATURE}`, ['blob']],
  ])('takes it as it is: %s', (_, value, services) => {
    const setting = read({ [NAME]: value }, services);
    expect(setting).toEqual({ kind: 'connectionString', value });
    expect(isTakenBySdk(setting, services)).toBe(true);
  });

  it.each<[string, string, readonly Service[]]>([
    ['no such thing', 'planted', ALL],
    ['nothing between', ';', ALL],
    ['names without values', 'AccountName;AccountKey', ALL],
    ['a URL', 'https://acct1.blob.core.windows.net/?sig=planted', ALL],
    ['no key', 'DefaultEndpointsProtocol=https;AccountName=acct1;EndpointSuffix=core.windows.net', ALL],
    ['an empty key', WITH_KEY.replace(KEY, ''), ALL],
    ['no name', WITH_KEY.replace('AccountName=acct1;', ''), ALL],
    ['an empty name', WITH_KEY.replace('acct1', ''), ALL],
    ['no protocol', WITH_KEY.replace('DefaultEndpointsProtocol=https;', ''), ALL],
    ['another protocol', WITH_KEY.replace('=https', '=planted'), ALL],
    ['names in lower case', WITH_KEY.replaceAll('Account', 'account'), ALL],
    ['a signature alone', SIGNATURE, ALL],
    ['a signature and a name', `AccountName=acct1;${SIGNATURE}`, ALL],
    ['an empty signature', `${BLOB};${QUEUE};${TABLE};SharedAccessSignature=`, ALL],
    ['endpoints alone', `${BLOB};${QUEUE};${TABLE}`, ALL],
    ['a signature without blobs', `${QUEUE};${TABLE};${SIGNATURE}`, ALL],
    ['a signature without queues', `${BLOB};${TABLE};${SIGNATURE}`, ALL],
    ['a signature without tables', `${BLOB};${QUEUE};${SIGNATURE}`, ALL],
    ['a signature without blobs, where only blobs are read', `${QUEUE};${TABLE};${SIGNATURE}`, ['blob']],
    ['an endpoint that is no URL', `${WITH_KEY};BlobEndpoint=planted`, ALL],
  ])('refuses what the SDKs refuse, without saying it: %s', (_, value, services) => {
    expect(isTakenBySdk({ kind: 'connectionString', value }, services)).toBe(false);
    expect(faultsOf({ [NAME]: value }, services)).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['no endpoint suffix', WITH_KEY.replace(';EndpointSuffix=core.windows.net', '')],
    ['an empty suffix', WITH_KEY.replace('core.windows.net', '')],
    ['a suffix with a blank', WITH_KEY.replace('core', 'co re')],
    ['a blank before the name', WITH_KEY.replace('acct1', ' acct1')],
  ])('refuses what the SDKs refuse (%s)', (_, value) => {
    expect(isTakenBySdk({ kind: 'connectionString', value }, ALL)).toBe(false);
    expect(faultsOf({ [NAME]: value })).toHaveLength(1);
  });

  it('refuses a key that is no base64, which the SDKs would sign with', () => {
    expect(faultsOf({ [NAME]: WITH_KEY.replace(KEY, 'planted planted!') })).toHaveLength(1);
  });
});

describe('readStorage(name, services, env) of an identity', () => {
  const uri = (service: string) => `https://acct1.${service}.core.windows.net`;

  it.each(['abc', 'acct1', '0'.repeat(24)])('takes the name of an account: %s', (accountName) => {
    const setting = read({ [`${NAME}__accountName`]: accountName });
    expect(setting).toEqual({ kind: 'identity', accountName });
    expect(isTakenBySdk(setting, ALL)).toBe(true);
  });

  it.each([
    'ab',
    'x'.repeat(25),
    'Planted',
    'planted-1',
    'planted_1',
    'planted.blob',
    'https://planted',
    ' planted',
    'é12',
    'planted\n',
  ])('refuses what is no name of an account: %j', (accountName) => {
    expect(faultsOf({ [`${NAME}__accountName`]: accountName })).toEqual([
      expect.stringContaining(`${NAME}__accountName must be the name of a storage account`),
    ]);
  });

  it('takes the addresses of all services that are used', () => {
    const uris = { blobServiceUri: uri('blob'), queueServiceUri: uri('queue'), tableServiceUri: uri('table') };
    const env = Object.fromEntries(Object.entries(uris).map(([key, value]) => [`${NAME}__${key}`, value]));
    expect(read(env)).toEqual({ kind: 'identity', ...uris });
    expect(isTakenBySdk(read(env), ALL)).toBe(true);
  });

  it.each(ALL)('wants the address of the %s service, where no account is named', (missing) => {
    const given = ALL.filter((service) => service !== missing);
    const env = Object.fromEntries(given.map((service) => [`${NAME}__${service}ServiceUri`, uri(service)]));
    expect(faultsOf(env)).toEqual([expect.stringContaining(`${NAME}__${missing}ServiceUri must be set`)]);
    expect(read({ ...env, [`${NAME}__accountName`]: 'acct1' })).toMatchObject({
      kind: 'identity',
      accountName: 'acct1',
    });
  });

  it('wants no more than that of the blobs, where only blobs are read', () => {
    const env = { [`${NAME}__blobServiceUri`]: uri('blob') };
    expect(read(env, ['blob'])).toEqual({ kind: 'identity', blobServiceUri: uri('blob') });
    expect(read({ [`${NAME}__serviceUri`]: uri('blob') }, ['blob'])).toEqual({
      kind: 'identity',
      blobServiceUri: uri('blob'),
    });
  });

  it.each([
    'http://planted.blob.core.windows.net',
    'planted',
    'planted.blob.core.windows.net',
    '//planted',
    'ftp://planted',
  ])('wants https: not %s', (value) => {
    const env = { [`${NAME}__blobServiceUri`]: value, [`${NAME}__accountName`]: 'acct1' };
    expect(faultsOf(env)).toEqual([`${NAME}__blobServiceUri must be an https URL`]);
  });

  it('says all faults at once', () => {
    const env = { [`${NAME}__blobServiceUri`]: 'http://planted', [`${NAME}__queueServiceUri`]: uri('queue') };
    expect(faultsOf(env).map((fault) => fault.split(' ')[0])).toEqual([
      `${NAME}__tableServiceUri`,
      `${NAME}__blobServiceUri`,
    ]);
  });

  it('takes the id of a user-assigned identity along', () => {
    const clientId = '11111111-2222-3333-4444-555555555555';
    const env = { [`${NAME}__accountName`]: 'acct1', [`${NAME}__clientId`]: clientId };
    expect(read(env)).toEqual({ kind: 'identity', accountName: 'acct1', clientId });
  });
});

describe('readStorage(name, services, env) of nothing', () => {
  it('is the default, where there is one; other settings and other names do not matter', () => {
    const byDefault: StorageConnection = { kind: 'connectionString', value: 'UseDevelopmentStorage=true' };
    const env = { Other: WITH_KEY, Other__accountName: 'acct1', [`${NAME}__clientId`]: 'id' };
    expect(read(env, ALL, byDefault)).toBe(byDefault);
    expect(read({ [NAME]: WITH_KEY }, ALL, byDefault)).toEqual({ kind: 'connectionString', value: WITH_KEY });
    expect(read({ [`${NAME}__accountName`]: 'acct1' }, ALL, byDefault)).toMatchObject({ kind: 'identity' });
    expect(faultsOf(env)).toEqual([expect.stringContaining('must be a connection string')]);
  });
});

describe('readConfig(env)', () => {
  it('needs blobs, queues and tables of AzureWebJobsStorage, blobs alone of ExportStorage', () => {
    const blobs = `${BLOB};${SIGNATURE}`;
    const config = readConfig({ AzureWebJobsStorage: WITH_KEY, ExportStorage: blobs });
    expect(config.exportStorage).toEqual({ kind: 'connectionString', value: blobs });
    expect(() => readConfig({ AzureWebJobsStorage: blobs })).toThrow(
      /AzureWebJobsStorage.*QueueEndpoint.*TableEndpoint/,
    );
  });

  it('reads the exports from AzureWebJobsStorage where ExportStorage is not set, or blank', () => {
    for (const ExportStorage of [undefined, '', ' ']) {
      const config = readConfig({ AzureWebJobsStorage: WITH_KEY, ExportStorage });
      expect(config.exportStorage).toBe(config.storage);
    }
  });

  it('says the fault of each account once, and neither secret', () => {
    let message = '';
    try {
      readConfig({ AzureWebJobsStorage: 'planted', ExportStorage: WITH_KEY.replace('AccountName', 'Name') });
    } catch (error) {
      message = inspect(error);
      expect((error as SettingsError).faults).toHaveLength(2);
    }
    expect(message).toContain('AzureWebJobsStorage');
    expect(message).toContain('ExportStorage');
    expect(message).not.toContain('planted');
    expect(message).not.toContain(KEY.slice(0, 40));
  });
});
