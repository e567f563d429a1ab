import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { CONNECTION_NAMES, readConfig, SETTING_NAMES } from '../../../src/config.ts';
import { SETTINGS, SYSTEMS } from './predicted.ts';
import { files, read } from './template.ts';

const LEFT = Object.keys(JSON.parse(read('infra/settings-left-to-default.json')) as object);
/** What the host reads itself. */
const HOST = ['APPLICATIONINSIGHTS_AUTHENTICATION_STRING', 'APPLICATIONINSIGHTS_CONNECTION_STRING'];
/** Also the host's, in instances of 512 MB. */
const WORKER = 'languageWorkers__node__arguments';
const APP_ID = '«userAssignedIdentity id-beaconwatch-355fp4nmo5or4.clientId»';
/** `ExportStorage__clientId` is a part of `ExportStorage`. */
const settingOf = (name: string) => CONNECTION_NAMES.find((each) => name.startsWith(`${each}__`)) ?? name;
const of = (set: string) => SETTINGS[set] ?? {};

describe('the settings of a deployment', () => {
  it('are those of every set that deploys an app', () => {
    expect(Object.keys(SETTINGS)).toEqual(SYSTEMS);
  });

  it.each(SYSTEMS)('%s: are known to the app, or to the host', (set) => {
    const own = Object.keys(of(set)).filter((name) => ![...HOST, WORKER].includes(name));
    expect(own.length).toBeGreaterThan(10);
    const secrets = set === 'operated' ? ['SOAR_SECRET', 'SOAR_URL'] : [];
    expect(own.filter((name) => !SETTING_NAMES.includes(settingOf(name)) && !secrets.includes(name))).toEqual([]);
    expect(HOST.every((name) => name in of(set))).toBe(true);
  });

  it('are all that the app knows, except those that keep their default on purpose', () => {
    const own = Object.keys(of('default')).filter((name) => ![...HOST, WORKER].includes(name));
    expect([...new Set(own.map(settingOf)), ...LEFT].toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it('are these where nothing is set', () => {
    expect(of('default')).toEqual({
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${APP_ID};Authorization=AAD`,
      APPLICATIONINSIGHTS_CONNECTION_STRING: '«component appi-beaconwatch-355fp4nmo5or4.ConnectionString»',
      AzureWebJobsStorage__blobServiceUri: 'https://bwhost355fp4nmo5or4.blob.core.windows.net/',
      // Both, or the host requests a token of an identity that does not exist.
      AzureWebJobsStorage__clientId: APP_ID,
      AzureWebJobsStorage__credential: 'managedidentity',
      AzureWebJobsStorage__queueServiceUri: 'https://bwhost355fp4nmo5or4.queue.core.windows.net/',
      AzureWebJobsStorage__tableServiceUri: 'https://bwhost355fp4nmo5or4.table.core.windows.net/',
      BLOB_TRIGGER: 'EventGrid',
      EXPORT_CONTAINERS: 'insights-logs-advancedhunting-devicenetworkevents',
      ExportStorage__blobServiceUri: '«storageAccount bwexports355fp4nmo5or4.primaryEndpoints.blob»',
      ExportStorage__clientId: APP_ID,
      ExportStorage__credential: 'managedidentity',
      ExportStorage__queueServiceUri: "«storageAccount bwexports355fp4nmo5or4.primaryEndpoints.?queue, else ''»",
      HISTORY_DAYS: '90',
      SIGN_IN: 'off',
      // Only where the parameter is not empty: it is secure, so a snapshot shows both cases as one.
      SINKS: '«parameter sinks»',
      SOURCES: 'defender',
      languageWorkers__node__arguments: '--max-semi-space-size=4 --max-old-space-size=256',
    });
  });

  it('limit the memory of V8 in instances of 512 MB alone', () => {
    expect(of('default')[WORKER]).toBe('--max-semi-space-size=4 --max-old-space-size=256');
    expect(of('zone-redundant')).not.toHaveProperty(WORKER);
  });

  it.each([
    [
      'existing-account',
      { BLOB_TRIGGER: 'off', ExportStorage__blobServiceUri: '«storageAccount defenderexports.primaryEndpoints.blob»' },
    ],
    [
      'existing-account-events',
      { BLOB_TRIGGER: 'EventGrid', SOURCES: 'sysmon, wfp', EXPORT_CONTAINERS: 'am-event,am-securityevent' },
    ],
    ['isolated-closed', { BLOB_TRIGGER: 'off' }],
    [
      'operated',
      {
        BLOB_TRIGGER: 'off',
        HISTORY_DAYS: '30',
        MIN_AVERAGE: '30',
        SOAR_SECRET: '@Microsoft.KeyVault(SecretUri=https://kv-bw-355fp4nmo5or4.vault.azure.net/secrets/SOAR-SECRET)',
        SOAR_URL: '@Microsoft.KeyVault(SecretUri=https://kv-bw-355fp4nmo5or4.vault.azure.net/secrets/SOAR-URL)',
      },
    ],
  ] as const)('%s: differ in what it sets', (set, expected) => {
    expect(of(set)).toMatchObject(expected);
  });

  it.each(SYSTEMS)('%s: start the app, with an identity for both accounts', (set) => {
    const text = (name: string, value: string) => {
      const [, service] = /__(blob|queue|table)ServiceUri$/.exec(name) ?? [];
      if (service !== undefined) return `https://${settingOf(name).toLowerCase()}.${service}.core.windows.net/`;
      return name === 'SINKS' ? '' : value.replaceAll(/[«»]/g, '');
    };
    const env = Object.fromEntries(Object.entries(of(set)).map(([name, value]) => [name, text(name, value)]));
    const config = readConfig(env);
    expect([config.storage.kind, config.exportStorage.kind]).toEqual(['identity', 'identity']);
    expect(createApp(config).config).toBe(config);
    // Without a blob trigger, an account of exports need not have queues.
    const { ExportStorage__queueServiceUri: _, ...without } = env;
    if (env['BLOB_TRIGGER'] === 'off') expect(() => createApp(readConfig(without))).not.toThrow();
    else expect(() => readConfig(without)).toThrow(/ExportStorage__queueServiceUri must be set/);
  });

  it('contain nothing that Flex Consumption rejects or ignores', () => {
    expect(JSON.stringify(SETTINGS)).not.toMatch(
      /FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT|WEBSITE_NODE_DEFAULT_VERSION/,
    );
  });
});

describe('SETTING_NAMES', () => {
  it('has every setting that the code reads from the environment', () => {
    const names = new Set<string>();
    for (const path of [...files('src', '.ts'), ...files('functions', '.ts')]) {
      // The command line reads variables of terminals as well.
      if (path.startsWith('src/cli/')) continue;
      for (const [, name = ''] of read(path).matchAll(/\benv(?:\.|\[['"])([A-Z][A-Z0-9_]+)\b/g)) names.add(name);
    }
    // Set by the platform.
    names.delete('IDENTITY_ENDPOINT');
    expect([...names].filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
    expect(names).toContain('SINKS');
  });

  it('are in the sample of local settings', () => {
    const { Values } = JSON.parse(read('local.settings.sample.json')) as { Values: Record<string, string> };
    for (const name of SETTING_NAMES) {
      expect({ name, sample: name in Values }).toEqual({ name, sample: true });
    }
  });
});
