import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Node } from 'web-tree-sitter';
import { REPO } from '../../support/bundle/child.ts';
import { faultsOf, MAIN, nodesOf, parse, TEMPLATES, type Template } from './template.ts';

/** No compiler runs here: what it would say first is said by these. */
const each = TEMPLATES.map((template) => [template.path, template] as const);

/** Resource types and their API versions: stable ones, but for diagnostic settings, which has none that is newer. */
const VERSIONS: Record<string, string> = {
  'Microsoft.Authorization/roleAssignments': '2022-04-01',
  'Microsoft.EventGrid/systemTopics': '2022-06-15',
  'Microsoft.Insights/actionGroups': '2023-01-01',
  'Microsoft.Insights/components': '2020-02-02',
  'Microsoft.Insights/dataCollectionRules': '2023-03-11',
  'Microsoft.Insights/diagnosticSettings': '2021-05-01-preview',
  'Microsoft.Insights/scheduledQueryRules': '2023-12-01',
  'Microsoft.Insights/workbooks': '2022-04-01',
  'Microsoft.KeyVault/vaults': '2023-07-01',
  'Microsoft.ManagedIdentity/userAssignedIdentities': '2023-01-31',
  'Microsoft.Network/privateDnsZones': '2024-06-01',
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': '2024-06-01',
  'Microsoft.Network/privateEndpoints': '2024-05-01',
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': '2024-05-01',
  'Microsoft.Network/virtualNetworks': '2024-05-01',
  'Microsoft.OperationalInsights/workspaces': '2023-09-01',
  'Microsoft.OperationalInsights/workspaces/tables': '2023-09-01',
  'Microsoft.Resources/resourceGroups': '2024-03-01',
  'Microsoft.SecurityInsights/alertRules': '2024-09-01',
  'Microsoft.Storage/storageAccounts': '2024-01-01',
  'Microsoft.Storage/storageAccounts/blobServices': '2024-01-01',
  'Microsoft.Storage/storageAccounts/blobServices/containers': '2024-01-01',
  'Microsoft.Storage/storageAccounts/managementPolicies': '2024-01-01',
  'Microsoft.Web/serverfarms': '2024-04-01',
  'Microsoft.Web/sites': '2024-04-01',
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': '2024-04-01',
  'Microsoft.Web/sites/config': '2024-04-01',
};

const FUNCTIONS = new Set(
  (
    'bool concat contains deployer empty environment filter first format guid int items join json last length loadJsonContent ' +
    'loadTextContent map replace resourceGroup resourceId split string subscription subscriptionResourceId take tenant ' +
    'toLower toObject union uniqueString readEnvironmentVariable secure description minLength maxLength minValue ' +
    'maxValue allowed metadata export'
  ).split(' '),
);

function templateAt(path: string): Template | undefined {
  return TEMPLATES.find((template) => template.path === path);
}

/** Identifiers that stand for a value, and that nothing in the file declares. */
function unknownNames({ root }: Template): string[] {
  const declared = new Set(FUNCTIONS);
  for (const node of nodesOf(root)) {
    if (node.type.endsWith('_declaration')) declared.add(node.namedChildren[0]?.text ?? '');
    if (node.type === 'for_statement' || node.type === 'lambda_expression') {
      for (const name of boundBy(node)) declared.add(name);
    }
  }
  return [...nodesOf(root)]
    .filter((node) => node.type === 'identifier' && !isKey(node))
    .map(({ text }) => text)
    .filter((name) => !declared.has(name));
}

function boundBy(node: Node): string[] {
  const head = node.text.slice(0, node.text.search(node.type === 'for_statement' ? / in\b/ : /=>/));
  return head.match(/[A-Za-z_]\w*/g)?.filter((word) => word !== 'for') ?? [];
}

/** Whether an identifier is the name of a property. */
function isKey(node: Node): boolean {
  return node.parent?.type === 'object_property' && node.parent.namedChildren[0]?.id === node.id;
}

describe.each(each)('%s', (_path, template) => {
  it('parses', () => {
    expect(faultsOf(template.root)).toEqual([]);
  });

  it('has plain resources of the versions that are known', () => {
    for (const { type, version } of template.resources) {
      expect(`${type}@${version}`).toBe(`${type}@${VERSIONS[type] ?? 'is not in the list of this test'}`);
    }
    for (const { path } of template.modules) expect(path).toMatch(/^infra\/.*\.bicep$/);
  });

  it('refers to files that are there', () => {
    for (const path of [...template.modules.map((module) => module.path), ...template.loads]) {
      expect({ path, exists: existsSync(join(REPO, path)) }).toEqual({ path, exists: true });
    }
  });

  it('uses no name that it does not declare', () => {
    expect(unknownNames(template)).toEqual([]);
  });

  it('uses every parameter', () => {
    for (const { name } of template.params) {
      const uses = [...nodesOf(template.root)].filter((node) => node.type === 'identifier' && node.text === name);
      expect({ name, used: uses.some((node) => node.parent?.type !== 'parameter_declaration') }).toMatchObject({
        used: true,
      });
    }
  });

  it('gives each module what it asks for, and nothing else', () => {
    for (const { path, params } of template.modules) {
      const { params: asked = [] } = templateAt(path) ?? {};
      const names = asked.map(({ name }) => name);
      const needed = asked.filter(({ hasDefault }) => !hasDefault).map(({ name }) => name);
      expect({ path, unknown: params.filter((name) => !names.includes(name)) }).toEqual({ path, unknown: [] });
      expect({ path, missing: needed.filter((name) => !params.includes(name)) }).toEqual({ path, missing: [] });
    }
  });

  it('takes from a module only what that puts out', () => {
    for (const { symbol, path } of template.modules) {
      const outputs = templateAt(path)?.outputs.map(({ name }) => name) ?? [];
      for (const [, taken = ''] of template.text.matchAll(new RegExp(`\\b${symbol}\\.outputs\\.(\\w+)`, 'g'))) {
        expect(outputs).toContain(taken);
      }
    }
  });
});

describe('infra/', () => {
  it('has no module that nobody uses', () => {
    const used = new Set(TEMPLATES.flatMap(({ modules }) => modules.map(({ path }) => path)));
    const alone = TEMPLATES.map(({ path }) => path).filter((path) => !used.has(path));
    // What is deployed by itself.
    expect(alone.filter((path) => !path.endsWith('/main.bicep'))).toEqual([]);
  });

  it('main.bicepparam names parameters of main.bicep, and all that have no default', () => {
    const text = readFileSync(join(REPO, 'infra/main.bicepparam'), 'utf8');
    // The grammar wants a type in every parameter, and misses one in each of these: that and nothing else.
    const faults = faultsOf(parse(text)).filter((fault) => !/ identifier $/.test(fault));
    expect(faults).toEqual([]);
    const given = [...text.matchAll(/^param (\w+) =/gm)].map(([, name]) => name);
    const names = MAIN.params.map(({ name }) => name);
    expect(given.filter((name) => !names.includes(name ?? ''))).toEqual([]);
    const needed = MAIN.params.filter(({ hasDefault }) => !hasDefault).map(({ name }) => name);
    expect(needed.filter((name) => !given.includes(name))).toEqual([]);
    expect(new Set(given).size).toBe(given.length);
  });
});

describe('these checks', () => {
  it('see what is wrong', async () => {
    const { readTemplate } = await import('./template.ts');
    expect(faultsOf(parse("param a string = 'x'\n}\n"))).not.toEqual([]);
    expect(unknownNames(readTemplate('infra/x.bicep', 'var a = [for b in c: b.d]\n'))).toEqual(['c']);
    expect(unknownNames(readTemplate('infra/x.bicep', 'var a = map([], e => { f: e, g: h })\n'))).toEqual(['h']);
  });
});

describe('main.bicepparam', () => {
  it('has the defaults of main.bicep', () => {
    for (const [, param = '', value = ''] of readFileSync(join(REPO, 'infra/main.bicepparam'), 'utf8').matchAll(
      /^param (\w+) = (?:\w+\()?readEnvironmentVariable\('\w+', '([^']*)'\)/gm,
    )) {
      const given = new RegExp(`^param ${param} \\w+ = (.*)$`, 'm').exec(MAIN.text)?.[1];
      if (given === undefined) continue;
      expect({ param, value }).toEqual({ param, value: given.replace(/^'(.*)'$/, '$1') });
    }
  });
});
