import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { containersOf } from '../../../src/config.ts';
import { SOURCES } from '../../../src/core/records/report.ts';
import {
  CONTEXT_CONTAINER,
  COUNT_FILES_CONTAINER,
  DEAD_LETTERS_CONTAINER,
  QUEUES,
  TABLES,
} from '../../../src/storage/azure/names.ts';
import { REPO } from '../../support/bundle/child.ts';
import { deploymentOf, resourceOf, resourcesOf, SYSTEMS, valueAt } from './predicted.ts';
import { files, MAIN, read } from './template.ts';

/** The names under which functions/ registers its functions. */
const FUNCTIONS = readdirSync(join(REPO, 'functions'))
  .flatMap((name) => [...read(`functions/${name}`).matchAll(/functions\.\w+\('(\w+)'/g)])
  .map(([, name = '']) => name);

const CONTAINERS = [DEAD_LETTERS_CONTAINER, COUNT_FILES_CONTAINER, CONTEXT_CONTAINER];

describe('names in infra/', () => {
  it('of containers that the deployment creates are the code’s', () => {
    const containers = resourcesOf('default', 'Microsoft.Storage/storageAccounts/blobServices/containers');
    expect(containers.map(({ name }) => name.split('/').at(-1))).toEqual(['app-package', ...CONTAINERS]);
    const policy = resourceOf('default', 'Microsoft.Storage/storageAccounts/managementPolicies', 'bwhost');
    // A rule for count files would remove the only copy of a day while the exporter is silent.
    const rules = valueAt(policy, 'properties.policy.rules') as {
      definition: { filters: { prefixMatch: string[] } };
    }[];
    expect(rules.map(({ definition }) => definition.filters.prefixMatch)).toEqual([[`${DEAD_LETTERS_CONTAINER}/`]]);
  });

  it('of the containers of each source are the code’s', () => {
    const [, map = ''] = /var sourceContainers = \{\n([^}]*)\}/.exec(MAIN.text) ?? [];
    const pairs = [...map.matchAll(/^ {2}'?([\w-]+)'?: '(.*)'$/gm)].map(([, source, container]) => [source, container]);
    expect(pairs).toEqual(SOURCES.map((source) => [source, ...containersOf([source])]));
    expect(deploymentOf('existing-account-events').outputs['EXPORT_CONTAINERS']).toBe(
      containersOf(['sysmon', 'wfp']).join(','),
    );
  });

  it.each(SYSTEMS)('of tables and queues are created by the code alone, on first use: %s', (set) => {
    const made = deploymentOf(set).predictedResources.filter(({ type }) => /tableServices|queueServices/.test(type));
    expect(made).toEqual([]);
  });

  it('of functions are those that are registered', () => {
    expect(FUNCTIONS).toContain('sweepExports');
    for (const path of [...files('infra', '.kql'), 'infra/workbook.json']) {
      for (const [text] of read(path).matchAll(/line\.function (?:==|in) (?:'\w+'|\([^)]*\))/g)) {
        for (const [, name] of text.matchAll(/'(\w+)'/g)) {
          expect({ path, names: FUNCTIONS }).toMatchObject({ path, names: expect.arrayContaining([name]) });
        }
      }
    }
    for (const path of ['infra/scripts/event-subscription.sh', 'infra/scripts/event-subscription.ps1']) {
      expect(FUNCTIONS).toContain(/functionName=Host\.Functions\.(\w+)/.exec(read(path))?.[1]);
    }
    const ready = valueAt(
      resourceOf('zone-redundant', 'Microsoft.Web/sites'),
      'properties.functionAppConfig.scaleAndConcurrency.alwaysReady',
    ) as { name: string }[];
    for (const { name } of ready)
      expect(['http', 'blob', ...FUNCTIONS.map((each) => `function:${each}`)]).toContain(name);
  });

  it('of tables, queues and containers are all in docs/deploy.md', () => {
    const page = read('docs/deploy.md');
    for (const name of [...Object.values(TABLES), ...Object.values(QUEUES), ...CONTAINERS]) {
      expect(page).toContain(`\`${name}\``);
    }
  });

  it('that scripts take from the azd environment are outputs of main.bicep, or variables of main.bicepparam', () => {
    const asked = [...read('infra/main.bicepparam').matchAll(/readEnvironmentVariable\('(\w+)'/g)].map(
      ([, name]) => name,
    );
    const known = [...Object.keys(deploymentOf('default').outputs), ...asked];
    // For the tests, and of bash and az themselves.
    const other = ['WAIT_SECONDS', 'BASH_SOURCE', 'LASTEXITCODE'];
    for (const path of files('infra/scripts', '')) {
      for (const [, name = ''] of read(path).matchAll(/\$(?:env:|\{)?([A-Z][A-Z_]+)\b/g)) {
        if (other.includes(name)) continue;
        expect({ path, name, known: known.includes(name) }).toEqual({ path, name, known: true });
      }
    }
  });

  it('of outputs are those of the compiled template, with the standard ones of azd', () => {
    const outputs = Object.keys(deploymentOf('default').outputs);
    expect(outputs.toSorted()).toEqual(MAIN.outputs.map(({ name }) => name).toSorted());
    expect(deploymentOf('default').outputs).toMatchObject({
      AZURE_LOCATION: 'westeurope',
      AZURE_TENANT_ID: '00000000-0000-0000-0000-000000000002',
      RESOURCE_GROUP: 'rg-beaconwatch',
      EXISTING_RESOURCES: 'none',
      FUNCTION_APP_NAME: 'func-beaconwatch-355fp4nmo5or4',
      FUNCTION_APP_HOST: '«site func-beaconwatch-355fp4nmo5or4.defaultHostName»',
      HOST_STORAGE_ACCOUNT: 'bwhost355fp4nmo5or4',
      EXPORT_STORAGE_ACCOUNT: 'bwexports355fp4nmo5or4',
      KEY_VAULT_NAME: 'kv-bw-355fp4nmo5or4',
      SYSTEM_TOPIC_NAME: 'evgt-beaconwatch-355fp4nmo5or4',
      SENTINEL_ENDPOINT: '',
      SENTINEL_RULE_ID: '',
    });
  });

  it.each([
    ['existing-account', 1],
    ['isolated-existing-account', 1],
    ['sentinel', 1],
    ['default', 0],
  ])('of resources that were there before are an output: %s has %i', (set, count) => {
    const existing = String(deploymentOf(set).outputs['EXISTING_RESOURCES']);
    expect(existing === 'none' ? [] : existing.split(' ')).toHaveLength(count);
    for (const id of existing.split(' ')) expect(id).toMatch(/^(none|\/subscriptions\/.*)$/);
  });

  it('that azure.yaml refers to exist', () => {
    const azd = parseYaml(read('azure.yaml')) as {
      infra: { path: string; module: string };
      services: Record<string, { project: string; host: string; language: string }>;
      hooks: Record<string, Record<string, { run: string }>>;
    };
    expect(`${azd.infra.path}/${azd.infra.module}.bicep`).toBe(MAIN.path);
    const [[service, { project, host }] = ['', { project: '', host: '' }]] = Object.entries(azd.services);
    expect(valueAt(resourceOf('default', 'Microsoft.Web/sites'), 'tags.azd-service-name')).toBe(service);
    expect({ project, host }).toEqual({ project: 'dist/package', host: 'function' });
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const { run } of Object.values(azd.hooks).flatMap((hook) => Object.values(hook))) {
      for (const [, script = ''] of run.matchAll(/npm run (\S+)/g)) expect(scripts).toHaveProperty(script);
      for (const [, path = ''] of run.matchAll(/(?:bash |\.\/)(infra\/\S+)/g)) expect(read(path)).toMatch(/^#!/);
    }
  });
});

describe('the version of Node', () => {
  it('is one everywhere: .node-version, package.json, the templates, the workflows', () => {
    const pinned = read('.node-version').trim();
    const major = pinned.split('.')[0] ?? '';
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    expect(devDependencies['node']).toBe(pinned);
    expect(devDependencies['@types/node']?.split('.')[0]).toBe(major);
    const app = resourceOf('default', 'Microsoft.Web/sites');
    expect(valueAt(app, 'properties.functionAppConfig.runtime.version')).toBe(major);
    for (const path of files('.github/workflows', '.yml')) {
      for (const [line] of read(path).matchAll(/^.*node-version.*$/gm)) {
        expect({ path, line: line.trim() }).toEqual({
          path,
          line: expect.stringMatching(/^(- )?node-version(-file: \.node-version|: \$\{\{ matrix\.node \}\})$/),
        });
      }
    }
  });
});
