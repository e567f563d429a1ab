import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Node } from 'web-tree-sitter';
import { parse as parseYaml } from 'yaml';
import { REPO } from '../../support/bundle/child.ts';
import { bodyOf, declarationOf, propertiesOf, propertyOf, TEMPLATES, type Template } from './template.ts';

const at = (path: string) => TEMPLATES.find((template) => template.path === `infra/modules/${path}.bicep`) as Template;

/** A property of what a symbol declares, by its path: `properties.httpsOnly`. */
function nodeAt(template: Template, symbol: string, path: string): Node | undefined {
  const body = bodyOf(declarationOf(template, symbol) as Node);
  return path.split('.').reduce<Node | undefined>((object, name) => propertyOf(object, name), body);
}

function textOf(template: Template, symbol: string, path: string): string | undefined {
  return nodeAt(template, symbol, path)?.text;
}

/**
 * Of `siteConfig`, what Flex Consumption is known to take: HashiCorp's provider sends these to it. Others end a deployment
 * with error 51021 ("for Flex Consumption sites is invalid"): ftpsState and linuxFxVersion are named in such answers
 * (microsoft/azure-pipelines-tasks issue 21032).
 */
const FLEX_TAKES = [
  'http20Enabled',
  'ipSecurityRestrictions',
  'ipSecurityRestrictionsDefaultAction',
  'minTlsVersion',
  'scmMinTlsVersion',
];

/** What would deploy as well if it were otherwise, and then not start, not be reached or not be told. */
const NEEDED: readonly (readonly [module: string, symbol: string, path: string, text: string])[] = [
  ['function-app', 'plan', 'sku.name', "'FC1'"],
  ['function-app', 'app', 'identity.type', "'UserAssigned'"],
  // Without it, references to secrets are followed by a system-assigned identity, which there is not.
  ['function-app', 'app', 'properties.keyVaultReferenceIdentity', 'identityId'],
  ['function-app', 'app', 'properties.httpsOnly', 'true'],
  ['function-app', 'app', 'tags', "union(tags, { 'azd-service-name': 'beaconwatch' })"],
  ...(['type', 'userAssignedIdentityResourceId'] as const).map(
    (name, index) =>
      [
        'function-app',
        'app',
        `properties.functionAppConfig.deployment.storage.authentication.${name}`,
        ["'UserAssignedIdentity'", 'identityId'][index] ?? '',
      ] as const,
  ),
  ['vault', 'vault', 'properties.enablePurgeProtection', 'true'],
  ['vault', 'vault', 'properties.enableRbacAuthorization', 'true'],
  // The exporter and Event Grid are trusted services.
  ['storage', 'account', 'properties.networkAcls.bypass', "'AzureServices'"],
  ['events', 'topic', 'properties.topicType', "'Microsoft.Storage.StorageAccounts'"],
  ['alerts', 'alerts', 'properties.enabled', 'true'],
];

describe('infra/modules', () => {
  it.each(NEEDED)('%s: %s has %s %s', (module, symbol, path, text) => {
    expect(textOf(at(module), symbol, path)).toBe(text);
  });

  it('lets Event Grid in without a sign-in, and gives Flex Consumption’s subnet away as it asks for', () => {
    expect(textOf(at('sign-in'), 'signIn', 'properties.globalValidation.excludedPaths')).toContain(
      "'/runtime/webhooks/blobs'",
    );
    expect(at('network').text).toContain("serviceName: 'Microsoft.App/environments'");
  });

  it('asks nothing of Flex Consumption that it refuses', () => {
    const asked = propertiesOf(nodeAt(at('function-app'), 'app', 'properties.siteConfig'));
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((name) => !FLEX_TAKES.includes(name))).toEqual([]);
  });

  it('changes the app one thing after the other', () => {
    const { text } = at('function-app');
    expect(text.slice(text.indexOf('resource noPasswords'))).toMatch(/dependsOn: \[\s+appSettings\s+\]/);
  });

  it('assigns every role on one resource, never on a group of them', () => {
    const assignments = TEMPLATES.flatMap((template) =>
      template.resources
        .filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments')
        .map(({ symbol }) => ({ in: template.path, symbol, scope: textOf(template, symbol, 'scope') })),
    );
    expect(assignments.length).toBeGreaterThan(3);
    for (const assignment of assignments) expect(assignment).toMatchObject({ scope: expect.stringMatching(/^\w+$/) });
  });

  it('fills in what the workbook leaves open', () => {
    const workbook = readFileSync(join(REPO, 'infra/workbook.json'), 'utf8');
    const open = new Set(workbook.match(/\b[A-Z]{3,}(?:_[A-Z]+)+\b/g));
    expect([...open].toSorted()).toEqual(['FUNCTION_APP_NAME', 'WORKSPACE_ID']);
    for (const name of open) expect(at('workbook').text).toContain(`'${name}'`);
  });

  it('has alerts look over their window for rows, and tell the action groups', () => {
    const text = at('alerts').text.replaceAll(/\s+/g, ' ');
    expect(text).toContain("timeAggregation: 'Count' operator: 'GreaterThan' threshold: 0");
    expect(text).toContain('empty(emails) ? [] : [mails.id]');
    // What is said to be missing for hours has to be looked for as long.
    expect(text).toMatch(/name: 'no-run' [^}]* window: 'PT2H'/);
  });
});

describe('infra/main.bicep', () => {
  it.each(['AzureWebJobsStorage', 'ExportStorage'])('reaches %s by the identity that the app has', (name) => {
    const main = TEMPLATES.find(({ path }) => path === 'infra/main.bicep') as Template;
    const value = (part: string) => textOf(main, 'ownSettings', `${name}__${part}`);
    // Both, or the host asks for a token of an identity that is not there.
    expect(value('credential')).toBe("'managedidentity'");
    expect(value('clientId')).toBe('identity.outputs.clientId');
  });
});

describe('azure.yaml', () => {
  it('packages before it provisions, deploys the package as it is, connects the events at the end, and takes down nothing of others', () => {
    const azd = parseYaml(readFileSync(join(REPO, 'azure.yaml'), 'utf8')) as {
      services: { beaconwatch: { remoteBuild: boolean } };
      hooks: Record<string, { run: string }>;
    };
    expect(azd.services.beaconwatch.remoteBuild).toBe(false);
    expect(Object.entries(azd.hooks).map(([hook, { run }]) => [hook, run])).toEqual([
      ['prepackage', 'npm ci && npm run package'],
      ['postdeploy', 'bash infra/scripts/event-subscription.sh'],
      ['predown', 'bash infra/scripts/before-down.sh'],
    ]);
  });
});
