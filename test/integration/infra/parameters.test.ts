import { beforeAll, describe, expect, it } from 'vitest';
import { installedBicep, run } from '../../../scripts/bicep.ts';
import { read } from './template.ts';

/** `npm run infra` fetches the compiler. */
const bicep = installedBicep();
if (bicep === undefined) console.log('skipped: no Bicep compiler on this machine; npm run infra fetches it');

const VARIABLES = [...new Set(read('infra/main.bicepparam').match(/(?<=readEnvironmentVariable\(')\w+/g))];
type Parameters = Readonly<Record<string, { readonly value: unknown }>>;
interface Parameter {
  readonly defaultValue?: unknown;
  readonly allowedValues?: readonly unknown[];
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly $ref?: string;
}
interface Template {
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly definitions: Readonly<Record<string, Parameter>>;
}

/** What main.bicepparam makes of these variables of the environment, and the template that takes it. */
async function compiled(variables: Readonly<Record<string, string>>) {
  const unset = Object.fromEntries(Object.entries(process.env).filter(([name]) => !VARIABLES.includes(name)));
  const file = 'infra/main.bicepparam';
  const ran = await run(bicep ?? '', ['build-params', file, '--stdout'], { ...unset, ...variables });
  const findings = ran.stderr.split('\n').filter((line) => / : (Error|Warning) /.test(line));
  if (ran.code !== 0 || findings.length > 0) return { findings };
  const { parametersJson, templateJson } = JSON.parse(ran.stdout) as Record<string, string>;
  const { parameters } = JSON.parse(parametersJson ?? '') as { parameters: Parameters };
  return {
    findings,
    values: Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value])),
    template: JSON.parse(templateJson ?? '') as Template,
  };
}

/** A value of each variable that is not its default. */
const GIVEN: Readonly<Record<string, [parameter: string, text: string, value: unknown]>> = {
  AZURE_ENV_NAME: ['environmentName', 'soc', 'soc'],
  AZURE_LOCATION: ['location', 'northeurope', 'northeurope'],
  BEACONWATCH_ACTION_GROUP_ID: ['existingActionGroupId', '/x', '/x'],
  BEACONWATCH_ALERT_EMAILS: ['alertEmails', '["a@example.com"]', ['a@example.com']],
  BEACONWATCH_ALLOWED_ADDRESSES: ['allowedAddresses', '["203.0.113.0/24"]', ['203.0.113.0/24']],
  BEACONWATCH_ALWAYS_READY: [
    'alwaysReady',
    '[{"name":"http","instanceCount":2}]',
    [{ name: 'http', instanceCount: 2 }],
  ],
  BEACONWATCH_BLOB_TRIGGER: ['blobTrigger', 'off', 'off'],
  BEACONWATCH_EXPORTS_COOL_DAYS: ['exportsCoolDays', '3', 3],
  BEACONWATCH_EXPORTS_KEEP_DAYS: ['exportsKeepDays', '14', 14],
  BEACONWATCH_EXPORT_ACCOUNT_ID: ['existingExportAccountId', '/y', '/y'],
  BEACONWATCH_EXPORT_CONTAINERS: ['exportContainers', 'one,two', 'one,two'],
  BEACONWATCH_EXPORT_NETWORK_ACCESS: ['exportNetworkAccess', 'PrivateEndpoints', 'PrivateEndpoints'],
  BEACONWATCH_EXPORT_SHARED_KEYS: ['exportSharedKeys', 'true', true],
  BEACONWATCH_HISTORY_DAYS: ['historyDays', '45', 45],
  BEACONWATCH_INSTANCE_MEMORY_MB: ['instanceMemoryMB', '4096', 4096],
  BEACONWATCH_LOG_DAILY_QUOTA_GB: ['logDailyQuotaGb', '5', 5],
  BEACONWATCH_LOG_RETENTION_DAYS: ['logRetentionDays', '60', 60],
  BEACONWATCH_MAXIMUM_INSTANCES: ['maximumInstanceCount', '100', 100],
  BEACONWATCH_NETWORK_ISOLATION: ['networkIsolation', 'true', true],
  BEACONWATCH_NODE_VERSION: ['nodeVersion', '22', '22'],
  BEACONWATCH_OPERATORS_ID: ['operatorsPrincipalId', 'x', 'x'],
  BEACONWATCH_OPERATORS_TYPE: ['operatorsPrincipalType', 'User', 'User'],
  BEACONWATCH_SENTINEL_RULE: ['sentinelRule', 'false', false],
  BEACONWATCH_SENTINEL_WORKSPACE_ID: ['sentinelWorkspaceId', '/z', '/z'],
  BEACONWATCH_SETTINGS: ['settings', '{"MIN_AVERAGE":"30"}', { MIN_AVERAGE: '30' }],
  BEACONWATCH_SIGN_IN_APPLICATIONS: ['signInAllowedApplications', '["x"]', ['x']],
  BEACONWATCH_SIGN_IN_CLIENT_ID: ['signInClientId', 'x', 'x'],
  BEACONWATCH_SINKS: ['sinks', '[]', '[]'],
  BEACONWATCH_SINK_SECRETS: ['sinkSecrets', '["SOAR_URL"]', ['SOAR_URL']],
  BEACONWATCH_SOURCES: ['sources', 'sysmon', 'sysmon'],
  BEACONWATCH_ZONE_REDUNDANT: ['zoneRedundant', 'true', true],
};

/** Each is wrong in its own way. */
const WRONG: Readonly<Record<string, [parameter: string, text: string]>> = {
  BEACONWATCH_SETTINGS: ['settings', '{"MIN_AVERAGE":30'],
  BEACONWATCH_HISTORY_DAYS: ['historyDays', 'ninety'],
  BEACONWATCH_ZONE_REDUNDANT: ['zoneRedundant', 'yes'],
};

describe.skipIf(bicep === undefined)('infra/main.bicepparam', () => {
  let made: Readonly<Record<'nothing' | 'empty' | 'given' | 'wrong', Awaited<ReturnType<typeof compiled>>>>;
  beforeAll(async () => {
    const texts = (of: Readonly<Record<string, readonly unknown[]>>) =>
      Object.fromEntries(Object.entries(of).map(([name, [, text]]) => [name, String(text)]));
    const [nothing, empty, given, wrong] = await Promise.all([
      compiled({}),
      compiled(Object.fromEntries(VARIABLES.map((name) => [name, '']))),
      compiled(texts(GIVEN)),
      compiled(texts(WRONG)),
    ]);
    made = { nothing, empty, given, wrong };
  });

  it('has the defaults of main.bicep where nothing is set', () => {
    expect(made.nothing.findings).toEqual([]);
    const { parameters } = made.nothing.template as Template;
    expect(Object.keys(made.nothing.values ?? {}).toSorted()).toEqual(Object.keys(parameters).toSorted());
    const defaults = Object.fromEntries(Object.entries(parameters).map(([name, each]) => [name, each.defaultValue]));
    expect(made.nothing.values).toEqual({ ...defaults, environmentName: 'beaconwatch', location: 'westeurope' });
  });

  it.each([
    ['blobTrigger', ['EventGrid', 'auto', 'off']],
    ['exportNetworkAccess', ['Open', 'PrivateEndpoints', 'TrustedServices']],
    ['instanceMemoryMB', [2048, 4096, 512]],
    ['nodeVersion', ['22', '24']],
    ['operatorsPrincipalType', ['Group', 'ServicePrincipal', 'User']],
  ])('allows for %s only %j', (name, values) => {
    const { parameters, definitions } = made.nothing.template as Template;
    const type = definitions[parameters[name]?.$ref?.split('/').at(-1) ?? ''] ?? parameters[name];
    expect(type?.allowedValues?.toSorted()).toEqual(values);
  });

  it.each([
    ['exportsCoolDays', 1, undefined],
    ['exportsKeepDays', 7, undefined],
    ['historyDays', 1, undefined],
    ['logRetentionDays', 30, undefined],
    ['maximumInstanceCount', 40, 1000],
  ])('allows for %s at least %i and at most %s', (name, least, most) => {
    const { minValue, maxValue } = (made.nothing.template as Template).parameters[name] as Parameter;
    expect([minValue, maxValue]).toEqual([least, most]);
  });

  it('has the same where every variable is empty', () => {
    expect(made.empty.findings).toEqual([]);
    expect(made.empty.values).toEqual(made.nothing.values);
  });

  it('passes on what each variable says', () => {
    expect(VARIABLES.toSorted()).toEqual(Object.keys(GIVEN).toSorted());
    expect(made.given.findings).toEqual([]);
    const expected = Object.values(GIVEN).map(([parameter, , value]) => [parameter, value] as const);
    expect(made.given.values).toEqual(Object.fromEntries(expected));
  });

  it('refuses each value that is of another type, by its place', () => {
    const lines = read('infra/main.bicepparam').split('\n');
    for (const [parameter] of Object.values(WRONG)) {
      const line = 1 + lines.findIndex((each) => each.startsWith(`param ${parameter} `));
      expect(made.wrong.findings).toEqual(expect.arrayContaining([expect.stringContaining(`bicepparam(${line},`)]));
    }
  });
});
