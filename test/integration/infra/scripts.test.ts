import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPowerShell } from '../../../scripts/bicep.ts';
import { REPO } from '../../support/bundle/child.ts';
import { files, read } from './template.ts';

/** Stands in for the Azure CLI: records its arguments, a line each, reads `@file` as az does, and answers as configured. */
const AZ = `#!/usr/bin/env bash
for argument; do
  case $argument in @*) argument="$(cat "\${argument#@}") (by a file)" ;; esac
  printf '%s\\n' "$argument" >> "$CALLS"
done
echo -- >> "$CALLS"
case "$*" in
  *"functionapp keys list"*)
    # As often as FAILS says, the host is not up yet.
    [ "$(grep -c "^keys$" "$CALLS")" -gt "\${FAILS:-0}" ] || exit 1
    echo "\${KEY-k3y}" ;;
  *"event-subscription create"*) exit "\${REFUSED:-0}" ;;
  *"provider show"*) echo "\${STATE:-Registered}" ;;
  *"storage account show"*) echo "\${FIREWALL:-Enabled Deny AzureServices}" ;;
  *"blob list"*) echo "\${BLOBS:-}" ;;
  *"container exists"*) [ -z "\${FORBIDDEN:-}" ] && echo "\${EXISTS:-true}" ;;
esac
`;
/** Stands in for azd, which prints the environment in two formats. */
const AZD = `#!/usr/bin/env bash
[ -n "\${AZD_VALUES:-}" ] || exit 1
case "$*" in
  *json*) echo "$AZD_VALUES" ;;
  *) node -e 'for (const [k, v] of Object.entries(JSON.parse(process.env.AZD_VALUES))) console.log(k + "=" + JSON.stringify(v))' ;;
esac
`;

const OUTPUTS: Readonly<Record<string, string>> = {
  SUBSCRIPTION_ID: 's-1',
  RESOURCE_GROUP: 'rg-one',
  FUNCTION_APP_NAME: 'func-one',
  FUNCTION_APP_HOST: 'func-one.azurewebsites.net',
  HOST_STORAGE_ACCOUNT: 'bwhostone',
  EXPORT_STORAGE_ACCOUNT: 'bwexportsone',
  EXPORT_STORAGE_ACCOUNT_ID:
    '/subscriptions/s-1/resourceGroups/rg-one/providers/Microsoft.Storage/storageAccounts/bwexportsone',
  EXPORT_CONTAINERS: 'first-one, second-one',
  EXISTING_RESOURCES: 'none',
  BLOB_TRIGGER: 'EventGrid',
  SYSTEM_TOPIC_NAME: 'evgt-one',
};
const OTHERS = '/subscriptions/s-1/resourceGroups/rg-theirs/providers/Microsoft.Storage/storageAccounts/theirs';
const SENTINEL = '/subscriptions/s-1/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/soc';

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** How az was called, each call a list. */
  readonly calls: readonly (readonly string[])[];
}
interface Case {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beaconwatch-scripts-'));
  path = `${folder}:${join(REPO, 'node_modules/.bin')}:/usr/bin:/bin`;
  for (const [name, text] of [
    ['az', AZ],
    ['azd', AZD],
    ['npm', '#!/usr/bin/env bash\nenv | grep -E "^(AzureWebJobs|ExportStorage)"; echo "npm $*"\n'],
  ] as const) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function callsFile(): string {
  count += 1;
  const file = join(folder, `calls-${count}`);
  writeFileSync(file, '');
  return file;
}

function callsOf(file: string): string[][] {
  const called = readFileSync(file, 'utf8').split('--\n').filter(Boolean);
  return called.map((call) => call.trimEnd().split('\n'));
}

/** Runs a script with exactly this environment. */
function bash(script: string, env: Readonly<Record<string, string>>): Ran {
  const calls = callsFile();
  const { status, stdout, stderr } = spawnSync('bash', [join(REPO, 'infra/scripts', script)], {
    encoding: 'utf8',
    env: { PATH: path, CALLS: calls, WAIT_SECONDS: '0', ...env },
  });
  return { status, stdout, stderr, calls: callsOf(calls) };
}

/** Runs a script with these outputs of a deployment. */
function run(script: string, env: Readonly<Record<string, string>> = {}): Ran {
  return bash(script, { ...OUTPUTS, ...env });
}

/** Every case in one PowerShell, which takes seconds to start. */
const DRIVER = `
$cases = Get-Content $args[1] -Raw | ConvertFrom-Json -AsHashtable
$kept = [Environment]::GetEnvironmentVariables()
$ran = foreach ($case in $cases) {
    foreach ($name in [Environment]::GetEnvironmentVariables().Keys) {
        if (-not $kept.ContainsKey($name)) { [Environment]::SetEnvironmentVariable($name, [NullString]::Value) }
    }
    foreach ($name in $case.env.Keys) { [Environment]::SetEnvironmentVariable($name, $case.env[$name]) }
    $stderr = [IO.StringWriter]::new()
    [Console]::SetError($stderr)
    $global:LASTEXITCODE = 0
    $stdout = & $args[0] 2>$null | Out-String
    @{ name = $case.name; status = $global:LASTEXITCODE; stdout = $stdout; stderr = $stderr.ToString() }
}
ConvertTo-Json @($ran)
`;

function powerShell(script: string, cases: readonly Case[]): Map<string, Ran> {
  const files = cases.map(() => callsFile());
  const given = cases.map(({ name, env }, index) => ({
    name,
    env: { CALLS: files[index], WAIT_SECONDS: '0', ...env },
  }));
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(given));
  writeFileSync(join(folder, 'driver.ps1'), DRIVER);
  const { status, stdout, stderr } = spawnSync(
    'dotnet',
    [
      ...['tool', 'run', 'pwsh', '--', '-NoProfile', '-NonInteractive', '-File', join(folder, 'driver.ps1')],
      ...[join(REPO, 'infra/scripts', script), join(folder, 'cases.json')],
    ],
    { cwd: REPO, encoding: 'utf8', env: { ...machine(), PATH: `${path}:${process.env['PATH']}` } },
  );
  if (status !== 0) throw new Error(`PowerShell ended with ${status}: ${stderr}${stdout}`);
  const ran = JSON.parse(stdout) as (Ran & { name: string })[];
  return new Map(ran.map((each, index) => [each.name, { ...each, calls: callsOf(files[index] ?? '') }]));
}

/** What `dotnet` needs of this machine's environment. */
function machine(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && /^(HOME|DOTNET_\w+|NUGET_\w+|TMPDIR)$/.test(name) ? [[name, value] as const] : [],
    ),
  );
}

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(OUTPUTS).filter(([name]) => !names.includes(name)));

/** azd down: what goes on, and what is stopped with which words. */
const DOWN: readonly (Case & { readonly stops?: string })[] = [
  { name: 'everything is in a group of its own', env: OUTPUTS },
  {
    name: 'the parameters are set to nothing',
    env: { ...OUTPUTS, BEACONWATCH_EXPORT_ACCOUNT_ID: '', BEACONWATCH_SENTINEL_WORKSPACE_ID: '' },
  },
  {
    name: 'the account id differs in its case only',
    env: { ...OUTPUTS, EXPORT_STORAGE_ACCOUNT_ID: (OUTPUTS['EXPORT_STORAGE_ACCOUNT_ID'] ?? '').toUpperCase() },
  },
  { name: 'azd holds the outputs, the shell does not', env: { AZD_VALUES: JSON.stringify(OUTPUTS) } },
  {
    name: 'the parameters name an account of others',
    env: { ...OUTPUTS, BEACONWATCH_EXPORT_ACCOUNT_ID: OTHERS },
    stops: OTHERS,
  },
  {
    name: 'the parameters name a Sentinel workspace',
    env: { ...OUTPUTS, BEACONWATCH_SENTINEL_WORKSPACE_ID: SENTINEL },
    stops: SENTINEL,
  },
  {
    name: 'only the outputs name an account of others: another machine, after azd env refresh',
    env: { ...OUTPUTS, EXISTING_RESOURCES: OTHERS, EXPORT_STORAGE_ACCOUNT_ID: OTHERS },
    stops: OTHERS,
  },
  {
    name: 'only the outputs name a Sentinel workspace',
    env: { ...OUTPUTS, EXISTING_RESOURCES: SENTINEL },
    stops: SENTINEL,
  },
  {
    name: 'azd holds outputs that name an account of others',
    env: { AZD_VALUES: JSON.stringify({ ...OUTPUTS, EXISTING_RESOURCES: OTHERS }) },
    stops: OTHERS,
  },
  {
    name: 'the account of the exports is outside the group',
    env: { ...OUTPUTS, EXPORT_STORAGE_ACCOUNT_ID: OTHERS },
    stops: 'outside rg-one',
  },
  {
    name: 'a group of the same name is in another subscription',
    env: { ...OUTPUTS, SUBSCRIPTION_ID: 's-2' },
    stops: 'outside rg-one',
  },
  {
    name: 'the group has a longer name that begins like it',
    env: { ...OUTPUTS, RESOURCE_GROUP: 'rg-on' },
    stops: 'outside rg-on',
  },
  { name: 'there are no outputs', env: {}, stops: 'SUBSCRIPTION_ID is not set' },
  {
    name: 'the outputs are empty',
    env: Object.fromEntries(Object.keys(OUTPUTS).map((name) => [name, ''])),
    stops: 'SUBSCRIPTION_ID is not set',
  },
  {
    name: 'the outputs are of a version without the one that is asked',
    env: without('EXISTING_RESOURCES'),
    stops: 'EXISTING_RESOURCES is not set',
  },
];

const SUBSCRIBED = (
  'eventgrid system-topic event-subscription create --resource-group rg-one --system-topic-name evgt-one ' +
  '--subscription s-1 --name func-one --endpoint-type webhook --endpoint ' +
  'https://func-one.azurewebsites.net/runtime/webhooks/blobs?functionName=Host.Functions.ingestExport&code=k3y|(by|a|file) ' +
  '--included-event-types Microsoft.Storage.BlobCreated ' +
  '--subject-begins-with /blobServices/default/containers/first-one/ ' +
  '--advanced-filter data.contentLength NumberGreaterThan 0 --event-ttl 60 --max-delivery-attempts 5 --output none'
)
  .split(' ')
  .map((argument) => argument.replaceAll('|', ' '));

/** Event Grid: each with what must be true of it. */
const EVENTS: readonly (Case & { readonly check: (ran: Ran) => void })[] = [
  {
    name: 'subscribes ingestExport to blobs in the first container that are not empty, for an hour, and shows no key',
    env: OUTPUTS,
    check: ({ status, stdout, stderr, calls }) => {
      expect([status, calls.length]).toEqual([0, 2]);
      expect(calls[1]).toEqual(SUBSCRIBED);
      expect(stdout + stderr).not.toContain('k3y');
    },
  },
  {
    name: 'reads the outputs of azd where the shell has none',
    env: { AZD_VALUES: JSON.stringify(OUTPUTS) },
    check: ({ status, calls }) => expect([status, calls[1]]).toEqual([0, SUBSCRIBED]),
  },
  {
    name: 'asks for the topic of an existing account',
    env: { ...OUTPUTS, SYSTEM_TOPIC_NAME: '' },
    check: ({ calls }) =>
      expect(calls[1]?.slice(0, 5)).toEqual([
        ...['eventgrid', 'event-subscription', 'create', '--source-resource-id'],
        OUTPUTS['EXPORT_STORAGE_ACCOUNT_ID'],
      ]),
  },
  {
    name: 'does nothing where the trigger is off',
    env: { ...OUTPUTS, BLOB_TRIGGER: 'off' },
    check: (ran) => expect(ran).toMatchObject({ status: 0, calls: [], stdout: expect.stringContaining('is off') }),
  },
  {
    name: 'fails, and says so, where the app never creates its key',
    env: { ...OUTPUTS, KEY: '' },
    check: (ran) => {
      expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('func-one') });
      expect(ran.calls).toHaveLength(10);
    },
  },
  {
    name: 'tries again where the host is not up yet, in the subscription of the deployment',
    env: { ...OUTPUTS, FAILS: '2' },
    check: ({ status, calls }) => {
      expect(status).toBe(0);
      expect(calls.map(([command]) => command)).toEqual(['functionapp', 'functionapp', 'functionapp', 'eventgrid']);
      for (const call of calls) expect(call[call.indexOf('--subscription') + 1]).toBe('s-1');
    },
  },
  {
    name: 'fails where az refuses the subscription',
    env: { ...OUTPUTS, REFUSED: '3' },
    check: ({ status, stdout }) => {
      expect(status).toBe(3);
      expect(stdout).not.toContain('notifies');
    },
  },
  {
    name: 'names what it lacks',
    env: {},
    check: (ran) => expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('is not set'), calls: [] }),
  },
];

function checkDown(ran: Ran | undefined, stops: string | undefined): void {
  if (stops === undefined) expect(ran).toMatchObject({ status: 0, stderr: '' });
  else expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining(stops) });
}

describe('before-down.sh', () => {
  it.each(DOWN)('$name', ({ env, stops }) => checkDown(bash('before-down.sh', env), stops));
});

describe('event-subscription.sh', () => {
  it.each(EVENTS)('$name', ({ env, check }) => check(bash('event-subscription.sh', env)));
});

/** `npm run infra` restores it. */
const skip = !hasPowerShell();
if (skip) console.log('skipped: no PowerShell on this machine; npm run infra restores it');

describe.skipIf(skip)('before-down.ps1', () => {
  let ran: Map<string, Ran>;
  beforeAll(() => {
    ran = powerShell('before-down.ps1', DOWN);
  });
  it.each(DOWN)('$name', ({ name, stops }) => checkDown(ran.get(name), stops));
});

describe.skipIf(skip)('event-subscription.ps1', () => {
  let ran: Map<string, Ran>;
  beforeAll(() => {
    ran = powerShell('event-subscription.ps1', EVENTS);
  });
  it.each(EVENTS)('$name', ({ name, check }) => check(ran.get(name) as Ran));
});

describe('exporter.sh', () => {
  it('registers Microsoft.Insights where it is not, and prints what to click, with the account’s id', () => {
    const { status, stdout, calls } = run('exporter.sh', { STATE: 'NotRegistered' });
    expect(status).toBe(0);
    expect(calls[1]?.slice(0, 2)).toEqual(['provider', 'register']);
    expect(calls[1]).toContain('s-1');
    expect(stdout).toContain(OUTPUTS['EXPORT_STORAGE_ACCOUNT_ID']);
    expect(stdout).toMatch(/Aggregated reporting[\s\S]*Streaming API[\s\S]*DeviceNetworkEvents/);
    expect(run('exporter.sh').calls.some((call) => call[1] === 'register')).toBe(false);
  });

  it('reads the outputs of azd, so that the README’s line works as it stands', () => {
    const { status, stdout } = bash('exporter.sh', { AZD_VALUES: JSON.stringify(OUTPUTS) });
    expect(status).toBe(0);
    expect(stdout).toContain(OUTPUTS['EXPORT_STORAGE_ACCOUNT_ID']);
  });

  it.each(['Enabled Deny None', 'Disabled Deny AzureServices', 'Disabled Allow None'])(
    'fails where the account refuses trusted services: %s',
    (FIREWALL) => {
      expect(run('exporter.sh', { FIREWALL })).toMatchObject({ status: 1, stderr: expect.stringContaining('trusted') });
    },
  );

  it('continues if every network is open', () => {
    expect(run('exporter.sh', { FIREWALL: 'Enabled Allow None' })).toMatchObject({ status: 0 });
  });
});

describe('check-export.sh', () => {
  it('lists two days of each container, then asks beaconwatch what is read', () => {
    const { status, stdout, calls } = run('check-export.sh');
    expect(status).toBe(0);
    const listed = calls
      .filter((call) => call.includes('list'))
      .map((call) => call[call.indexOf('--container-name') + 1]);
    // Once each: a list request is of the whole container, and billed.
    expect(listed).toEqual(['first-one', 'second-one']);
    for (const daysAgo of [0, 1]) {
      const [date = ''] = new Date(Date.now() - daysAgo * 86_400_000).toISOString().split('T');
      const [year, month, day] = date.split('-');
      expect(calls.flat().join(' ')).toContain(`contains(name, 'y=${year}/m=${month}/d=${day}/')`);
    }
    for (const call of calls) expect(call).toContain('login');
    expect(stdout).toContain('AzureWebJobsStorage__accountName=bwhostone');
    expect(stdout).toContain('ExportStorage__accountName=bwexportsone');
    expect(stdout).toContain('npm run -s beaconwatch -- health');
  });

  it('shows the newest exports, or says that there are none', () => {
    const blobs = Array.from({ length: 9 }, (_, hour) => `2026-11-20T0${hour}:59:00+00:00 1000 name-${hour}`);
    const { stdout } = run('check-export.sh', { BLOBS: blobs.toReversed().join('\n') });
    expect(stdout).toContain(`── first-one\n${blobs.slice(-6).join('\n')}\n`);
    expect(run('check-export.sh').stdout).toContain('── first-one\nno export of today or yesterday');
  });

  it('names a container that does not exist yet, but not one that it may not see', () => {
    expect(run('check-export.sh', { EXISTS: 'false' }).stdout).toContain('does not exist: the exporter creates it');
    const forbidden = run('check-export.sh', { FORBIDDEN: 'yes' });
    expect(forbidden).toMatchObject({ status: 1, stdout: expect.not.stringContaining('does not exist') });
  });
});

describe('every script of infra/', () => {
  const scripts = files('infra/scripts', '.sh').filter((file) => !file.endsWith('/environment.sh'));
  it.each(scripts)('%s stops at the first error, and names what it lacks', (file) => {
    const text = read(file);
    expect(text).toMatch(/^#!\/usr\/bin\/env bash\n/);
    expect(text).toMatch(/^set -euo pipefail$/m);
    expect(bash(file.replace('infra/scripts/', ''), {})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('It is an output of infra/main.bicep'),
    });
  });

  it('of a hook has its twin for PowerShell', () => {
    expect(files('infra/scripts', '.ps1')).toEqual([
      'infra/scripts/before-down.ps1',
      'infra/scripts/environment.ps1',
      'infra/scripts/event-subscription.ps1',
    ]);
  });
});
