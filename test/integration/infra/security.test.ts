import { describe, expect, it } from 'vitest';
import {
  deploymentOf,
  ORDER,
  ROLES,
  resourceOf,
  resourcesOf,
  rolesOf,
  SETS,
  SYSTEMS,
  snapshotOf,
  valueAt,
} from './predicted.ts';
import { files, read, TEMPLATES } from './template.ts';

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const OPERATORS = '00000000-0000-0000-0000-0000000000b1';
const STORAGE = 'Microsoft.Storage/storageAccounts';
const roles = JSON.parse(read('infra/roles.json')) as Record<string, { name: string; id: string }>;

/** What the app may do, wherever it is deployed. */
const APP = [
  'app: Key Vault Secrets User on kv-bw',
  'app: Monitoring Metrics Publisher on appi-beaconwatch',
  'app: Storage Blob Data Owner on bwhost',
  'app: Storage Queue Data Contributor on bwhost',
  'app: Storage Table Data Contributor on bwhost',
];
const WITH_TRIGGER = ['app: Storage Blob Data Owner on', 'app: Storage Queue Data Contributor on'];
const operators = (exports: string, trigger: boolean) => [
  `${OPERATORS}: Key Vault Secrets Officer on kv-bw`,
  `${OPERATORS}: Storage Blob Data Reader on ${exports}`,
  `${OPERATORS}: Storage Blob Data Reader on bwhost`,
  ...(trigger ? [`${OPERATORS}: Storage Queue Data Reader on ${exports}`] : []),
  `${OPERATORS}: Storage Queue Data Reader on bwhost`,
  `${OPERATORS}: Storage Table Data Reader on bwhost`,
];
const withTrigger = (exports: string) => WITH_TRIGGER.map((role) => `${role} ${exports}`);
const SINK = 'app: Monitoring Metrics Publisher on dcr-beaconwatch';

/** All roles of every set, and no other. */
const ASSIGNED: Readonly<Record<string, readonly string[]>> = {
  default: [...APP, ...withTrigger('bwexports')],
  'existing-account': [...APP, 'app: Storage Blob Data Reader on defenderexports'],
  'existing-account-events': [...APP, ...withTrigger('defenderexports'), ...operators('defenderexports', true)],
  isolated: [...APP, ...withTrigger('bwexports')],
  'isolated-closed': [...APP, 'app: Storage Blob Data Reader on bwexports'],
  'isolated-existing-account': [...APP, 'app: Storage Blob Data Reader on defenderexports'],
  operated: [...APP, 'app: Storage Blob Data Reader on bwexports', ...operators('bwexports', false)],
  sentinel: [...APP, ...withTrigger('bwexports'), SINK],
  'sentinel-alone': ['00000000-0000-0000-0000-0000000000d1: Monitoring Metrics Publisher on dcr-beaconwatch'],
  'sentinel-without-rule': [...APP, ...withTrigger('bwexports'), SINK],
  'sign-in': [...APP, ...withTrigger('bwexports')],
  'zone-redundant': [...APP, ...withTrigger('bwexports')],
};

describe('roles', () => {
  it('of infra/roles.json have the published ids', () => {
    for (const { name, id } of Object.values(roles)) expect({ id, name }).toEqual({ id, name: ROLES[id] });
    expect(Object.keys(roles)).toHaveLength(Object.keys(ROLES).length);
  });

  it('stand in the templates by the names of roles.json only', () => {
    const used = TEMPLATES.flatMap(({ text }) => [...text.matchAll(/\broles\.(\w+)\.id/g)].map(([, key]) => key ?? ''));
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(roles).toSorted());
    for (const { path, text } of TEMPLATES) expect({ path, ids: text.match(GUID) }).toEqual({ path, ids: null });
  });

  it.each(SETS)('of %s are these and no other', (set) => {
    expect(rolesOf(set)).toEqual(ASSIGNED[set]?.toSorted());
  });

  it.each(SETS)(
    'of %s are each on one resource, under a name that is known before the deployment, with a reason',
    (set) => {
      for (const role of snapshotOf(set).predictedResources) {
        if (role.type !== 'Microsoft.Authorization/roleAssignments') continue;
        expect(role.id).toMatch(
          /\/providers\/Microsoft\.(?!Authorization)\w+\/.*\/providers\/Microsoft\.Authorization\/roleAssignments\/[0-9a-f-]{36}$/,
        );
        expect(valueAt(role, 'properties.description')).toMatch(/^Beaconwatch/);
        expect(valueAt(role, 'properties.principalType')).toMatch(/^(ServicePrincipal|Group)$/);
      }
    },
  );

  it('have a comment that names them where they are assigned', () => {
    const comments = TEMPLATES.map(({ text }) => text.match(/^\s*\/\/ .*$/gm)?.join('\n') ?? '').join('\n');
    for (const { name } of Object.values(roles)) {
      expect(comments).toContain(name.replace(/^Storage (Queue|Table) Data Reader$/, '$1 Data Reader'));
    }
  });

  it('are there before the app starts', () => {
    expect(ORDER['app']).toEqual(
      expect.arrayContaining(['hostRoles', 'exportRoles', 'vault', 'monitoring', 'privateEndpoints', 'network']),
    );
    expect(ORDER['hostRoles']).toContain('hostStorage');
    expect(ORDER['exportRoles']).toContain('exportStorage');
    expect(ORDER['exportEndpoints']).toContain('exportStorage');
    expect(ORDER['privateEndpoints']).toEqual(expect.arrayContaining(['dns', 'vault', 'hostStorage', 'exportStorage']));
    expect(ORDER['dns']).toContain('network');
    expect(ORDER['signIn']).toContain('app');
    expect(ORDER['events']).toContain('exportStorage');
  });
});

describe('storage accounts', () => {
  it.each(SYSTEMS)('of %s accept no key and no anonymous reader', (set) => {
    const accounts = resourcesOf(set, STORAGE);
    expect(accounts).toHaveLength(set.includes('existing-account') ? 1 : 2);
    for (const account of accounts) {
      expect(account['properties']).toMatchObject({
        // The one set that asks for keys gets them on the exports only.
        allowSharedKeyAccess: set === 'operated' && account.name.startsWith('bwexports'),
        defaultToOAuthAuthentication: true,
        allowBlobPublicAccess: false,
        allowCrossTenantReplication: false,
        supportsHttpsTrafficOnly: true,
        minimumTlsVersion: 'TLS1_2',
      });
    }
  });

  const OPEN = ['Enabled', 'Allow', 'AzureServices'];
  const TRUSTED = ['Enabled', 'Deny', 'AzureServices'];
  const CLOSED = ['Disabled', 'Deny', 'None'];
  it.each([
    ['default', OPEN, OPEN],
    ['isolated', CLOSED, TRUSTED],
    ['isolated-closed', CLOSED, CLOSED],
    ['isolated-existing-account', CLOSED, undefined],
  ])('of %s are reached from: host %j, exports %j', (set, host, exports) => {
    const access = (name: string) => {
      const account = resourceOf(set, STORAGE, name);
      return ['publicNetworkAccess', 'networkAcls.defaultAction', 'networkAcls.bypass'].map((path) =>
        valueAt(account, `properties.${path}`),
      );
    };
    expect(access('bwhost')).toEqual(host);
    if (exports !== undefined) expect(access('bwexports')).toEqual(exports);
  });
});

describe('private endpoints', () => {
  const BASE = ['exports-blob', 'host-blob', 'host-queue', 'host-table', 'secrets-vault'];
  it.each([
    ['default', []],
    // The poison queue of the blob trigger is beside the exports: only where the trigger is on.
    ['isolated', [...BASE, 'exports-queue']],
    ['isolated-closed', BASE],
    ['isolated-existing-account', BASE],
  ])('of %s are %j', (set, names) => {
    const endpoints = resourcesOf(set, 'Microsoft.Network/privateEndpoints');
    expect(endpoints.map(({ name }) => /^pe-(\w+-\w+)-/.exec(name)?.[1]).toSorted()).toEqual(names.toSorted());
    for (const endpoint of endpoints) {
      const [connection] = valueAt(endpoint, 'properties.privateLinkServiceConnections') as {
        properties: { privateLinkServiceId: string; groupIds: string[] };
      }[];
      const [, of = '', service] = /^pe-(\w+)-(\w+)-/.exec(endpoint.name) ?? [];
      expect(connection?.properties.groupIds).toEqual([service]);
      const existing = set === 'isolated-existing-account' ? '/defenderexports' : '/bwexports';
      const target = { host: '/bwhost', exports: existing, secrets: '/kv-bw-' }[of];
      expect(connection?.properties.privateLinkServiceId).toContain(target);
    }
  });

  it('have a zone for each service, linked to the network', () => {
    const zones = resourcesOf('isolated', 'Microsoft.Network/privateDnsZones').map(({ name }) => name);
    expect(zones).toEqual([
      'privatelink.blob.core.windows.net',
      'privatelink.queue.core.windows.net',
      'privatelink.table.core.windows.net',
      'privatelink.vaultcore.azure.net',
    ]);
    for (const group of resourcesOf('isolated', 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups')) {
      const [{ name, properties }] = valueAt(group, 'properties.privateDnsZoneConfigs') as [
        { name: string; properties: { privateDnsZoneId: string } },
      ];
      const zone = properties.privateDnsZoneId.split('/').at(-1) ?? '';
      expect(zones).toContain(zone);
      expect(zone).toContain(name);
    }
    const links = resourcesOf('isolated', 'Microsoft.Network/privateDnsZones/virtualNetworkLinks');
    expect(links.map(({ name }) => name)).toEqual(zones.map((zone) => `${zone}/beaconwatch`));
  });
});

describe('every deployment', () => {
  it.each(SETS)('%s holds no secret and asks for no key', (set) => {
    const text = JSON.stringify(snapshotOf(set));
    expect(text).not.toMatch(
      /listKeys|listAccountSas|listServiceSas|listSecrets|listCallbackUrl|AccountKey=|whsec_|sig=/i,
    );
    for (const [name, value] of Object.entries(deploymentOf(set).outputs)) {
      expect(`${name} ${value}`).not.toMatch(/connectionString|instrumentationKey|password|parameter sinks/i);
    }
  });

  it.each(SYSTEMS)('%s closes what it can: no passwords, no local authentication, https, purge protection', (set) => {
    expect(valueAt(resourceOf(set, 'Microsoft.Insights/components'), 'properties.DisableLocalAuth')).toBe(true);
    const log = resourceOf(set, 'Microsoft.OperationalInsights/workspaces');
    expect(valueAt(log, 'properties.features.disableLocalAuth')).toBe(true);
    expect(resourceOf(set, 'Microsoft.KeyVault/vaults')['properties']).toMatchObject({
      enableRbacAuthorization: true,
      enablePurgeProtection: true,
      softDeleteRetentionInDays: 90,
      publicNetworkAccess: set.startsWith('isolated') ? 'Disabled' : 'Enabled',
    });
    const app = resourceOf(set, 'Microsoft.Web/sites');
    expect(valueAt(app, 'properties.httpsOnly')).toBe(true);
    expect(valueAt(app, 'properties.siteConfig.minTlsVersion')).toBe('1.2');
    // Flex Consumption has no FTP.
    const publishing = resourceOf(set, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    expect([publishing.name.split('/')[1], publishing['properties']]).toEqual(['scm', { allow: false }]);
  });

  it('audits who reads and writes secrets', () => {
    const audit = resourceOf('default', 'Microsoft.Insights/diagnosticSettings', 'audit');
    expect(audit.id).toContain('/vaults/kv-bw-');
    expect(valueAt(audit, 'properties.logs')).toEqual([{ category: 'AuditEvent', enabled: true }]);
  });
});

describe('infra/', () => {
  it('holds nothing that looks like a secret', () => {
    for (const path of files('infra', '')) {
      if (!/\.\w+$/.test(path)) continue;
      expect({ path, found: read(path).match(/whsec_|[A-Za-z0-9+/]{80,}={0,2}|sig=|AccountKey/g) }).toEqual({
        path,
        found: null,
      });
    }
  });

  it('marks the one parameter that can hold a secret, and passes it on as one', () => {
    const main = read('infra/main.bicep');
    expect(main).toMatch(/@secure\(\)\nparam sinks string/);
    expect(read('infra/modules/function-app.bicep')).toMatch(/@secure\(\)\nparam sinks string/);
    expect(
      snapshotOf('operated').predictedResources.some((each) => JSON.stringify(each).includes('SOAR_SECRET"')),
    ).toBe(false);
  });
});
