import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { deploymentOf, resourceOf, resourcesOf, SETS, SETTINGS, SYSTEMS, snapshotOf, valueAt } from './predicted.ts';
import { read } from './template.ts';

const SITE = 'Microsoft.Web/sites';
const RULE = 'Microsoft.Insights/scheduledQueryRules';

/**
 * Of `siteConfig`, what Flex Consumption is known to accept: HashiCorp's provider sends these to it. Others end a
 * deployment with error 51021 ("for Flex Consumption sites is invalid"): ftpsState and linuxFxVersion are named in such
 * answers (microsoft/azure-pipelines-tasks issue 21032).
 */
const FLEX_ACCEPTS = [
  'http20Enabled',
  'ipSecurityRestrictions',
  'ipSecurityRestrictionsDefaultAction',
  'minTlsVersion',
  'scmMinTlsVersion',
];

describe('every snapshot', () => {
  it.each(SETS)('%s has no diagnostics, and names that are known before the deployment', (set) => {
    const { diagnostics, predictedResources } = snapshotOf(set);
    expect(diagnostics).toEqual([]);
    // environment() is known too: only not to the compiler.
    for (const { name, type } of predictedResources) {
      expect({ type, name: name.replaceAll('environment()', '') }).not.toMatchObject({
        name: expect.stringMatching(/reference\(|parameters\(/),
      });
    }
  });

  it('has the number of resources that a reader expects of it', () => {
    expect(Object.fromEntries(SETS.map((set) => [set, deploymentOf(set).predictedResources.length]))).toEqual({
      default: 36,
      'existing-account': 31,
      'existing-account-events': 38,
      isolated: 57,
      'isolated-closed': 53,
      'isolated-existing-account': 50,
      operated: 40,
      sentinel: 40,
      'sentinel-alone': 4,
      'sentinel-without-rule': 39,
      'sign-in': 37,
      'zone-redundant': 36,
    });
  });
});

describe('the function app', () => {
  it.each(SYSTEMS)('of %s runs on Flex Consumption, from its package, as its one identity', (set) => {
    expect(resourceOf(set, 'Microsoft.Web/serverfarms')['sku']).toEqual({ name: 'FC1', tier: 'FlexConsumption' });
    const app = resourceOf(set, SITE);
    const identity = resourceOf(set, 'Microsoft.ManagedIdentity/userAssignedIdentities').id;
    expect(app['identity']).toEqual({ type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } });
    // Without it, references to secrets use a system-assigned identity, which does not exist.
    expect(valueAt(app, 'properties.keyVaultReferenceIdentity')).toBe(identity);
    expect(valueAt(app, 'properties.functionAppConfig.deployment.storage')).toEqual({
      type: 'blobContainer',
      value: expect.stringMatching(/^https:\/\/bwhost\w+\.blob\.core\.windows\.net\/app-package$/),
      authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity },
    });
    expect(app['tags']).toEqual({
      'azd-env-name': 'beaconwatch',
      app: 'beaconwatch',
      'azd-service-name': 'beaconwatch',
    });
    const asked = Object.keys(valueAt(app, 'properties.siteConfig') as object);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((name) => !FLEX_ACCEPTS.includes(name))).toEqual([]);
  });

  it.each([
    ['default', '24', 512, 40, [], false, 'Standard_LRS'],
    [
      'zone-redundant',
      '22',
      4096,
      100,
      [
        { name: 'http', instanceCount: 1 },
        { name: 'function:scorePartition', instanceCount: 2 },
      ],
      true,
      'Standard_ZRS',
    ],
  ] as const)('of %s has Node %s, %i MB, at most %i instances, of them always ready %j, zones: %s', (...expected) => {
    const [set, version, instanceMemoryMB, maximumInstanceCount, alwaysReady, zoneRedundant, sku] = expected;
    const app = resourceOf(set, SITE);
    expect(valueAt(app, 'properties.functionAppConfig.runtime')).toEqual({ name: 'node', version });
    expect(valueAt(app, 'properties.functionAppConfig.scaleAndConcurrency')).toEqual({
      instanceMemoryMB,
      maximumInstanceCount,
      alwaysReady,
    });
    expect(valueAt(resourceOf(set, 'Microsoft.Web/serverfarms'), 'properties.zoneRedundant')).toBe(zoneRedundant);
    for (const account of resourcesOf(set, 'Microsoft.Storage/storageAccounts')) {
      expect(account['sku']).toEqual({ name: sku });
    }
  });

  it('accepts calls from anywhere, or from the networks that are named and from Event Grid', () => {
    const restrictions = (set: string) => {
      const { ipSecurityRestrictions, ipSecurityRestrictionsDefaultAction } = valueAt(
        resourceOf(set, SITE),
        'properties.siteConfig',
      ) as Record<string, unknown>;
      return [ipSecurityRestrictionsDefaultAction, ipSecurityRestrictions];
    };
    expect(restrictions('default')).toEqual(['Allow', []]);
    expect(restrictions('sign-in')).toEqual([
      'Deny',
      [
        { name: 'event-grid', priority: 90, action: 'Allow', tag: 'ServiceTag', ipAddress: 'AzureEventGrid' },
        { name: 'allowed-0', priority: 100, action: 'Allow', ipAddress: '203.0.113.0/24' },
        { name: 'allowed-1', priority: 101, action: 'Allow', ipAddress: '198.51.100.7/32' },
      ],
    ]);
  });

  it('sends its traffic through the network where that is isolated', () => {
    expect(valueAt(resourceOf('default', SITE), 'properties.virtualNetworkSubnetId')).toBe(null);
    const network = resourceOf('isolated', 'Microsoft.Network/virtualNetworks');
    expect(valueAt(resourceOf('isolated', SITE), 'properties.virtualNetworkSubnetId')).toBe(
      `${network.id}/subnets/app`,
    );
    const subnets = valueAt(network, 'properties.subnets') as { name: string; properties: object }[];
    expect(subnets.map(({ name }) => name)).toEqual(['app', 'endpoints']);
    expect(subnets[0]?.properties).toMatchObject({
      delegations: [{ properties: { serviceName: 'Microsoft.App/environments' } }],
    });
  });

  it('checks tokens and sessions where sign-in is on, and lets unsigned callers through to the check of the app', () => {
    const signIn = resourceOf('sign-in', 'Microsoft.Web/sites/config', 'func-beaconwatch-355fp4nmo5or4/authsettingsV2');
    expect(valueAt(signIn, 'properties.globalValidation')).toEqual({
      requireAuthentication: false,
      unauthenticatedClientAction: 'AllowAnonymous',
      excludedPaths: ['/runtime/webhooks/blobs'],
    });
    expect(valueAt(signIn, 'properties.identityProviders.azureActiveDirectory')).toMatchObject({
      registration: {
        clientId: '00000000-0000-0000-0000-0000000000c1',
        openIdIssuer: 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000002/v2.0',
      },
      validation: {
        // People sign in through the registration itself.
        defaultAuthorizationPolicy: {
          allowedApplications: ['00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000c2'],
        },
      },
    });
    expect(resourcesOf('default', 'Microsoft.Web/sites/config')).toHaveLength(1);
    // Without the platform's check, the app must believe no header.
    expect([SETTINGS['sign-in']?.['SIGN_IN'], SETTINGS['default']?.['SIGN_IN']]).toEqual(['platform', 'off']);
  });
});

describe('exports', () => {
  const days = (set: string) => {
    const policy = resourceOf(set, 'Microsoft.Storage/storageAccounts/managementPolicies', 'bwexports');
    const rules = valueAt(policy, 'properties.policy.rules') as {
      name: string;
      definition: { filters: { blobTypes: string[] }; actions: { baseBlob: object } };
    }[];
    return rules.map(({ name, definition }) => [name, definition.filters.blobTypes, definition.actions.baseBlob]);
  };
  it('are deleted and moved to the cool tier after the days that are set', () => {
    const expected = (keep: number, cool: number) => [
      ['exports-end', ['appendBlob', 'blockBlob'], { delete: { daysAfterModificationGreaterThan: keep } }],
      ['exports-cool', ['blockBlob'], { tierToCool: { daysAfterModificationGreaterThan: cool } }],
    ];
    expect(days('default')).toEqual(expected(30, 7));
    expect(days('operated')).toEqual(expected(14, 3));
  });

  it('are announced by a topic only where the account is created here and the trigger is on', () => {
    const topics = SYSTEMS.filter((set) => resourcesOf(set, 'Microsoft.EventGrid/systemTopics').length > 0);
    expect(topics).toEqual(
      SYSTEMS.filter((set) => !set.includes('existing') && !['isolated-closed', 'operated'].includes(set)),
    );
    expect(resourceOf('default', 'Microsoft.EventGrid/systemTopics')['properties']).toEqual({
      source: deploymentOf('default').outputs['EXPORT_STORAGE_ACCOUNT_ID'],
      topicType: 'Microsoft.Storage.StorageAccounts',
    });
    for (const set of SYSTEMS) {
      expect(deploymentOf(set).outputs['SYSTEM_TOPIC_NAME'] !== '').toBe(topics.includes(set));
    }
  });
});

describe('alerts', () => {
  it('look for rows over their window, and notify the action groups', () => {
    const rules = resourcesOf('operated', RULE);
    expect(rules).toHaveLength(7);
    for (const { properties } of rules) {
      expect(properties).toMatchObject({
        enabled: true,
        skipQueryValidation: true,
        criteria: { allOf: [{ timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }] },
        actions: { actionGroups: [expect.stringMatching(/beaconwatch-operators$/), expect.stringMatching(/\/duty$/)] },
      });
      expect(JSON.stringify(properties)).toContain("AppRoleName == 'func-beaconwatch-355fp4nmo5or4'");
      expect(JSON.stringify(properties)).not.toContain('FUNCTION_APP_NAME');
    }
    for (const rule of resourcesOf('default', RULE))
      expect(valueAt(rule, 'properties.actions.actionGroups')).toEqual([]);
    const mails = resourceOf('operated', 'Microsoft.Insights/actionGroups');
    expect(valueAt(mails, 'properties.emailReceivers')).toMatchObject([
      { emailAddress: 'soc@example.com' },
      { emailAddress: 'duty@example.com' },
    ]);
  });

  it('look for two hours before they say that nothing has run', () => {
    expect(valueAt(resourceOf('default', RULE, 'beaconwatch-beaconwatch-no-run'), 'properties.windowSize')).toBe(
      'PT2H',
    );
  });
});

describe('the workbook and the log', () => {
  it('have their open names filled in', () => {
    const open = new Set(read('infra/workbook.json').match(/\b[A-Z]{3,}(?:_[A-Z]+)+\b/g));
    expect([...open].toSorted()).toEqual(['FUNCTION_APP_NAME', 'WORKSPACE_ID']);
    const data = String(valueAt(resourceOf('default', 'Microsoft.Insights/workbooks'), 'properties.serializedData'));
    for (const name of open) expect(data).not.toContain(name);
    expect(JSON.parse(data)).toHaveProperty('items');
  });

  it('keep the log and limit it as set', () => {
    const limits = (set: string) => {
      const log = resourceOf(set, 'Microsoft.OperationalInsights/workspaces');
      return [valueAt(log, 'properties.retentionInDays'), valueAt(log, 'properties.workspaceCapping.dailyQuotaGb')];
    };
    expect([limits('default'), limits('operated')]).toEqual([
      [30, 1],
      [60, 5],
    ]);
  });
});

describe('the query of the page for failures', () => {
  it('groups by the text that differs, and counts an operation once: the host writes two exceptions for each', () => {
    const query = read('infra/queries/failures.kql').replaceAll(/^\/\/.*$/gm, '');
    expect(query).toContain('dcount(OperationId)');
    expect(query).toContain('InnermostMessage');
    expect(query).not.toMatch(/OuterMessage|count\(\)/);
    expect(read('docs/deploy.md')).toContain('cat infra/queries/failures.kql');
  });
});

describe('azure.yaml', () => {
  interface Hook {
    readonly shell: string;
    readonly run: string;
  }
  const azd = parseYaml(read('azure.yaml')) as {
    requiredVersions: Record<string, string>;
    services: { beaconwatch: { remoteBuild: boolean } };
    hooks: Record<string, { posix: Hook; windows: Hook }>;
  };

  it('packages before it provisions, deploys the package as it is, connects the events, and guards the groups of others', () => {
    expect(azd.services.beaconwatch.remoteBuild).toBe(false);
    expect(Object.entries(azd.hooks).map(([hook, { posix, windows }]) => [hook, posix.run, windows.run])).toEqual([
      ['prepackage', 'npm ci && npm run package', 'npm ci && npm run package'],
      ['postdeploy', 'bash infra/scripts/event-subscription.sh', './infra/scripts/event-subscription.ps1'],
      ['predown', 'bash infra/scripts/before-down.sh', './infra/scripts/before-down.ps1'],
    ]);
    for (const { posix, windows } of Object.values(azd.hooks)) {
      expect([posix.shell, windows.shell]).toEqual(['sh', 'pwsh']);
    }
  });

  it('names the version of azd that it needs, as the page does', () => {
    const version = /^>= (\d+\.\d+\.\d+)$/.exec(azd.requiredVersions['azd'] ?? '')?.[1];
    expect(version).toBeDefined();
    expect(read('docs/deploy.md')).toContain(`${version} or later`);
  });
});
