import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Node } from 'web-tree-sitter';
import { createApp } from '../../../src/app.ts';
import { CONNECTION_NAMES, readConfig, SETTING_NAMES } from '../../../src/config.ts';
import { REPO } from '../../support/bundle/child.ts';
import { declarationOf, files, MAIN, nodesOf, propertiesOf, TEMPLATES, type Template } from './template.ts';

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const LEFT = Object.keys(JSON.parse(read('infra/settings-left-to-default.json')) as object);
/** Names in every object of a variable, also of a condition's branches. */
const namesIn = (template: Template, symbol: string) =>
  [...nodesOf(declarationOf(template, symbol) as Node)].filter(({ type }) => type === 'object').flatMap(propertiesOf);
const SET = [...namesIn(MAIN, 'ownSettings'), ...namesIn(MAIN, 'sinkSettings')];

/** `ExportStorage__clientId` is a part of `ExportStorage`. */
const settingOf = (name: string) => CONNECTION_NAMES.find((each) => name.startsWith(`${each}__`)) ?? name;

describe('the settings of infra/main.bicep', () => {
  it('are known to config.ts', () => {
    expect(SET.length).toBeGreaterThan(10);
    expect(SET.filter((name) => !SETTING_NAMES.includes(settingOf(name)))).toEqual([]);
  });

  it('are all that config.ts knows, but for those that are left to their defaults on purpose', () => {
    const covered = [...new Set(SET.map(settingOf)), ...LEFT];
    expect(covered.toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it('start the app: identities for both accounts, the exports apart', () => {
    const values: Record<string, string> = {
      BLOB_TRIGGER: 'EventGrid',
      SOURCES: 'defender',
      EXPORT_CONTAINERS: 'insights-logs-advancedhunting-devicenetworkevents',
      HISTORY_DAYS: '90',
      SINKS: '',
    };
    const made = (name: string) => {
      const [, service] = /__(blob|queue|table)ServiceUri$/.exec(name) ?? [];
      return service === undefined ? 'x' : `https://${settingOf(name).toLowerCase()}.${service}.core.windows.net/`;
    };
    const env: Record<string, string> = Object.fromEntries(SET.map((name) => [name, values[name] ?? made(name)]));
    const config = readConfig(env);
    expect(config.storage).toEqual({
      kind: 'identity',
      clientId: 'x',
      blobServiceUri: 'https://azurewebjobsstorage.blob.core.windows.net/',
      queueServiceUri: 'https://azurewebjobsstorage.queue.core.windows.net/',
      tableServiceUri: 'https://azurewebjobsstorage.table.core.windows.net/',
    });
    expect(config.exportStorage).toEqual({
      kind: 'identity',
      clientId: 'x',
      blobServiceUri: 'https://exportstorage.blob.core.windows.net/',
      queueServiceUri: 'https://exportstorage.queue.core.windows.net/',
    });
    expect(createApp(config).config).toBe(config);
    // With an account of somebody else's, which need not have queues, the trigger is off.
    const { ExportStorage__queueServiceUri: _, ...blobs } = env;
    for (const settings of [
      { ...env, BLOB_TRIGGER: 'off' },
      { ...blobs, BLOB_TRIGGER: 'off' },
    ]) {
      expect(() => createApp(readConfig(settings))).not.toThrow();
    }
    expect(() => readConfig(blobs)).toThrow(/ExportStorage__queueServiceUri must be set/);
  });

  it('go to the app under the names that the host reads', () => {
    const app = TEMPLATES.find(({ path }) => path.endsWith('/function-app.bicep')) as Template;
    expect(namesIn(app, 'hostSettings')).toEqual([
      'APPLICATIONINSIGHTS_CONNECTION_STRING',
      'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
    ]);
    // Flex Consumption refuses or ignores these.
    expect(TEMPLATES.map(({ text }) => text).join('\n')).not.toMatch(
      /FUNCTIONS_WORKER_RUNTIME|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT|WEBSITE_NODE_DEFAULT_VERSION/,
    );
  });
});

describe('SETTING_NAMES', () => {
  it('has every setting that the code reads from the environment', () => {
    const names = new Set<string>();
    for (const path of [...files('src', '.ts'), ...files('functions', '.ts')]) {
      // The command line reads variables of terminals as well.
      if (path.startsWith('src/cli/') || path.startsWith('tools/')) continue;
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
